package ovpn

import (
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// useSocket calls send with the descriptor of a socket, which stays open meanwhile. It
// returns the reason instead if packets to a remote address cannot go through the socket.
func useSocket(socket syscall.Conn, remote netip.Addr, send func(fd int)) (text string) {
	conn, err := socket.SyscallConn()
	if err == nil {
		err = conn.Control(func(fd uintptr) {
			if text = socketFault(int(fd), remote); text == "" {
				send(int(fd))
			}
		})
	}
	if err != nil {
		return "it is closed"
	}
	return text
}

// option returns an option of a socket, or -1 if it has none.
func option(fd, level, name int) int {
	n, err := unix.GetsockoptInt(fd, level, name)
	if err != nil {
		return -1
	}
	return n
}

func socketFault(fd int, remote netip.Addr) string {
	family := option(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if family != unix.AF_INET && family != unix.AF_INET6 {
		return "it is not a UDP or TCP socket"
	}
	switch option(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL) {
	case unix.IPPROTO_UDP:
		return udpFault(fd, family, remote)
	case unix.IPPROTO_TCP:
		return tcpFault(fd, remote)
	case unix.IPPROTO_MPTCP:
		return "it is of Multipath TCP: SetMultipathTCP(false) of net.Dialer and net.ListenConfig makes one of TCP"
	}
	return "it is not a UDP or TCP socket"
}

func udpFault(fd, family int, remote netip.Addr) string {
	switch {
	case !remote.IsValid():
		return "a peer over UDP needs Remote"
	case remote.Is6() && family == unix.AF_INET:
		return fmt.Sprintf("a socket for IPv4 cannot send to %v", remote)
	case remote.Is4() && family == unix.AF_INET6 && option(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) == 1:
		return fmt.Sprintf("a socket for IPv6 alone (IPV6_V6ONLY) cannot send to %v", remote)
	case !bound(fd):
		return "it has no port: net.ListenUDP and net.DialUDP open such a one"
	}
	return ""
}

func bound(fd int) bool {
	addr, err := unix.Getsockname(fd)
	switch a := addr.(type) {
	case *unix.SockaddrInet4:
		return err == nil && a.Port != 0
	case *unix.SockaddrInet6:
		return err == nil && a.Port != 0
	}
	return false
}

func tcpFault(fd int, remote netip.Addr) string {
	if remote.IsValid() {
		return "a peer over TCP is at the other end of the connection: leave Remote out"
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return "it is not connected: net.DialTCP opens a connection, and AcceptTCP takes one"
	}
	return ""
}
