package wireguard

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/wgnl"
)

// AddPeer adds peers: all or none (WG_CMD_SET_DEVICE). The error matches fs.ErrExist if
// the link has one of them. An allowed IP that another peer has moves from there.
func (d *Device) AddPeer(ctx context.Context, peers ...Peer) error {
	return d.changePeers(ctx, opAdd, peers, func(p *wgnl.PeerChange, had *wgnl.Peer) error {
		if had != nil {
			return d.peerError(opAdd, p.Public, syscall.EEXIST, "the link has this peer already: SetPeer changes it")
		}
		return nil
	})
}

// SetPeer changes peers: all or none. Fields without a value are left as they are, and
// AllowedIPs are added unless ReplaceAllowedIPs is set. The error matches fs.ErrNotExist
// if the link does not have one of them (WGPEER_F_UPDATE_ONLY).
func (d *Device) SetPeer(ctx context.Context, peers ...Peer) error {
	return d.changePeers(ctx, opSet, peers, func(p *wgnl.PeerChange, had *wgnl.Peer) error {
		p.Update = !p.Remove
		return d.mustHave(opSet, p.Public, had)
	})
}

// RemovePeer removes peers by their public keys: all or none (WGPEER_F_REMOVE_ME). The
// error matches fs.ErrNotExist if the link does not have one of them.
func (d *Device) RemovePeer(ctx context.Context, keys ...Key) error {
	peers := make([]Peer, len(keys))
	for i, key := range keys {
		peers[i] = Peer{Key: key, Remove: true}
	}
	return d.changePeers(ctx, opRemove, peers, func(p *wgnl.PeerChange, had *wgnl.Peer) error {
		return d.mustHave(opRemove, p.Public, had)
	})
}

func (d *Device) mustHave(op string, key wgnl.Key, had *wgnl.Peer) error {
	if had == nil {
		return d.peerError(op, key, syscall.ENOENT, "the link has no such peer")
	}
	return nil
}

// changePeers checks peers and sends them. complete adds to a peer the settings that the
// operation requires, or refuses it.
func (d *Device) changePeers(ctx context.Context, op string, peers []Peer, complete func(*wgnl.PeerChange, *wgnl.Peer) error) error {
	changes, err := d.checkPeers(op, peers)
	if err != nil {
		return err
	}
	return d.apply(ctx, op, func(dev *wgnl.Device) (wgnl.Change, error) {
		for i := range changes {
			p := &changes[i]
			if p.Public == dev.Public && !p.Remove {
				return wgnl.Change{}, d.peerError(op, p.Public, fs.ErrInvalid, "it is the link's own public key, which the kernel ignores as a peer")
			}
			if err := complete(p, dev.Peer(p.Public)); err != nil {
				return wgnl.Change{}, err
			}
		}
		return wgnl.Change{Peers: changes}, nil
	})
}

// checkPeers returns the peers for a request.
func (d *Device) checkPeers(op string, peers []Peer) ([]wgnl.PeerChange, error) {
	var changes []wgnl.PeerChange
	seen, owner := map[Key]bool{}, map[netip.Prefix]Key{}
	for i := range peers {
		spec := wireOf(&peers[i])
		flaw := spec.Check()
		if flaw == nil && seen[peers[i].Key] {
			flaw = &wgnl.Flaw{Text: "this peer is given twice"}
		}
		seen[peers[i].Key] = true
		for _, ip := range wgnl.Masked(spec.Allowed) {
			if other, taken := owner[ip]; flaw == nil && taken && other != peers[i].Key {
				flaw = &wgnl.Flaw{Word: "allowed-ips", Text: ip.String() + " is given to two peers, and only one can have it"}
			}
			owner[ip] = peers[i].Key
		}
		if flaw != nil {
			return nil, d.link.Invalid(op, strings.TrimSpace("peer "+peers[i].Key.String()+" "+flaw.Word), "%s", flaw.Text)
		}
		changes = append(changes, spec.Change())
	}
	return changes, nil
}

// wireOf returns the peer in the type that requests use, with the bytes of the key itself.
func wireOf(p *Peer) wgnl.PeerSpec {
	k := p.PresharedKey
	return wgnl.PeerSpec{Public: wgnl.Key(p.Key), Preshared: k.Expose(), Wiped: k.Wiped(),
		Endpoint: p.Endpoint, Allowed: p.AllowedIPs, Replace: p.ReplaceAllowedIPs, Keepalive: p.Keepalive, Remove: p.Remove}
}

// RemoveAllowedIPs removes allowed IPs of a peer, which keeps its session and its other
// allowed IPs (WGALLOWEDIP_F_REMOVE_ME). Before Linux 6.16 the kernel cannot do that: there
// the addresses move to a new peer with a random key, which is removed in the same request.
// The error matches fs.ErrNotExist if the link has no such peer, or if the peer does not
// have one of the addresses.
func (d *Device) RemoveAllowedIPs(ctx context.Context, key Key, ips ...netip.Prefix) error {
	if flaw := wgnl.CheckAllowedIPs(ips); flaw != nil {
		return d.link.Invalid(opRemove, "peer "+key.String()+" "+flaw.Word, "%s", flaw.Text)
	}
	gone := wgnl.Masked(ips)
	err := d.apply(ctx, opRemove, func(dev *wgnl.Device) (wgnl.Change, error) {
		peer := dev.Peer(wgnl.Key(key))
		if err := d.mustHave(opRemove, wgnl.Key(key), peer); err != nil {
			return wgnl.Change{}, err
		}
		for _, ip := range gone {
			if !slices.Contains(peer.AllowedIPs, ip) {
				return wgnl.Change{}, d.peerError(opRemove, peer.Public, syscall.ENOENT, "the peer does not have the allowed IP "+ip.String())
			}
		}
		return wgnl.Change{Peers: []wgnl.PeerChange{{Public: peer.Public, Update: true, Disallow: gone}}}, nil
	})
	if err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return d.moveAway(ctx, key, gone)
}

// moveAway removes those allowed IPs that an older kernel has left with the peer.
func (d *Device) moveAway(ctx context.Context, key Key, gone []netip.Prefix) error {
	return d.apply(ctx, opRemove, func(dev *wgnl.Device) (c wgnl.Change, err error) {
		peer := dev.Peer(wgnl.Key(key))
		if peer == nil {
			return c, nil
		}
		left := slices.DeleteFunc(slices.Clone(gone), func(ip netip.Prefix) bool { return !slices.Contains(peer.AllowedIPs, ip) })
		if len(left) == 0 {
			return c, nil
		}
		stranger, err := GeneratePrivateKey()
		if err != nil {
			return c, err
		}
		defer stranger.Wipe()
		public := wgnl.Key(stranger.PublicKey())
		c.Peers = []wgnl.PeerChange{{Public: public, Allowed: left}, {Public: public, Remove: true}}
		return c, nil
	})
}
