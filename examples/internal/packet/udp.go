package packet

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
)

// ListenUDP opens a socket for the datagrams that a namespace receives on a port.
func ListenUDP(ctx context.Context, ns *iplink.NetNS, port uint16) (conn net.PacketConn, err error) {
	at := netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	err = ns.Do(func() error {
		conn, err = new(net.ListenConfig).ListenPacket(ctx, "udp4", at.String())
		return err
	})
	return conn, err
}

// SendUDP sends a datagram from a namespace, by a socket that is bound to a link.
func SendUDP(ctx context.Context, ns *iplink.NetNS, link string, to netip.AddrPort, text string) error {
	return ns.Do(func() error {
		conn, err := (&net.Dialer{Control: bindTo(link)}).DialContext(ctx, "udp", to.String())
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Write([]byte(text))
		return err
	})
}

// Datagram returns the next datagram of a socket, which must arrive in time.
func Datagram(conn net.PacketConn, within time.Duration) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	b := make([]byte, 1500)
	n, _, err := conn.ReadFrom(b)
	return string(b[:n]), err
}
