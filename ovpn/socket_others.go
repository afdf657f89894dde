//go:build !linux

package ovpn

import (
	"net/netip"
	"syscall"
)

// useSocket finds no socket of such a system fit.
func useSocket(syscall.Conn, netip.Addr, func(fd int)) string {
	return "this system has no ovpn links"
}
