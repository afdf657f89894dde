package testutil

import (
	"encoding/binary"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// Packets returns a socket for the frames of a protocol on a link of the namespace, which
// waits up to 5 seconds for one. It sees those that the link sends only with
// unix.ETH_P_ALL. It is closed when the test ends.
func (l *Lab) Packets(name string, protocol uint16) (fd int) {
	l.Helper()
	l.In(func() {
		link, err := net.InterfaceByName(name)
		Must(l, err)
		network := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(network))
		Must(l, err)
		l.Cleanup(func() { unix.Close(fd) })
		Must(l, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}))
		Must(l, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network, Ifindex: link.Index}))
	})
	return fd
}

// NextFrame returns the next frame from a socket of Packets for which is returns true.
func NextFrame(t testing.TB, fd int, is func([]byte) bool) []byte {
	t.Helper()
	for b := make([]byte, 2048); ; {
		n, err := unix.Read(fd, b)
		if err != nil {
			t.Fatalf("the frame has not arrived: %v", err)
		}
		if is(b[:n]) {
			return b[:n]
		}
	}
}
