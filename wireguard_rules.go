package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/wgnl"
)

// validate refuses keys, peers and addresses that the kernel would refuse, ignore or
// interpret in another way.
func (v *WireGuardInfo) validate(_ string, s *spec) error {
	var err error
	if s.Set.Has(own.WireGuardPrivateKey) {
		err = secretFault("private-key", v.PrivateKey)
	}
	if !s.Set.Has(own.WireGuardPeers) {
		return err
	}
	seen, owner := map[WireGuardKey]bool{}, map[netip.Prefix]WireGuardKey{}
	for i := range v.Peers {
		p := &v.Peers[i]
		wire := p.wire()
		fault := wire.Check()
		switch {
		case fault != nil:
		case seen[p.Key]:
			fault = &wgnl.Flaw{Text: "this peer is given twice"}
		case !p.Remove && p.Key == v.PublicKey:
			fault = &wgnl.Flaw{Text: ownKey}
		default:
			fault = p.claim(owner)
		}
		seen[p.Key] = true
		if fault != nil {
			err = errors.Join(err, &attr.Error{Name: strings.TrimSpace("peer " + p.Key.String() + " " + fault.Word), Text: fault.Text})
		}
	}
	return err
}

const ownKey = "it is the link's own public key, which the kernel ignores as a peer"

// claim refuses an allowed IP that another peer has in owner, and adds the others.
func (p *WireGuardPeer) claim(owner map[netip.Prefix]WireGuardKey) *wgnl.Flaw {
	if p.Remove {
		return nil
	}
	for _, ip := range p.AllowedIPs {
		if other, taken := owner[ip.Masked()]; taken && other != p.Key {
			return &wgnl.Flaw{Word: "allowed-ips", Text: fmt.Sprintf("%v is given to peer %v, too, and only one can have it", ip.Masked(), other)}
		}
		owner[ip.Masked()] = p.Key
	}
	return nil
}

func secretFault(name string, k WireGuardSecret) error {
	if text := wgnl.LengthFault(k.Len()); text != "" {
		return &attr.Error{Name: name, Text: text}
	}
	return nil
}

// ownPeer refuses the public key of an existing link as a peer.
func (v *WireGuardInfo) ownPeer(public WireGuardKey) error {
	for i := range v.Peers {
		if p := &v.Peers[i]; p.Key == public && !p.Remove && v.PublicKey.IsZero() {
			return &Error{Attr: "peer " + p.Key.String(), Message: ownKey, Err: fs.ErrInvalid}
		}
	}
	return nil
}

// listenPortTaken explains that a WireGuard link cannot come up. It opens its UDP port
// then.
func (t *transaction) listenPortTaken(_ context.Context, s *step, errno syscall.Errno) fact {
	kind := s.job.spec.Kind
	if s.job.have != nil {
		kind = s.job.have.Kind
	}
	if errno != syscall.EADDRINUSE || s.what > stepChange || kind != KindWireGuard {
		return fact{}
	}
	return fact{"listen-port", "the UDP port is taken in the namespace of the link's socket: give the link another ListenPort, or 0 for a free one"}
}
