package iplink

import (
	"net/netip"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
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
	d, err := p.link(at, name, args)
	if err != nil {
		return err
	}
	if d.s.Kind == "" {
		d.s.become(KindWireGuard)
	}
	if d.s.Kind != KindWireGuard {
		return args.Faultf("%q is %s", name, article(d.s.Kind))
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
