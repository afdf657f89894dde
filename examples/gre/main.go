// Gre connects two hosts with two tunnels, which differ by their keys, and shows the key of
// a packet of each. Packets with a key that the other host does not know are lost.
//
//	go run ./examples/gre
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/veth"
)

const about = `Gre joins two hosts by two tunnels with different keys, and shows a packet of each.`

func main() { lab.Main(about, run) }

// A tunnel is one of those between the two hosts: the left end is host 1 of its network,
// and the right end is host 2.
type tunnel struct {
	name        string
	key         uint32
	left, right netip.Prefix
}

var (
	hosts   = [2]netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24")}
	tunnels = []tunnel{
		{"tun1", 0x1234, netip.MustParsePrefix("10.0.1.1/24"), netip.MustParsePrefix("10.0.1.2/24")},
		{"tun2", 0x4321, netip.MustParsePrefix("2001:db8:2::1/64"), netip.MustParsePrefix("2001:db8:2::2/64")},
	}
)

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	cable := veth.New("eth0").Addr(hosts[0]).Up().Peer(veth.New("eth0").NetNS(right).Addr(hosts[1]).Up())
	if _, err := l.Create(ctx, left, cable); err != nil {
		return err
	}
	for _, t := range tunnels {
		if err := t.create(ctx, l, left, right); err != nil {
			return err
		}
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, t := range tunnels {
		if err := t.ping(ctx, l, left, right); err != nil {
			return err
		}
	}
	if err := l.Update(ctx, left, gre.New(tunnels[0].name).OKey(0x8765)); err != nil {
		return err
	}
	far := tunnels[0].right.Addr()
	if err := packet.NoPing(ctx, left, far); err != nil {
		return err
	}
	l.Say("with a key that right does not know, left does not reach %s", far)
	return nil
}

// create makes both ends.
func (t tunnel) create(ctx context.Context, l *lab.Lab, left, right *iplink.NetNS) error {
	ends := [2]*gre.Builder{gre.New(t.name).Addr(t.left), gre.New(t.name).Addr(t.right)}
	for i, ns := range []*iplink.NetNS{left, right} {
		end := ends[i].Local(hosts[i].Addr()).Remote(hosts[1-i].Addr()).Key(t.key).TTL(64).Up()
		if _, err := l.Create(ctx, ns, end); err != nil {
			return err
		}
	}
	return nil
}

// ping sends an echo request through the tunnel, and shows its key on the cable.
func (t tunnel) ping(ctx context.Context, l *lab.Lab, left, right *iplink.NetNS) error {
	wire, err := packet.Frames(right, "eth0")
	if err != nil {
		return err
	}
	defer wire.Close()
	took, err := packet.Ping(ctx, left, t.right.Addr())
	if err != nil {
		return err
	}
	l.Say("left reaches %s in %v", t.right.Addr(), took)
	frame, err := wire.Next(ctx, func(frame []byte) bool {
		return isKeyed(frame) && bytes.Contains(frame[42:], t.right.Addr().AsSlice())
	})
	if err != nil {
		return err
	}
	l.Say("on the cable: GRE with the key %#x and the protocol %#04x",
		binary.BigEndian.Uint32(frame[38:]), binary.BigEndian.Uint16(frame[36:]))
	return nil
}

// isKeyed reports whether a frame is a GRE packet over IPv4 with a key. Its headers are 14
// bytes of Ethernet, 20 of IPv4 and 8 of GRE, RFC 2890, section 2.
func isKeyed(frame []byte) bool {
	return len(frame) > 42 && binary.BigEndian.Uint16(frame[12:]) == 0x0800 && frame[23] == 47 &&
		binary.BigEndian.Uint16(frame[34:]) == 0x2000
}
