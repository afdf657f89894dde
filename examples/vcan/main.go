// Vcan makes a CAN bus without hardware, on which a frame sent by one program
// reaches all others.
//
//	go run ./examples/vcan
package main

import (
	"context"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/vcan"
)

const about = `Vcan makes a CAN bus without hardware, on which what a program sends reaches all
others.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("car")
	if err != nil {
		return err
	}
	car := all[0]
	if _, err := l.Create(ctx, car, vcan.New("vcan1").Up()); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	var nodes []*packet.Socket
	for range 3 {
		node, err := packet.CAN(car, "vcan1")
		if err != nil {
			return err
		}
		defer node.Close()
		nodes = append(nodes, node)
	}
	sent := packet.CANFrame{ID: 0x123, Data: []byte("speed 88")}
	if _, err := nodes[0].Write(sent.Bytes()); err != nil {
		return err
	}
	l.Say("node 1 sent     %s", sent)
	for i, node := range nodes[1:] {
		frame, err := node.Next(ctx, sent.SameID)
		if err != nil {
			return err
		}
		l.Say("node %d received %s", i+2, packet.ParseCAN(frame))
	}
	return nil
}
