package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/wgnl"
)

var wireguardKind = kind{
	config:     "WIREGUARD",
	tunnel:     true,
	hidesNetNS: true,
	address:    "WireGuard links have no link-layer address",
	defaults:   withoutARP + " mtu 1420",
	saved:      func() savable { return new(WireGuardInfo) },
}

// WireGuardInfo has the settings that only WireGuard links have. Link.Info is a
// *WireGuardInfo in the results of a builder that sets one of them. Otherwise it is nil,
// because the settings can be read only with requests of another type and CAP_NET_ADMIN;
// wireguard.Open returns them with the counters.
type WireGuardInfo struct {
	// PrivateKey is the key of the link (WGDEVICE_A_PRIVATE_KEY), and PublicKey the one
	// that its peers know it by (WGDEVICE_A_PUBLIC_KEY).
	PrivateKey WireGuardSecret
	PublicKey  WireGuardKey
	// ListenPort is the UDP port of the link's socket (WGDEVICE_A_LISTEN_PORT).
	ListenPort uint16
	// FwMark is the mark of the packets that the socket sends, 0 for none
	// (WGDEVICE_A_FWMARK).
	FwMark uint32
	// Peers are the peers of the link (WGDEVICE_A_PEERS).
	Peers []WireGuardPeer
	// OnlyPeers reports that a builder wants no other peers than Peers.
	OnlyPeers bool

	reported bool        // by the kernel
	lacks    wgnl.Change // the wanted settings that the link lacked when it was read
}

// A WireGuardPeer is a peer of a WireGuard link, as it is wanted or as the kernel reports
// it. Fields without a value are left as they are.
type WireGuardPeer struct {
	// Key is the public key of the peer, and identifies it (WGPEER_A_PUBLIC_KEY).
	Key WireGuardKey `word:"public-key,required,hidden"`
	// PresharedKey is the additional secret that both ends share
	// (WGPEER_A_PRESHARED_KEY). 32 zeros remove it.
	PresharedKey WireGuardSecret `word:"preshared-key,secret"`
	// Endpoint is the address and the UDP port to which packets for the peer go
	// (WGPEER_A_ENDPOINT). The kernel replaces it by the source of the last packet from
	// the peer. The zone of a link-local address is an interface index in the namespace
	// of the link's socket, as a decimal number.
	Endpoint netip.AddrPort `word:"endpoint"`
	// AllowedIPs are the sources that packets from the peer may have, and the
	// destinations of packets to it (WGPEER_A_ALLOWEDIPS). They are added to the peer's
	// others; bits of the host are ignored. An address that another peer has moves from
	// there.
	AllowedIPs []netip.Prefix `word:"allowed-ips"`
	// ReplaceAllowedIPs removes all other allowed IPs of the peer
	// (WGPEER_F_REPLACE_ALLOWEDIPS).
	ReplaceAllowedIPs bool `word:"replace-allowed-ips"`
	// Keepalive is the interval of packets to the peer, 1 s to 65535 s in whole seconds
	// (WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL), or WireGuardKeepaliveOff. A new peer
	// has none.
	Keepalive time.Duration `word:"persistent-keepalive,off"`
	// Remove removes the peer (WGPEER_F_REMOVE_ME); it need not exist.
	// The other fields except Key are ignored.
	Remove bool `word:"remove"`
}

// WireGuardKeepaliveOff turns the packets off that Keepalive asks for.
const WireGuardKeepaliveOff = wgnl.KeepaliveOff

func (v *WireGuardInfo) attrs(c *attr.Codec) {
	for _, p := range wireguardParts() {
		attr.Custom(c.NoKeyword(), p.typ, p.name, &wireguardValue{v, p})
	}
}

// A wireguardPart is one of the settings of a link, as a row.
type wireguardPart struct {
	typ   uint16
	name  string // in the words of wg(8)
	lacks func(*wgnl.Change) bool
	words func([]byte, *WireGuardInfo) []byte
}

// wireguardParts is a function so that programs without WireGuard do not contain it.
func wireguardParts() []wireguardPart {
	return []wireguardPart{
		{own.WireGuardPrivateKey, "private-key", func(c *wgnl.Change) bool { return c.Private != nil }, appendPrivateKey},
		{own.WireGuardListenPort, "listen-port", func(c *wgnl.Change) bool { return c.Port != nil }, appendListenPort},
		{own.WireGuardFwMark, "fwmark", func(c *wgnl.Change) bool { return c.FwMark != nil }, appendFwMark},
		{own.WireGuardPeers, "peer", func(c *wgnl.Change) bool { return len(c.Peers) > 0 }, appendPeers},
	}
}

// A wireguardValue is the value of one of the settings.
type wireguardValue struct {
	of   *WireGuardInfo
	part wireguardPart
}

// AppendPayload appends nothing, because no request for the link contains the setting.
func (v *wireguardValue) AppendPayload(b []byte) []byte { return b }

// ParsePayload does nothing, because no report of the link contains the setting.
func (v *wireguardValue) ParsePayload([]byte) error { return nil }

// Check accepts everything: see WireGuardInfo.validate.
func (v *wireguardValue) Check() error { return nil }

// AppendWords appends the words of wg(8), without keys.
func (v *wireguardValue) AppendWords(b []byte) []byte { return v.part.words(b, v.of) }

// Within reports whether have contains the wanted setting. It was compared when it was
// read, since no key of the kernel's is kept.
func (v *wireguardValue) Within(have attr.Payload) bool {
	h, ok := have.(*wireguardValue)
	return ok && h.of.reported && !v.part.lacks(&h.of.lacks)
}

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
