// Geneve connects two hosts with a tunnel, and shows one of its packets on the cable.
//
//	go run ./examples/geneve
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/veth"
)

const about = `Geneve joins two hosts by a tunnel, and shows a packet of it on the cable.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	outer := [2]netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24")}
	inner := [2]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")}
	cable := veth.New("eth0").MTU(1558).Addr(outer[0]).Up().Peer(veth.New("eth0").NetNS(right).MTU(1558).Addr(outer[1]).Up())
	if _, err := l.Create(ctx, left, cable); err != nil {
		return err
	}
	for i, ns := range all {
		tunnel := geneve.New("gnv0").VNI(0x1234).Remote(outer[1-i].Addr()).TTL(17).DF(geneve.DFSet)
		if _, err := l.Create(ctx, ns, tunnel.Addr(inner[i]).Up()); err != nil {
			return err
		}
	}
	if err := l.Show(ctx); err != nil {
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
	l.Say("left reaches %s in %v", inner[1].Addr(), took)
	frame, err := wire.Next(ctx, func(frame []byte) bool {
		return isGeneve(frame) && bytes.Contains(frame[50:], inner[1].Addr().AsSlice())
	})
	if err != nil {
		return err
	}
	l.Say("on the cable: TTL %d, don't fragment: %v, UDP port %d, GENEVE %d, and in it a frame of %d bytes",
		frame[22], frame[20]&0x40 != 0, binary.BigEndian.Uint16(frame[36:]), binary.BigEndian.Uint32(frame[46:])>>8, len(frame)-50)
	return nil
}

// isGeneve reports whether a frame is a GENEVE packet over IPv4 and UDP to port 6081. Its
// headers are 14 bytes of Ethernet, 20 of IPv4, 8 of UDP and 8 of GENEVE without options,
// RFC 8926, section 3.4.
func isGeneve(frame []byte) bool {
	return len(frame) > 50 && binary.BigEndian.Uint16(frame[12:]) == 0x0800 && frame[23] == 17 &&
		binary.BigEndian.Uint16(frame[36:]) == 6081
}
