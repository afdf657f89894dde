// Ipip connects two hosts with a tunnel of IPv4 in IPv4, and shows its packets on the cable
// before and after a change of the tunnel.
//
//	go run ./examples/ipip
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/veth"
)

const about = `Ipip joins two hosts by a tunnel of IPv4 in IPv4, and shows packets of it on the cable.`

func main() { lab.Main(about, run) }

var (
	outer = [2]netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24")}
	inner = [2]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")}
)

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	cable := veth.New("eth0").Addr(outer[0]).Up().Peer(veth.New("eth0").NetNS(right).Addr(outer[1]).Up())
	if _, err := l.Create(ctx, left, cable); err != nil {
		return err
	}
	for i, ns := range all {
		tunnel := ipip.New("tun0").Local(outer[i].Addr()).Remote(outer[1-i].Addr()).TTL(17)
		if _, err := l.Create(ctx, ns, tunnel.Addr(inner[i]).Up()); err != nil {
			return err
		}
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	if err := ping(ctx, l, left, right); err != nil {
		return err
	}
	// The kernel resets the addresses and the TTL of a tunnel that a request leaves out:
	// the library sends them again.
	if err := l.Update(ctx, left, ipip.New("tun0").TOS(0x14)); err != nil {
		return err
	}
	return ping(ctx, l, left, right)
}

// ping sends an echo request through the tunnel, and shows it on the cable.
func ping(ctx context.Context, l *lab.Lab, left, right *iplink.NetNS) error {
	wire, err := packet.Frames(right, "eth0")
	if err != nil {
		return err
	}
	defer wire.Close()
	took, err := packet.Ping(ctx, left, inner[1].Addr())
	if err != nil {
		return err
	}
	l.Say("left reaches %s in %v", inner[1].Addr(), took)
	frame, err := wire.Next(ctx, isRequest)
	if err != nil {
		return err
	}
	l.Say("on the cable: %s, and in it %s", header(frame[14:]), header(frame[34:]))
	return nil
}

// isRequest reports whether a frame is a packet of IPv4 in IPv4 to the right host. The
// headers are 14 bytes of Ethernet and twice 20 of IPv4.
func isRequest(frame []byte) bool {
	return len(frame) > 54 && binary.BigEndian.Uint16(frame[12:]) == 0x0800 && frame[23] == 4 &&
		[4]byte(frame[50:]) == inner[1].Addr().As4()
}

// header describes the header of an IPv4 packet.
func header(b []byte) string {
	return fmt.Sprintf("%s > %s with TTL %d and TOS %#x", netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[8], b[1])
}
