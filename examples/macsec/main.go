// Macsec encrypts the traffic between two hosts, and shows an encrypted frame.
//
//	go run ./examples/macsec
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/veth"
)

const about = `Macsec encrypts what two hosts send each other, and shows a frame of it on the
wire.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	if _, err := l.Create(ctx, left, veth.New("eth1").Up().Peer(veth.New("eth1").NetNS(right).Up())); err != nil {
		return err
	}
	key := make([]byte, 16)
	rand.Read(key)
	addrs := [2]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")}
	var scis [2]macsec.SCI
	for i, ns := range all {
		links, err := l.Create(ctx, ns, macsec.New("macsec0").Parent("eth1").Encrypt(true).Addr(addrs[i]).Up())
		if err != nil {
			return err
		}
		info, _ := macsec.Info(links[0])
		scis[i] = info.SCI
	}
	for i, ns := range all {
		if err := ns.Do(func() error { return associate(ctx, key, scis[1-i]) }); err != nil {
			return err
		}
		l.Say("%s: sends as %s and receives from %s", ns, scis[i], scis[1-i])
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
	frame, err := wire.Next(ctx, func(frame []byte) bool { // to one host, unlike the frames that IPv6 sends automatically
		return isMACsec(frame) && frame[0]&1 == 0 && macsec.SCI(frame[20:28]) == scis[0]
	})
	if err != nil {
		return err
	}
	return tell(l, frame, addrs[1].Addr())
}

// associate sets the key of the link for both directions. IEEE 802.1X defines the
// exchange of keys; here both hosts have the same key in advance.
func associate(ctx context.Context, key []byte, other macsec.SCI) error {
	m, err := macsec.Open(ctx, "macsec0")
	if err != nil {
		return err
	}
	defer m.Close()
	sa := macsec.SA{PN: 1, Active: true, KeyID: macsec.KeyID{1}, Key: macsec.NewKey(key)}
	if err := m.AddTxSA(ctx, sa); err != nil {
		return err
	}
	return m.AddRxSC(ctx, other, sa)
}

// isMACsec checks the EtherType of a frame, IEEE 802.1AE, section 9.8.
func isMACsec(frame []byte) bool {
	return len(frame) > 28 && binary.BigEndian.Uint16(frame[12:]) == 0x88e5
}

// tell prints the SecTAG: flags and association, length of short frames, packet
// number, SCI.
func tell(l *lab.Lab, frame []byte, addr netip.Addr) error {
	if bytes.Contains(frame, addr.AsSlice()) {
		return fmt.Errorf("the address %s can be read on the wire", addr)
	}
	l.Say("on the wire: EtherType 0x88e5, flags %#02x, packet number %d, SCI %x, then %d bytes without the address %s",
		frame[14], binary.BigEndian.Uint32(frame[16:]), frame[20:28], len(frame)-28, addr)
	return nil
}
