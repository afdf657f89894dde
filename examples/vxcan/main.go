// Vxcan connects the CAN buses of two namespaces.
//
//	go run ./examples/vxcan
package main

import (
	"context"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/vxcan"
)

const about = `Vxcan joins the CAN buses of two namespaces.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("net1", "net2")
	if err != nil {
		return err
	}
	net1, net2 := all[0], all[1]
	pair := vxcan.New("vxcan1").NetNS(net1).Up().Peer(vxcan.New("vxcan2").NetNS(net2).Up())
	l.Say("$ %s", pair)
	if _, err := pair.Create(ctx); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	here, err := packet.CAN(net1, "vxcan1")
	if err != nil {
		return err
	}
	defer here.Close()
	there, err := packet.CAN(net2, "vxcan2")
	if err != nil {
		return err
	}
	defer there.Close()
	sent := packet.CANFrame{ID: 0x123, Data: []byte("speed 88")}
	if _, err := here.Write(sent.Bytes()); err != nil {
		return err
	}
	l.Say("net1 sent     %s", sent)
	frame, err := there.Next(ctx, sent.SameID)
	if err != nil {
		return err
	}
	l.Say("net2 received %s", packet.ParseCAN(frame))
	return nil
}
