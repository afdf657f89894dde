package testutil

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDatagrams sends datagrams over a cable, whose headers are as they were asked for.
func TestDatagrams(t *testing.T) {
	left, right := NewLab(t, "veth"), NewLab(t)
	left.Batch("link add eth0 type veth peer name eth0 netns "+right.Path(), "address add 192.0.2.1/24 dev eth0",
		"address add 2001:db8::1/64 dev eth0 nodad", "link set dev eth0 up")
	right.Batch("address add 192.0.2.2/24 dev eth0", "address add 2001:db8::2/64 dev eth0 nodad", "link set dev eth0 up")
	// The kernel handles the new carrier before it describes a link; until then an end drops frames.
	left.Batch("link show dev eth0")
	right.Batch("link show dev eth0")
	inboxes, wire := [2]net.PacketConn{right.Inbox("udp4"), right.Inbox("udp6")}, right.Packets("eth0", unix.ETH_P_ALL)
	for _, c := range []struct {
		d    Datagram
		want Outer
	}{
		{Datagram{Text: "one", TTL: 17, TOS: 0x14, DF: true}, Outer{TTL: 17, TOS: 0x14, DF: true, Protocol: unix.IPPROTO_UDP}},
		{Datagram{Text: "two", TTL: 33, TOS: 0x28}, Outer{TTL: 33, TOS: 0x28, Protocol: unix.IPPROTO_UDP}},
		{Datagram{Text: "six", TTL: 34, TOS: 0x48, To: netip.MustParseAddr("2001:db8::2")}, Outer{TTL: 34, TOS: 0x48, Protocol: unix.IPPROTO_UDP}},
	} {
		inbox := inboxes[1]
		if !c.d.To.IsValid() {
			c.d.To, inbox = netip.MustParseAddr("192.0.2.2"), inboxes[0]
		}
		conn := left.Send(c.d)
		from, ok := Arrives(t, inbox, c.d.Text, 5*time.Second)
		if !ok || from.String() == "" {
			t.Fatalf("%q has not arrived", c.d.Text)
		}
		_, err := inbox.WriteTo([]byte("answer"), from)
		Must(t, err)
		if _, ok := Arrives(t, conn, "answer", 5*time.Second); !ok {
			t.Errorf("the answer to %q has not arrived", c.d.Text)
		}
		if _, ok := Arrives(t, conn, "answer", time.Millisecond); ok {
			t.Errorf("the answer to %q has arrived twice", c.d.Text)
		}
		got, udp := ParseOuter(NextFrame(t, wire, func(b []byte) bool { return bytes.HasSuffix(b, []byte(c.d.Text)) }))
		if got.FlowLabel = 0; got != c.want || len(udp) != 8+len(c.d.Text) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}
