package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/wire"
)

// install sends requests of the XFRM protocol in the namespace of the calling thread, one
// after another.
func install(requests ...[]byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_XFRM)
	if err != nil {
		return fmt.Errorf("socket for IPsec: %w", err)
	}
	defer unix.Close(fd)
	for i, request := range requests {
		if err := exchange(fd, request); err != nil {
			return fmt.Errorf("request %d for IPsec: %w", i, err)
		}
	}
	return nil
}

// exchange sends a request and reads the answer, which holds an errno.
func exchange(fd int, request []byte) error {
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	b := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, b, 0)
	if err != nil {
		return err
	}
	for m, err := range wire.Messages(b[:n]) {
		if err != nil {
			return err
		}
		if m.Type == unix.NLMSG_ERROR && len(m.Data) >= 4 {
			if errno := int32(wire.Order.Uint32(m.Data)); errno != 0 {
				return unix.Errno(-errno)
			}
			return nil
		}
	}
	return fmt.Errorf("no answer in % x", b[:n])
}
