package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// appendCreate appends what makes a link, in one message as far as the kernel
// takes it in one.
func (t *transaction) appendCreate(b []byte, j *job) []byte {
	b = t.appendCommon(b, j)
	if j.linkNSID >= 0 {
		b = wire.AppendU32(b, uapi.IFLA_LINK_NETNSID, uint32(j.linkNSID))
	}
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_KIND, j.spec.Kind)
	b = t.appendData(b, j)
	return wire.End(b, info)
}

// appendCommon appends the header, the name and what every link has.
func (t *transaction) appendCommon(b []byte, j *job) []byte {
	s := j.spec
	flags, change := j.flags()
	b = wire.AppendLink(b, wire.Link{Index: int32(j.index), Flags: flags, Change: change})
	if s.Name != "" {
		b = wire.AppendString(b, uapi.IFLA_IFNAME, s.Name)
	}
	return linkTable.Encode(&t.codec, b, j.linkSet.Minus(j.later()), j.linkRefs, s.link)
}

// appendData appends the nest of the kind, unless it would be empty.
func (t *transaction) appendData(b []byte, j *job) []byte {
	set := j.dataSet()
	if set.Empty() && j.peer == nil {
		return b
	}
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	if !set.Empty() {
		b = j.kind.table().Encode(&t.codec, b, set, j.infoRefs, j.spec.info())
	}
	if j.peer != nil {
		b = t.appendPeer(b, j.peer)
	}
	return wire.End(b, data)
}

// appendPeer appends the other end of a pair. The request goes out in the
// namespace of the main end, so that a peer elsewhere must say where.
func (t *transaction) appendPeer(b []byte, peer *job) []byte {
	b, at := wire.Begin(b, peer.kind.peer)
	b = t.appendCommon(b, peer)
	if peer.at != peer.main.at {
		b = wire.AppendU32(b, uapi.IFLA_NET_NS_FD, uint32(peer.at.fd))
	}
	return wire.End(b, at)
}

// appendLater appends what the kernel takes only once the link exists.
func (t *transaction) appendLater(b []byte, j *job, set attr.Set) []byte {
	s := j.spec
	b = linkTable.Encode(&t.codec, b, set, j.linkRefs, s.link)
	if j.inet6Set.Empty() {
		return b
	}
	b, spec := wire.Begin(b, uapi.IFLA_AF_SPEC)
	b, inet6 := wire.Begin(b, uapi.AF_INET6)
	b = t.codec.Encode(b, j.inet6Set, nil, s.link.INET6.attrs)
	return wire.End(wire.End(b, inet6), spec)
}

// appendPort appends the settings as a port.
func (t *transaction) appendPort(b []byte, j *job) []byte {
	p := j.spec.port
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_SLAVE_KIND, p.Kind)
	b, data := wire.Begin(b, uapi.IFLA_INFO_SLAVE_DATA)
	b = kindOf(p.Kind).portTable().Encode(&t.codec, b, j.portSet, j.portRef, infoOf(p))
	return wire.End(wire.End(b, data), info)
}
