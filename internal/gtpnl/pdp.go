// Package gtpnl has the messages of the generic netlink family gtp: the PDP contexts of GTP
// links.
package gtpnl

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A PDP is a context of a link: the tunnel of a mobile.
type PDP struct {
	Version           uint8
	LocalTEI, PeerTEI uint32 // of version 1
	TID               uint64 // of version 0
	Flow              uint16
	Peer              netip.Addr // the other node
	MS                netip.Addr // the mobile; over IPv6 a network of 64 bits
}

// String returns the context in words.
func (p PDP) String() string {
	return fmt.Sprintf("%s ms %v peer %v", p.tunnel(), p.MS, p.Peer)
}

func (p PDP) tunnel() string {
	if p.Version == 0 {
		return fmt.Sprintf("v0 tid %#x flow %d", p.TID, p.Flow)
	}
	return fmt.Sprintf("v%d tei %#x/%#x", p.Version, p.LocalTEI, p.PeerTEI)
}

// A tunnelKey finds the context of a received packet.
type tunnelKey struct {
	version uint8
	six     bool
	tid     uint64
}

// key returns the key of received packets. The kernel allows the number of a tunnel once for
// mobiles of each family.
func (p *PDP) key() tunnelKey {
	if p.Version == 0 {
		return tunnelKey{0, p.MS.Is6(), p.TID}
	}
	return tunnelKey{p.Version, p.MS.Is6(), uint64(p.LocalTEI)}
}

// A Flaw is the word for an invalid value, and the reason.
type Flaw struct{ Word, Text string }

// Check returns the reason why no context can be so, or nil.
func (p *PDP) Check() *Flaw {
	if flaw := p.checkTunnel(); flaw != nil {
		return flaw
	}
	if flaw := p.CheckMS(); flaw != nil {
		return flaw
	}
	return checkAddr("peer", p.Peer)
}

func (p *PDP) checkTunnel() *Flaw {
	switch {
	case p.Version > 1:
		return &Flaw{"version", fmt.Sprintf("%d is not in 0…1", p.Version)}
	case p.Version == 1 && (p.TID != 0 || p.Flow != 0):
		return &Flaw{"tid", "TID and Flow are of version 0: version 1 has LocalTEI and PeerTEI"}
	case p.Version == 0 && (p.LocalTEI != 0 || p.PeerTEI != 0):
		return &Flaw{"tei", "LocalTEI and PeerTEI are of version 1: version 0 has TID and Flow"}
	case p.Version == 1 && p.LocalTEI == 0:
		return &Flaw{"tei", "LocalTEI 0 is not a tunnel: 0 is for signalling"}
	case p.Version == 1 && p.PeerTEI == 0:
		return &Flaw{"tei", "PeerTEI 0 is not a tunnel: 0 is for signalling"}
	case p.Version == 0 && p.TID == 0:
		return &Flaw{"tid", "it is missing"}
	}
	return nil
}

// CheckMS returns the reason why no mobile has the address, or nil.
func (p *PDP) CheckMS() *Flaw {
	flaw := checkAddr("ms", p.MS)
	if flaw == nil && p.MS.Is6() && netip.PrefixFrom(p.MS, 64).Masked().Addr() != p.MS {
		return &Flaw{"ms", fmt.Sprintf("%v is in a network of 64 bits, which is due: the lower 64 bits must be 0", p.MS)}
	}
	return flaw
}

func checkAddr(word string, a netip.Addr) *Flaw {
	switch {
	case !a.IsValid():
		return &Flaw{word, "the zero netip.Addr is not an address"}
	case a.Zone() != "":
		return &Flaw{word, fmt.Sprintf("%v has a zone, which cannot be told to the kernel", a)}
	case a.Is4In6():
		return &Flaw{word, fmt.Sprintf("%v is an IPv4 address in IPv6 clothes: Unmap it", a)}
	case a.IsUnspecified(), a.IsMulticast():
		return &Flaw{word, fmt.Sprintf("%v is not an address of a node", a)}
	}
	return nil
}

// Twice returns the word and the reason if two contexts cannot be on the same link, or nil.
func Twice(all []PDP) (*PDP, *Flaw) {
	mobiles, tunnels := map[netip.Addr]bool{}, map[tunnelKey]bool{}
	for i := range all {
		p := &all[i]
		switch {
		case mobiles[p.MS]:
			return p, &Flaw{"ms", fmt.Sprintf("%v has two contexts, and a link finds only one", p.MS)}
		case tunnels[p.key()]:
			return p, &Flaw{"tei", fmt.Sprintf("%s is in two contexts, and a link finds only one", p.tunnel())}
		}
		mobiles[p.MS], tunnels[p.key()] = true, true
	}
	return nil, nil
}

// appendNew appends the attributes of a context that is to be made.
func (p *PDP) appendNew(b []byte, index int) []byte {
	b = p.appendKey(b, index)
	if p.Version == 0 {
		b = wire.AppendU64(b, uapi.GTPA_TID, p.TID)
		b = wire.AppendU16(b, uapi.GTPA_FLOW, p.Flow)
	} else {
		b = wire.AppendU32(b, uapi.GTPA_I_TEI, p.LocalTEI)
		b = wire.AppendU32(b, uapi.GTPA_O_TEI, p.PeerTEI)
	}
	return appendAddr(b, uapi.GTPA_PEER_ADDRESS, uapi.GTPA_PEER_ADDR6, p.Peer)
}

// appendKey appends the attributes that identify a context by its mobile.
func (p *PDP) appendKey(b []byte, index int) []byte {
	b = wire.AppendU32(b, uapi.GTPA_LINK, uint32(index))
	b = wire.AppendU32(b, uapi.GTPA_VERSION, uint32(p.Version))
	if p.MS.Is6() {
		b = wire.AppendU8(b, uapi.GTPA_FAMILY, uapi.AF_INET6)
	}
	return appendAddr(b, uapi.GTPA_MS_ADDRESS, uapi.GTPA_MS_ADDR6, p.MS)
}

func appendAddr(b []byte, typ4, typ6 uint16, a netip.Addr) []byte {
	if a.Is4() {
		return wire.AppendAttr(b, typ4, a.AsSlice())
	}
	return wire.AppendAttr(b, typ6, a.AsSlice())
}

// parse reads a context from its description, and the index of its link.
func parse(b []byte) (p PDP, index int, err error) {
	var link, version uint32
	_, err = new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.U32(c, uapi.GTPA_LINK, "link", &link)
		attr.U32(c, uapi.GTPA_VERSION, "version", &version)
		attr.U64(c, uapi.GTPA_TID, "tid", &p.TID)
		attr.U16(c, uapi.GTPA_FLOW, "flow", &p.Flow)
		attr.U32(c, uapi.GTPA_I_TEI, "i_tei", &p.LocalTEI)
		attr.U32(c, uapi.GTPA_O_TEI, "o_tei", &p.PeerTEI)
		attr.ReportedAddr(c, uapi.GTPA_PEER_ADDRESS, "peer", &p.Peer)
		attr.ReportedAddr(c, uapi.GTPA_PEER_ADDR6, "peer", &p.Peer)
		attr.ReportedAddr(c, uapi.GTPA_MS_ADDRESS, "ms", &p.MS)
		attr.ReportedAddr(c, uapi.GTPA_MS_ADDR6, "ms", &p.MS)
		attr.Skip(c, uapi.GTPA_PAD, uapi.GTPA_FAMILY)
	}, nil)
	p.Version = uint8(version)
	return p, int(int32(link)), err
}

// Find returns the context with the same mobile or, if p has none, with the same tunnel,
// or nil. It returns a flaw if p identifies no context, or two.
func (p *PDP) Find(all []PDP) (found *PDP, flaw *Flaw) {
	if p.MS.IsValid() {
		flaw = p.CheckMS()
	} else {
		flaw = p.checkTunnelKey()
	}
	if flaw != nil {
		return nil, flaw
	}
	for i := range all {
		switch h := &all[i]; {
		case !p.is(h):
		case found != nil:
			return nil, &Flaw{"ms", "it is missing: two contexts have this tunnel, for IPv4 and for IPv6"}
		default:
			found = h
		}
	}
	return found, nil
}

// is reports whether p identifies a context.
func (p *PDP) is(h *PDP) bool {
	if p.MS.IsValid() {
		return p.MS == h.MS
	}
	a, b := p.key(), h.key()
	return a.version == b.version && a.tid == b.tid
}

// checkTunnelKey returns a flaw if p has no tunnel.
func (p *PDP) checkTunnelKey() *Flaw {
	switch {
	case p.Version > 1:
		return p.checkTunnel()
	case p.key().tid == 0:
		return &Flaw{"ms", "it is missing, and so is the tunnel"}
	}
	return nil
}
