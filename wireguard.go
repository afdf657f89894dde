package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strconv"
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

// appendPrivateKey appends "another" for a key in a report, since reports are printed
// only if they differ.
func appendPrivateKey(b []byte, v *WireGuardInfo) []byte {
	if v.reported && v.PrivateKey.held {
		return append(b, "another"...)
	}
	return append(b, v.PrivateKey.String()...)
}

func appendListenPort(b []byte, v *WireGuardInfo) []byte {
	return strconv.AppendUint(b, uint64(v.ListenPort), 10)
}

func appendFwMark(b []byte, v *WireGuardInfo) []byte {
	return fmt.Appendf(b, "%#x", v.FwMark)
}

// mostPeers is the number of peers that a description of a link lists.
const mostPeers = 4

func appendPeers(b []byte, v *WireGuardInfo) []byte {
	for i := range v.Peers {
		if i == mostPeers {
			return fmt.Appendf(b, " and %d more", len(v.Peers)-i)
		}
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, v.Peers[i].wgWords()...)
	}
	return b
}

// wgWords returns the words of wg(8) after "peer". The preshared key is not shown.
func (p *WireGuardPeer) wgWords() string {
	words := []string{p.Key.String()}
	add := func(wanted bool, text ...string) {
		if wanted {
			words = append(words, text...)
		}
	}
	if p.Remove {
		add(true, "remove")
		return strings.Join(words, " ")
	}
	add(p.PresharedKey.String() != "none", "preshared-key", p.PresharedKey.String())
	add(p.Endpoint.IsValid(), "endpoint", p.Endpoint.String())
	add(p.Keepalive > 0, "persistent-keepalive", strconv.FormatInt(int64(p.Keepalive/time.Second), 10))
	add(p.Keepalive < 0, "persistent-keepalive", "off")
	add(len(p.AllowedIPs) > 0 || p.ReplaceAllowedIPs, "allowed-ips", p.allowedIPs())
	return strings.Join(words, " ")
}

// allowedIPs returns the word of wg(8) for the allowed IPs.
func (p *WireGuardPeer) allowedIPs() string {
	var all []string
	for _, ip := range p.AllowedIPs {
		all = append(all, ip.Masked().String())
	}
	if len(all) == 0 {
		return "''"
	}
	return strings.Join(all, ",")
}

// itemise replaces the difference of the peers by one for each peer.
func (v *WireGuardInfo) itemise(have info, diffs []Difference) (all []Difference) {
	h, ok := have.(*WireGuardInfo)
	for _, d := range diffs {
		if !ok || d.Attr != "peer" {
			all = append(all, d)
			continue
		}
		present, wanted := h.peerWords(), v.peerWords()
		for i := range h.lacks.Peers {
			all = append(all, peerDifference(&h.lacks.Peers[i], present, wanted))
		}
	}
	return all
}

// peerWords returns the words of the peers by their keys.
func (v *WireGuardInfo) peerWords() map[wgnl.Key]string {
	words := map[wgnl.Key]string{}
	for i := range v.Peers {
		words[wgnl.Key(v.Peers[i].Key)] = v.Peers[i].wgWords()
	}
	return words
}

func peerDifference(lacks *wgnl.PeerChange, present, wanted map[wgnl.Key]string) Difference {
	d := Difference{Attr: "peer", Have: present[lacks.Public], Want: wanted[lacks.Public]}
	if lacks.Remove {
		d.Want = ""
	}
	if lacks.Preshared != nil {
		d.Have = strings.Replace(d.Have, "preshared-key redacted", "preshared-key another", 1)
	}
	return d
}

// addCommands writes the command of wg(8), unless it contains keys.
func (v *WireGuardInfo) addCommands(w *commandWriter, s *spec) {
	if !v.hasSecrets() {
		w.commands = append(w.commands, v.wgCommands(s)...)
	}
}

// excludes is part of excluder.
func (v *WireGuardInfo) excludes() string {
	if !v.OnlyPeers {
		return ""
	}
	return "no other peers"
}

// keyCommands returns the command of wg(8) if it contains keys. It cannot be executed,
// because it has "redacted" in place of the name of a file with a key.
func (v *WireGuardInfo) keyCommands(s *spec) []string {
	if !v.hasSecrets() {
		return nil
	}
	return v.wgCommands(s)
}

func (v *WireGuardInfo) hasSecrets() bool {
	has := v.PrivateKey.Len() > 0
	for i := range v.Peers {
		has = has || v.Peers[i].PresharedKey.Len() > 0
	}
	return has
}

func (v *WireGuardInfo) wgCommands(s *spec) []string {
	b := fmt.Appendf(nil, "%s set %s", s.home().runs("wg"), attr.Quote(s.finalName()))
	end := len(b)
	for _, p := range wireguardParts()[:3] {
		if s.Set.Has(p.typ) {
			b = p.words(fmt.Appendf(b, " %s ", p.name), v)
		}
	}
	for i := range v.Peers {
		b = fmt.Appendf(b, " peer %s", v.Peers[i].wgWords())
	}
	if len(b) == end {
		return nil
	}
	return []string{string(b)}
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
