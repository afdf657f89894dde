// Hsr connects three hosts in a ring, and pulls out a cable while one of them sends to
// another: no datagram is lost, and none arrives twice.
//
//	go run ./examples/hsr
package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/veth"
)

const about = `Hsr connects three hosts in a ring, and pulls out a cable without the loss of a
datagram.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("north", "east", "west")
	if err != nil {
		return err
	}
	north, east, west := all[0], all[1], all[2]
	cables := []iplink.Spec{
		veth.New("to-east").Up().Peer(veth.New("to-north").NetNS(east).Up()),
		veth.New("to-west").Up().Peer(veth.New("to-north").NetNS(west).Up()),
	}
	if _, err := l.Create(ctx, north, append(cables, node("to-east", "to-west", "10.0.0.1/24"))...); err != nil {
		return err
	}
	links, err := l.Create(ctx, east, veth.New("to-west").Up().Peer(veth.New("to-east").NetNS(west).Up()), node("to-west", "to-north", "10.0.0.2/24"))
	if err != nil {
		return err
	}
	if _, err := l.Create(ctx, west, node("to-north", "to-east", "10.0.0.3/24")); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	if _, err := packet.Ping(ctx, east, netip.MustParseAddr("10.0.0.1")); err != nil {
		return err
	}
	l.Say("east sends 20 datagrams to north, and the cable between them is pulled out after the 10th:")
	arrived, err := datagrams(ctx, east, north, func() error {
		return l.Update(ctx, north, iplink.Device("to-east").Down())
	})
	if err != nil {
		return err
	}
	l.Say("%d of 20 have arrived, and each of them %d time", len(arrived), most(arrived))
	return heard(ctx, l, north, links[len(links)-1].Address)
}

// node returns the link of a node on its two cables.
func node(slave1, slave2, addr string) *hsr.Builder {
	return hsr.New("hsr0").Slave1(slave1).Slave2(slave2).Version(1).Addr(netip.MustParsePrefix(addr)).Up()
}

// datagrams sends 20 numbered datagrams to port 4660 of 10.0.0.1, calls pull after the 10th,
// and returns how often each number has arrived.
func datagrams(ctx context.Context, from, to *iplink.NetNS, pull func() error) (map[byte]int, error) {
	var inbox net.PacketConn
	var out net.Conn
	err := to.Do(func() (err error) {
		inbox, err = new(net.ListenConfig).ListenPacket(ctx, "udp4", "10.0.0.1:4660")
		return err
	})
	if err != nil {
		return nil, err
	}
	defer inbox.Close()
	err = from.Do(func() (err error) {
		out, err = new(net.Dialer).DialContext(ctx, "udp4", "10.0.0.1:4660")
		return err
	})
	if err != nil {
		return nil, err
	}
	defer out.Close()
	for i := range byte(20) {
		if i == 10 {
			if err := pull(); err != nil {
				return nil, err
			}
		}
		if _, err := out.Write([]byte{i}); err != nil {
			return nil, err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return count(inbox)
}

// count reads numbers until none has arrived for half a second.
func count(inbox net.PacketConn) (map[byte]int, error) {
	arrived := map[byte]int{}
	for b := make([]byte, 1); ; {
		if err := inbox.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			return nil, err
		}
		if _, _, err := inbox.ReadFrom(b); err != nil {
			return arrived, nil
		}
		arrived[b[0]]++
	}
}

// most returns the largest of the counts.
func most(counts map[byte]int) (n int) {
	for _, c := range counts {
		n = max(n, c)
	}
	return n
}

// heard says when each port of a link has last heard a node.
func heard(ctx context.Context, l *lab.Lab, ns *iplink.NetNS, addr net.HardwareAddr) error {
	d, err := hsr.Open(ctx, "hsr0", iplink.In(ns))
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.Node(ctx, addr)
	if err != nil {
		return err
	}
	if n.Port1.Age <= n.Port2.Age {
		return fmt.Errorf("east was heard %v ago over the cable that is pulled out, and %v ago over the other one", n.Port1.Age, n.Port2.Age)
	}
	l.Say("north has heard east %v ago over to-east, and %v ago over to-west", n.Port1.Age, n.Port2.Age)
	return nil
}
