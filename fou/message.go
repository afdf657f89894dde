package fou

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// appendIdentity appends the attributes that identify a port, with the index of its link.
func (p *Port) appendIdentity(b []byte) []byte {
	b = appendBE16(b, uapi.FOU_ATTR_PORT, p.Port)
	b = wire.AppendU8(b, uapi.FOU_ATTR_AF, p.Family.number())
	if p.sendsLocal() {
		b = wire.AppendAttr(b, p.Family.of(uapi.FOU_ATTR_LOCAL_V4, uapi.FOU_ATTR_LOCAL_V6), p.local().AsSlice())
	}
	if p.Peer.IsValid() {
		b = wire.AppendAttr(b, p.Family.of(uapi.FOU_ATTR_PEER_V4, uapi.FOU_ATTR_PEER_V6), p.Peer.Addr().AsSlice())
		b = appendBE16(b, uapi.FOU_ATTR_PEER_PORT, p.Peer.Port())
	}
	if p.DevIndex != 0 {
		b = wire.AppendU32(b, uapi.FOU_ATTR_IFINDEX, uint32(p.DevIndex))
	}
	return b
}

// append appends all attributes of a port, with the index of its link.
func (p *Port) append(b []byte) []byte {
	b = p.appendIdentity(b)
	switch p.Type {
	case GUE:
		b = wire.AppendU8(b, uapi.FOU_ATTR_TYPE, uapi.FOU_ENCAP_GUE)
	default:
		b = wire.AppendU8(b, uapi.FOU_ATTR_TYPE, uapi.FOU_ENCAP_DIRECT)
		b = wire.AppendU8(b, uapi.FOU_ATTR_IPPROTO, p.Protocol)
	}
	if p.RemCsumNoPartial {
		b = wire.AppendFlag(b, uapi.FOU_ATTR_REMCSUM_NOPARTIAL)
	}
	return b
}

func appendBE16(b []byte, typ, v uint16) []byte {
	var room [2]byte
	binary.BigEndian.PutUint16(room[:], v)
	return wire.AppendAttr(b, typ, room[:])
}

// sendsLocal reports whether the kernel needs to see an address: it takes no link without
// one.
func (p *Port) sendsLocal() bool {
	return p.Local.IsValid() || p.Dev != "" || p.DevIndex != 0
}

// local returns the address where packets arrive, unspecified for any.
func (p *Port) local() netip.Addr {
	switch {
	case p.Local.IsValid():
		return p.Local
	case p.Family == IPv6:
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// number returns the kernel's number of a family.
func (f Family) number() uint8 {
	return uint8(f.of(uapi.AF_INET, uapi.AF_INET6))
}

// of returns one of two numbers, by family.
func (f Family) of(four, six uint16) uint16 {
	if f == IPv6 {
		return six
	}
	return four
}

// A report is a port as the kernel reports it.
type report struct {
	port, peerPort uint16
	family         uint8
	typ, protocol  uint8
	noPartial      bool
	local, peer    netip.Addr
	dev            int32
}

func (r *report) attrs(c *attr.Codec) {
	attr.BE16(c, uapi.FOU_ATTR_PORT, "port", &r.port)
	attr.U8(c, uapi.FOU_ATTR_AF, "family", &r.family)
	attr.U8(c, uapi.FOU_ATTR_IPPROTO, "ipproto", &r.protocol)
	attr.U8(c, uapi.FOU_ATTR_TYPE, "type", &r.typ)
	attr.Flag(c, uapi.FOU_ATTR_REMCSUM_NOPARTIAL, "remcsum_nopartial", &r.noPartial)
	attr.Addr(c, uapi.FOU_ATTR_LOCAL_V4, uapi.FOU_ATTR_LOCAL_V6, "local", &r.local)
	attr.Addr(c, uapi.FOU_ATTR_PEER_V4, uapi.FOU_ATTR_PEER_V6, "peer", &r.peer)
	attr.BE16(c, uapi.FOU_ATTR_PEER_PORT, "peer_port", &r.peerPort)
	attr.S32(c, uapi.FOU_ATTR_IFINDEX, "dev", &r.dev)
}

// parse reads the attributes of a port, without the name of its link.
func parse(b []byte) (Port, error) {
	var r report
	if _, err := new(attr.Codec).Decode(b, r.attrs, nil); err != nil {
		return Port{}, err
	}
	p := Port{Port: r.port, Protocol: r.protocol, RemCsumNoPartial: r.noPartial, Local: attr.Specified(r.local), DevIndex: int(r.dev)}
	if peer := attr.Specified(r.peer); peer.IsValid() {
		p.Peer = netip.AddrPortFrom(peer, r.peerPort)
	}
	switch r.family {
	case uapi.AF_INET:
	case uapi.AF_INET6:
		p.Family = IPv6
	default:
		return Port{}, fmt.Errorf("port %d: the address family %d is unknown", r.port, r.family)
	}
	switch r.typ {
	case uapi.FOU_ENCAP_DIRECT:
	case uapi.FOU_ENCAP_GUE:
		p.Type = GUE
	default:
		return Port{}, fmt.Errorf("port %d: the type %d is unknown", r.port, r.typ)
	}
	return p, nil
}
