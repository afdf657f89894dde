package iplink

import (
	"context"
	"errors"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/wgnl"
)

// wanted returns the wanted settings of a device. With OnlyPeers, they include the
// removal of the other peers.
func (v *WireGuardInfo) wanted(set attr.Set, d *wgnl.Device) wgnl.Change {
	c := wgnl.Change{Index: d.Index}
	if set.Has(own.WireGuardPrivateKey) {
		c.Private = v.PrivateKey.Expose()
	}
	if set.Has(own.WireGuardListenPort) && v.ListenPort != 0 {
		c.Port = &v.ListenPort
	}
	if set.Has(own.WireGuardFwMark) {
		c.FwMark = &v.FwMark
	}
	if !set.Has(own.WireGuardPeers) {
		return c
	}
	keep := map[wgnl.Key]bool{}
	for i := range v.Peers {
		spec := v.Peers[i].wire()
		p := spec.Change()
		p.Replace = p.Replace || v.OnlyPeers
		c.Peers = append(c.Peers, p)
		keep[p.Public] = true
	}
	for _, p := range d.Peers {
		if v.OnlyPeers && !keep[p.Public] {
			c.Peers = append(c.Peers, wgnl.PeerChange{Public: p.Public, Remove: true})
		}
	}
	return c
}

// wire returns the peer in the type that requests use, with the bytes of the key itself.
func (p *WireGuardPeer) wire() wgnl.PeerSpec {
	k := p.PresharedKey
	return wgnl.PeerSpec{Public: wgnl.Key(p.Key), Preshared: k.Expose(), Wiped: k.Wiped(),
		Endpoint: p.Endpoint, Allowed: p.AllowedIPs, Replace: p.ReplaceAllowedIPs, Keepalive: p.Keepalive, Remove: p.Remove}
}

// allWireGuard are all settings of a WireGuard link.
func allWireGuard() (set attr.Set) {
	for _, p := range wireguardParts() {
		set.Add(p.typ)
	}
	return set
}

// apply sends the settings in set that the link lacks. If one is refused, the settings
// before it are restored.
func (v *WireGuardInfo) apply(ctx context.Context, netns, index int, set attr.Set) error {
	c, err := dialWireGuard(ctx, netns)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := c.Read(ctx, index)
	if err != nil {
		return err
	}
	defer d.Wipe()
	wanted := v.wanted(set, d)
	lacks := wanted.Missing(d)
	if lacks.IsEmpty() {
		return nil
	}
	return refusedByWireGuard(c.Apply(ctx, d, &lacks))
}

// read returns the settings of a link, without secrets, and compares them.
func (v *WireGuardInfo) read(ctx context.Context, netns, index int) (genericInfo, error) {
	c, err := dialWireGuard(ctx, netns)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	d, err := c.Read(ctx, index)
	if err != nil {
		return nil, err
	}
	defer d.Wipe()
	known := reportedWireGuard(d)
	if err := v.ownPeer(known.PublicKey); err != nil {
		return nil, err
	}
	wanted := v.wanted(allWireGuard(), d)
	known.lacks = wanted.Missing(d)
	return known, nil
}

// reportedWireGuard returns the settings of a device, with an empty secret in place of
// each key.
func reportedWireGuard(d *wgnl.Device) *WireGuardInfo {
	known := &WireGuardInfo{reported: true, PublicKey: WireGuardKey(d.Public), ListenPort: d.Port, FwMark: d.FwMark}
	known.PrivateKey.held = !d.Private.IsZero()
	for _, p := range d.Peers {
		known.Peers = append(known.Peers, WireGuardPeer{
			Key:          WireGuardKey(p.Public),
			PresharedKey: WireGuardSecret{held: !p.Preshared.IsZero()},
			Endpoint:     p.Endpoint,
			AllowedIPs:   p.AllowedIPs,
			Keepalive:    time.Duration(p.Keepalive) * time.Second,
		})
	}
	return known
}

// saveTo is part of savable. A key that the kernel has is named and left out.
func (v *WireGuardInfo) saveTo(s *spec) {
	b := &WireGuardInfo{ListenPort: v.ListenPort, FwMark: v.FwMark, Peers: v.Peers}
	s.Info, s.Set = b, attr.Set{}
	if b.ListenPort != 0 {
		s.Set.Add(own.WireGuardListenPort)
	}
	if b.FwMark != 0 {
		s.Set.Add(own.WireGuardFwMark)
	}
	if len(b.Peers) > 0 {
		s.Set.Add(own.WireGuardPeers)
	}
	if v.PrivateKey.held {
		s.leaveOut("private-key")
	}
	for i := range b.Peers {
		if p := &b.Peers[i]; p.PresharedKey.held {
			p.PresharedKey = WireGuardSecret{}
			s.leaveOutf("preshared-key of peer %v", p.Key)
		}
	}
}

func dialWireGuard(ctx context.Context, netns int) (*wgnl.Conn, error) {
	c, err := wgnl.Dial(ctx, netns)
	return c, withoutFamily(KindWireGuard, err)
}

// refusedByWireGuard returns an error that names the setting at fault.
func refusedByWireGuard(err error) error {
	refusal, ok := errors.AsType[*wgnl.Refusal](err)
	if !ok {
		return err
	}
	e := &Error{Attr: refusal.Subject, Message: refusal.Message, FromKernel: refusal.FromKernel, Err: refusal.Err}
	if refusal.Left != nil {
		e.Message, e.FromKernel = e.Message+"; restoring the settings: "+refusal.Left.Error(), false
	}
	return e
}
