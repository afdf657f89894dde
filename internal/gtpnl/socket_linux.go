package gtpnl

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// noFile stands for a descriptor that is not open.
const noFile = -1

// Descriptor returns the number of a file's descriptor, or -1 if it is closed.
func Descriptor(f *os.File) int {
	fd := noFile
	_ = use(f, func(open int) { fd = open })
	return fd
}

// use calls a function with the descriptor of a file, and leaves its mode as it is.
func use(f *os.File, do func(fd int)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(func(fd uintptr) { do(int(fd)) })
}

// CheckSocket returns an error for a file that cannot be the socket of a link.
func CheckSocket(f *os.File) error {
	if f == nil {
		return errors.New("it is nil: leave it out")
	}
	text := ""
	if err := use(f, func(fd int) { text = fault(fd) }); err != nil {
		return errors.New("the file is closed")
	}
	if text != "" {
		return errors.New(text)
	}
	return nil
}

func fault(fd int) string {
	option := func(level, name int) int {
		n, err := unix.GetsockoptInt(fd, level, name)
		if err != nil {
			return -1
		}
		return n
	}
	family := option(unix.SOL_SOCKET, unix.SO_DOMAIN)
	switch {
	case option(unix.SOL_SOCKET, unix.SO_PROTOCOL) != unix.IPPROTO_UDP || family != unix.AF_INET && family != unix.AF_INET6:
		return "it is not a UDP socket"
	case family == unix.AF_INET6 && option(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) != 1:
		return "a socket for IPv6 must not receive IPv4 (IPV6_V6ONLY): net.ListenUDP with \"udp6\" opens such a one"
	}
	return ""
}
