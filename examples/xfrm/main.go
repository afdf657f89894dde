// Xfrm connects two hosts by a tunnel of IPsec, and shows a packet of it on the cable.
//
//	go run ./examples/xfrm
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/xfrm"
)

const about = `Xfrm joins two hosts by a tunnel of IPsec, and shows a packet of it on the cable.`

func main() { lab.Main(about, run) }

// ifID is the number of the links, and of their states and policies.
const ifID = 0x1234

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
	if err := build(ctx, l, all); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	if err := packet.NoPing(ctx, left, inner[1].Addr()); err != nil {
		return err
	}
	l.Say("without states and policies, left does not reach %s", inner[1].Addr())
	if err := protect(all); err != nil {
		return err
	}
	wire, err := packet.Frames(right, "eth0")
	if err != nil {
		return err
	}
	defer wire.Close()
	took, err := packet.Ping(ctx, left, inner[1].Addr())
	if err != nil {
		return err
	}
	l.Say("with them it does, in %v", took)
	frame, err := wire.Next(ctx, isESP)
	if err != nil {
		return err
	}
	if bytes.Contains(frame, inner[1].Addr().AsSlice()) {
		return fmt.Errorf("the address %s can be read on the cable", inner[1].Addr())
	}
	l.Say("on the cable: ESP with SPI %#x, %d bytes without the address %s", binary.BigEndian.Uint32(frame[34:]), len(frame)-34, inner[1].Addr())
	return nil
}

// build makes a cable between the hosts, and an xfrm link at each.
func build(ctx context.Context, l *lab.Lab, all []*iplink.NetNS) error {
	cable := veth.New("eth0").Addr(outer[0]).Up().Peer(veth.New("eth0").NetNS(all[1]).Addr(outer[1]).Up())
	if _, err := l.Create(ctx, all[0], cable); err != nil {
		return err
	}
	for i, ns := range all {
		if _, err := l.Create(ctx, ns, xfrm.New("xfrm0").IfID(ifID).Dev("eth0").Addr(inner[i]).Up()); err != nil {
			return err
		}
	}
	return nil
}

// protect gives each host the states and policies of both directions.
func protect(all []*iplink.NetNS) error {
	directions := [2]association{
		newAssociation(outer[0].Addr(), outer[1].Addr(), 0x1111),
		newAssociation(outer[1].Addr(), outer[0].Addr(), 0x2222),
	}
	for i, ns := range all {
		out, in := directions[i], directions[1-i]
		err := ns.Do(func() error {
			return install(out.state(), out.policy(directionOut), in.state(), in.policy(directionIn))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isESP reports whether a frame is a packet of ESP over IPv4. Its headers are 14 bytes of
// Ethernet and 20 of IPv4.
func isESP(frame []byte) bool {
	return len(frame) > 42 && binary.BigEndian.Uint16(frame[12:]) == 0x0800 && frame[23] == 50
}
