// Wireguard connects two hosts by an encrypted tunnel, and shows a packet of it.
//
//	go run ./examples/wireguard
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/wireguard"
)

const about = `Wireguard connects two hosts by an encrypted tunnel, and shows a packet of it on
the wire.`

func main() { lab.Main(about, run) }

const port = 51820

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	hosts := [2]netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24")}
	addrs := [2]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")}
	if _, err := l.Create(ctx, left, veth.New("eth1").Addr(hosts[0]).Up().Peer(veth.New("eth1").NetNS(right).Addr(hosts[1]).Up())); err != nil {
		return err
	}
	var keys [2]wireguard.PrivateKey
	for i := range keys {
		if keys[i], err = wireguard.GeneratePrivateKey(); err != nil {
			return err
		}
		defer keys[i].Wipe()
	}
	for i, ns := range all {
		other := wireguard.Peer{
			Key:        keys[1-i].PublicKey(),
			Endpoint:   netip.AddrPortFrom(hosts[1-i].Addr(), port),
			AllowedIPs: []netip.Prefix{netip.PrefixFrom(addrs[1-i].Addr(), 32)},
		}
		if _, err := l.Create(ctx, ns, wireguard.New("wg0").PrivateKey(keys[i]).ListenPort(port).Peer(other).Addr(addrs[i]).Up()); err != nil {
			return err
		}
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	wire, err := packet.Frames(right, "eth1")
	if err != nil {
		return err
	}
	defer wire.Close()
	took, err := packet.Ping(ctx, left, addrs[1].Addr())
	if err != nil {
		return err
	}
	l.Say("left reaches right in %v", took)
	frame, err := wire.Next(ctx, isData)
	if err != nil {
		return err
	}
	if bytes.Contains(frame, addrs[1].Addr().AsSlice()) {
		return fmt.Errorf("the address %s can be read on the wire", addrs[1].Addr())
	}
	l.Say("on the wire: UDP to port %d, a data packet of %d bytes without the address %s",
		binary.BigEndian.Uint16(frame[36:]), len(frame)-42, addrs[1].Addr())
	return right.Do(func() error { return show(ctx, l) })
}

// isData reports whether a frame has a data packet of WireGuard, which is of type 4.
func isData(frame []byte) bool {
	return len(frame) > 42 && binary.BigEndian.Uint16(frame[12:]) == 0x0800 && frame[23] == 17 && frame[42] == 4
}

// show prints the state of the tunnel as seen from right.
func show(ctx context.Context, l *lab.Lab) error {
	d, err := wireguard.Open(ctx, "wg0")
	if err != nil {
		return err
	}
	defer d.Close()
	status, err := d.Status(ctx)
	if err != nil {
		return err
	}
	for _, p := range status.Peers {
		l.Say("right: peer %s at %s, with handshake: %t, received %d bytes", p.Key, p.Endpoint, !p.LastHandshake.IsZero(), p.RxBytes)
	}
	return nil
}
