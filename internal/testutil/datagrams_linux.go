package testutil

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inboxPort is the UDP port of Inbox.
const inboxPort = 0x1235

// A Datagram goes to the Inbox of another namespace.
type Datagram struct {
	To       netip.Addr
	Text     string
	TTL, TOS int  // over IPv6 the hop limit and the traffic class; if TTL is 0, both are as usual
	DF       bool // the don't-fragment bit of IPv4, which is as usual if TTL is 0
	Mark     int  // for policy routing; 0 for none
}

// Inbox returns a socket for the datagrams of others to the namespace, over "udp4" or
// "udp6". It is closed when the test ends.
func (l *Lab) Inbox(network string) net.PacketConn {
	l.Helper()
	return OpenedBy(l, func() (net.PacketConn, error) {
		return net.ListenUDP(network, &net.UDPAddr{Port: inboxPort})
	})
}

// Send sends a datagram and returns its socket, which is closed when the test ends.
func (l *Lab) Send(d Datagram) *net.UDPConn {
	l.Helper()
	conn := OpenedBy(l, func() (net.Conn, error) {
		dialer := net.Dialer{Control: d.control}
		return dialer.DialContext(l.Context(), "udp", netip.AddrPortFrom(d.To, inboxPort).String())
	})
	_, err := conn.Write([]byte(d.Text))
	Must(l, err)
	return conn.(*net.UDPConn)
}

// Arrives reports whether the next datagram of a socket arrives in time and has a text,
// and returns its sender.
func Arrives(t testing.TB, conn net.PacketConn, text string, within time.Duration) (from net.Addr, ok bool) {
	t.Helper()
	Must(t, conn.SetReadDeadline(time.Now().Add(within)))
	b := make([]byte, 1500)
	n, from, err := conn.ReadFrom(b)
	return from, err == nil && string(b[:n]) == text
}

// control sets the options of a new socket.
func (d Datagram) control(network, _ string, c syscall.RawConn) (err error) {
	set := func(int) error { return nil }
	switch {
	case d.TTL != 0 && network == "udp6":
		set = d.options6
	case d.TTL != 0:
		set = d.options4
	}
	fault := c.Control(func(fd uintptr) { err = errors.Join(set(int(fd)), d.mark(int(fd))) })
	return errors.Join(fault, err)
}

// mark sets the mark.
func (d Datagram) mark(fd int) error {
	if d.Mark == 0 {
		return nil
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, d.Mark)
}

func (d Datagram) options4(fd int) error {
	discover := unix.IP_PMTUDISC_DONT
	if d.DF {
		discover = unix.IP_PMTUDISC_DO
	}
	return errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TTL, d.TTL),
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, d.TOS),
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, discover))
}

func (d Datagram) options6(fd int) error {
	return errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, d.TTL),
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, d.TOS))
}
