package iplink

import (
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wgnl"
	"github.com/iplink-go/iplink/internal/words"
)

// wgCommand reads `wg set`. Keys are in files there, which are not read.
func (p *parsing) wgCommand(at place, args *words.Args) error {
	if args.Next() != "set" {
		return args.Unknown([]string{"set"})
	}
	name, err := args.Value()
	if err != nil {
		return err
	}
	d, err := p.linkOf(KindWireGuard, at, name, args)
	if err != nil {
		return err
	}
	for args.More() {
		if err := readWireGuard(&d.s.Settings, args); err != nil {
			return err
		}
	}
	return nil
}

// keysInFiles is the reason why keys are not read.
const keysInFiles = "wg reads the key from a file: set it on the builder"

func readWireGuard(s *own.Settings, args *words.Args) error {
	switch args.Next() {
	case "listen-port":
		port, err := args.Number(16)
		own.Put[WireGuardInfo](s, own.WireGuardListenPort).ListenPort = uint16(port)
		return err
	case "fwmark":
		if args.Take("off") {
			own.Put[WireGuardInfo](s, own.WireGuardFwMark).FwMark = 0
			return nil
		}
		mark, err := args.Number(32)
		own.Put[WireGuardInfo](s, own.WireGuardFwMark).FwMark = uint32(mark)
		return err
	case "peer":
		peer, err := readWireGuardPeer(args)
		info := own.Put[WireGuardInfo](s, own.WireGuardPeers)
		info.Peers = append(info.Peers, peer)
		return err
	case "private-key":
		return args.Fault(keysInFiles)
	}
	return args.Unknown([]string{"listen-port", "fwmark", "peer", "private-key"})
}

// readWireGuardPeer reads a peer, up to the next one.
func readWireGuardPeer(args *words.Args) (peer WireGuardPeer, err error) {
	args.Hide(true)
	text, err := args.Value()
	if err == nil {
		if peer.Key, err = ParseWireGuardKey(text); err != nil {
			err = args.Fault("a public key is 44 characters in base64")
		}
	}
	args.Hide(false)
	for err == nil && args.More() && args.Peek() != "peer" {
		err = peer.readWord(args)
	}
	return peer, err
}

func (p *WireGuardPeer) readWord(args *words.Args) (err error) {
	switch args.Next() {
	case "remove":
		p.Remove = true
	case "preshared-key":
		err = args.Fault(keysInFiles)
	case "endpoint":
		var text string
		if text, err = args.Value(); err == nil {
			if p.Endpoint, err = netip.ParseAddrPort(text); err != nil {
				err = args.Faultf("%q is not an IP address with a port", text)
			}
		}
	case "persistent-keepalive":
		if args.Take("off") {
			p.Keepalive = WireGuardKeepaliveOff
			return nil
		}
		n, err := args.Number(16)
		p.Keepalive = time.Duration(n) * time.Second
		return err
	case "allowed-ips":
		err = p.readAllowedIPs(args)
	default:
		err = args.Unknown([]string{"remove", "preshared-key", "endpoint", "persistent-keepalive", "allowed-ips"})
	}
	return err
}

// readAllowedIPs reads a list, which replaces the one that the peer has.
func (p *WireGuardPeer) readAllowedIPs(args *words.Args) error {
	list, err := args.Value()
	if err != nil {
		return err
	}
	p.ReplaceAllowedIPs, p.AllowedIPs = true, nil
	for text := range strings.SplitSeq(list, ",") {
		if text == "" {
			continue
		}
		prefix, ok := words.ParsePrefix(text)
		if !ok {
			return args.Faultf("%q is not an IP address with a prefix length", text)
		}
		p.AllowedIPs = append(p.AllowedIPs, prefix)
	}
	return nil
}

// jsonLists returns the settings in the words of wg(8).
func (v *WireGuardInfo) jsonLists() []jsonList {
	return []jsonList{
		{key: "private-key", members: attr.SetOf(own.WireGuardPrivateKey), value: &v.PrivateKey, secret: true},
		{key: "listen-port", members: attr.SetOf(own.WireGuardListenPort), value: &v.ListenPort},
		{key: "fwmark", members: attr.SetOf(own.WireGuardFwMark), value: &v.FwMark},
		{key: "peers", members: attr.SetOf(own.WireGuardPeers), value: &v.Peers, only: &v.OnlyPeers},
	}
}

// keysApart returns an empty info for the kind, and nil for others.
func keysApart(kind string) info {
	if kind == KindWireGuard {
		return new(WireGuardInfo)
	}
	return nil
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

// A WireGuardKey is a public key, which identifies a peer. It is not secret. The zero
// value stands for none. Other libraries' keys have the same underlying type, so that they
// can be converted.
type WireGuardKey [uapi.WG_KEY_LEN]byte

// ParseWireGuardKey returns the public key for its 44 characters in base64, the format of
// wg(8). The error matches fs.ErrInvalid.
func ParseWireGuardKey(text string) (WireGuardKey, error) {
	var k WireGuardKey
	err := k.UnmarshalText([]byte(text))
	return k, err
}

// IsZero reports whether all bytes are 0.
func (k WireGuardKey) IsZero() bool {
	return k == WireGuardKey{}
}

// String returns the key in base64.
func (k WireGuardKey) String() string {
	return base64.StdEncoding.EncodeToString(k[:])
}

// MarshalText returns the result of String.
func (k WireGuardKey) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText is the inverse of MarshalText. The error matches fs.ErrInvalid and does
// not repeat the text, which may be a secret by mistake.
func (k *WireGuardKey) UnmarshalText(text []byte) error {
	b, err := decodeWireGuardKey(text)
	if err == nil {
		copy(k[:], b)
	}
	clear(b)
	return err
}

// decodeWireGuardKey returns the bytes of a key in base64.
func decodeWireGuardKey(text []byte) ([]byte, error) {
	b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(b, text)
	if err != nil || n != uapi.WG_KEY_LEN {
		clear(b)
		return nil, &Error{Op: "parse", Attr: "key", Err: fs.ErrInvalid,
			Message: fmt.Sprintf("these %d characters are not 32 bytes in base64, which takes 44", len(text))}
	}
	return b[:n], nil
}

// A WireGuardSecret is a private or a preshared key of WireGuard, 32 bytes. The zero value
// has no bytes. 32 bytes that are all 0 remove a key.
//
// All ways of printing a secret produce the word "redacted", or "none" if it has no
// bytes. Copies share the bytes, so wiping one copy wipes them all. The library returns
// no secret of the kernel's: in its results, a key that the kernel has is printed as
// "redacted", but has no bytes.
type WireGuardSecret struct {
	key  MACsecKey
	held bool // by the kernel
}

// NewWireGuardSecret returns a secret with a copy of b, which the caller may clear
// afterwards. The verbs check the length.
func NewWireGuardSecret(b []byte) WireGuardSecret {
	return WireGuardSecret{key: NewMACsecKey(b)}
}

// ParseWireGuardSecret returns the secret for its 44 characters in base64, the format of
// wg(8). The error matches fs.ErrInvalid and does not repeat any character. The string
// itself cannot be wiped; if that matters, use NewWireGuardSecret.
func ParseWireGuardSecret(text string) (WireGuardSecret, error) {
	characters := []byte(text)
	defer clear(characters)
	b, err := decodeWireGuardKey(characters)
	if err != nil {
		return WireGuardSecret{}, err
	}
	defer clear(b)
	return NewWireGuardSecret(b), nil
}

// Expose returns the bytes themselves, not a copy, or nil if there are none. It is the
// only access to them.
func (k WireGuardSecret) Expose() []byte {
	return k.key.Expose()
}

// Len returns the number of bytes; 0 for a secret that was wiped.
func (k WireGuardSecret) Len() int {
	return k.key.Len()
}

// Wipe overwrites the bytes with zeros, also in all copies, which have no bytes
// from then on; verbs reject them. The library keeps no other copies. No verb may be
// using the secret during the call.
func (k WireGuardSecret) Wipe() {
	k.key.Wipe()
}

// Wiped reports whether there were bytes, and Wipe has overwritten them.
func (k WireGuardSecret) Wiped() bool {
	return k.key.open != nil && k.Len() == 0
}

// Equal reports whether two secrets have the same bytes, in a time that depends only on
// their lengths.
func (k WireGuardSecret) Equal(other WireGuardSecret) bool {
	return k.key.Equal(other.key)
}

// IsSet reports whether there are bytes, or the kernel has a key that the library does not
// return.
func (k WireGuardSecret) IsSet() bool {
	return k.held || k.Len() > 0
}

// String returns "redacted", or "none" if there are no bytes.
func (k WireGuardSecret) String() string {
	if k.IsSet() {
		return "redacted"
	}
	return "none"
}

// GoString returns the result of String.
func (k WireGuardSecret) GoString() string {
	return k.String()
}

// Format writes the result of String for every verb.
func (k WireGuardSecret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.String()) // fmt ignores the result of Write, too
}

// MarshalText returns the result of String, for JSON, package slog and others.
func (k WireGuardSecret) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText is ParseWireGuardSecret, and not the inverse of MarshalText.
func (k *WireGuardSecret) UnmarshalText(text []byte) error {
	secret, err := ParseWireGuardSecret(string(text))
	if err == nil {
		*k = secret
	}
	return err
}
