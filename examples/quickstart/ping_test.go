//go:build linux

package main

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink/examples/internal/packet"
)

// TestOutside looks at what arrives on the underlay of the second host.
func TestOutside(t *testing.T) {
	l := buildTestLab(t)
	var conn net.PacketConn
	err := l.hosts[1].ns.Do(func() (err error) {
		conn, err = net.ListenPacket("ip4:udp", "192.0.2.2")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	from, to := l.hosts[0].containers[1].ns, netip.MustParseAddr("10.20.0.21")
	if _, err := packet.Ping(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	for buf := make([]byte, 2000); ; {
		n, sender, err := conn.ReadFrom(buf)
		if err != nil {
			t.Fatal("no VXLAN packet with an echo request: ", err)
		}
		if inner := decapsulate(t, buf[:n]); isEchoTo(inner, to) {
			if sender.String() != "192.0.2.1" {
				t.Errorf("sent by %s", sender)
			}
			return
		}
	}
}

// decapsulate checks the headers of UDP and VXLAN (RFC 7348, section 5) and
// returns the frame inside.
func decapsulate(t *testing.T, packet []byte) []byte {
	t.Helper()
	if len(packet) < 16 {
		t.Fatalf("short packet % x", packet)
	}
	port, header := binary.BigEndian.Uint16(packet[2:]), packet[8:16]
	if port != 4789 || !slices.Equal(header, []byte{8, 0, 0, 0, 0, 0x10, 0x92, 0}) {
		t.Fatalf("port %d, VXLAN header % x", port, header)
	}
	return packet[16:]
}

// isEchoTo reports whether an Ethernet frame holds an ICMP echo request.
func isEchoTo(frame []byte, to netip.Addr) bool {
	return len(frame) > 14+20+8 && frame[12] == 8 && frame[13] == 0 && frame[23] == 1 &&
		slices.Equal(frame[30:34], to.AsSlice()) && frame[34] == 8
}

func TestCompare(t *testing.T) {
	l := buildTestLab(t)
	before := traffic{{100, 200}, {300, 400}}
	for _, c := range []struct {
		after traffic
		ok    bool
	}{
		{traffic{{108, 208}, {308, 408}}, true},
		{traffic{{107, 208}, {308, 408}}, false},
		{traffic{{108, 208}, {308, 407}}, false},
	} {
		if err := l.compare(before, c.after, 8); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.after, err)
		}
	}
}
