// Ovpn connects two hosts by a tunnel of OpenVPN with fixed keys, renews them, and shows a
// packet of it on the wire.
//
//	go run ./examples/ovpn
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/ovpn"
	"github.com/iplink-go/iplink/veth"
)

const about = `Ovpn connects two hosts by a tunnel of OpenVPN with fixed keys, renews them, and shows
a packet of it on the wire.`

func main() { lab.Main(about, run) }

const port = 1194

var (
	hosts = [2]netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24")}
	addrs = [2]netip.Prefix{netip.MustParsePrefix("10.8.0.1/24"), netip.MustParsePrefix("10.8.0.2/24")}
)

func run(ctx context.Context, l *lab.Lab) (err error) {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	if _, err := l.Create(ctx, left, veth.New("eth1").Addr(hosts[0]).Up().Peer(veth.New("eth1").NetNS(right).Addr(hosts[1]).Up())); err != nil {
		return err
	}
	var ends [2]*end
	for i, ns := range all {
		if ends[i], err = newEnd(ctx, l, ns, i); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ends[i].close()) }()
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	wire, err := packet.Frames(right, "eth1")
	if err != nil {
		return err
	}
	defer wire.Close()
	if err := ping(ctx, l, left); err != nil {
		return err
	}
	frame, err := wire.Next(ctx, isData)
	if err != nil {
		return err
	}
	if bytes.Contains(frame, addrs[1].Addr().AsSlice()) {
		return fmt.Errorf("the address %s can be read on the wire", addrs[1].Addr())
	}
	l.Say("on the wire: UDP to port %d, a data packet with key %d, %d bytes without the address %s",
		binary.BigEndian.Uint16(frame[36:]), frame[42]&7, len(frame)-42, addrs[1].Addr())
	return renew(ctx, l, left, ends)
}

// renew gives both ends another key, and then has both encrypt with it.
func renew(ctx context.Context, l *lab.Lab, left *iplink.NetNS, ends [2]*end) error {
	for i, e := range ends {
		if err := e.link.NewKey(ctx, peerID, key(ovpn.Secondary, 2, i)); err != nil {
			return err
		}
	}
	for _, e := range ends {
		if err := e.link.SwapKeys(ctx, peerID); err != nil {
			return err
		}
	}
	if err := ping(ctx, l, left); err != nil {
		return err
	}
	p, err := ends[1].link.Peer(ctx, peerID)
	if err != nil {
		return err
	}
	k, err := ends[1].link.Key(ctx, peerID, ovpn.Primary)
	if err != nil {
		return err
	}
	l.Say("right: key %d with %v, peer %d at %v sent %d packets", k.ID, k.Cipher, p.ID, p.Remote, p.VPN.RxPackets)
	return nil
}

func ping(ctx context.Context, l *lab.Lab, left *iplink.NetNS) error {
	took, err := packet.Ping(ctx, left, addrs[1].Addr())
	if err == nil {
		l.Say("left reaches right in %v", took)
	}
	return err
}

// peerID is the number of each end at the other one.
const peerID = 7

// An end is one end of the tunnel.
type end struct {
	socket *net.UDPConn
	link   *ovpn.OVPN
}

// newEnd makes the end with a number in a namespace.
func newEnd(ctx context.Context, l *lab.Lab, ns *iplink.NetNS, i int) (*end, error) {
	if _, err := l.Create(ctx, ns, ovpn.New("ovpn0").Addr(addrs[i]).Up()); err != nil {
		return nil, err
	}
	e := new(end)
	err := ns.Do(func() (err error) {
		e.socket, err = net.ListenUDP("udp4", &net.UDPAddr{IP: hosts[i].Addr().AsSlice(), Port: port})
		return err
	})
	if err != nil {
		return nil, err
	}
	if e.link, err = ovpn.Open(ctx, "ovpn0", iplink.In(ns)); err != nil {
		return nil, errors.Join(err, e.socket.Close())
	}
	remote := netip.AddrPortFrom(hosts[1-i].Addr(), port)
	if err = e.link.AddPeer(ctx, ovpn.Peer{ID: peerID, Socket: e.socket, Remote: remote}); err == nil {
		err = e.link.NewKey(ctx, peerID, key(ovpn.Primary, 1, i))
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *end) close() error {
	return errors.Join(e.link.Close(), e.socket.Close())
}

// key returns a key for the end with a number. A real program agrees on keys with the other
// end, by TLS: these are fixed.
func key(slot ovpn.Slot, id uint8, i int) ovpn.Key {
	secrets := func(first byte) ovpn.Direction {
		return ovpn.Direction{
			Key:       ovpn.NewSecret(bytes.Repeat([]byte{first + id}, 32)),
			NonceTail: ovpn.NewSecret(bytes.Repeat([]byte{first + id + 0x80}, 8)),
		}
	}
	directions := [2]ovpn.Direction{secrets(0x10), secrets(0x20)}
	return ovpn.Key{Slot: slot, ID: id, Cipher: ovpn.AESGCM, Encrypt: directions[i], Decrypt: directions[1-i]}
}

// isData reports whether a frame has a data packet of OpenVPN, which is of type 9.
func isData(frame []byte) bool {
	return len(frame) > 42 && binary.BigEndian.Uint16(frame[12:]) == 0x0800 && frame[23] == 17 && frame[42]>>3 == 9
}
