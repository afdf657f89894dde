package iplink

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// appendCreate appends the attributes that create a link, as far as the kernel
// accepts them in one message.
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

// appendCommon appends the header, the name and the settings common to all links.
func (t *transaction) appendCommon(b []byte, j *job) []byte {
	s := j.spec
	flags, change := j.flags()
	b = wire.AppendLink(b, wire.Link{Index: int32(j.index), Flags: flags, Change: change})
	if s.Name != "" {
		b = wire.AppendString(b, uapi.IFLA_IFNAME, s.Name)
	}
	return t.codec.Encode(b, j.linkSet.Minus(j.createsLater()), j.linkRefs, s.link.settable)
}

// appendData appends the nest of the kind, unless it would be empty.
func (t *transaction) appendData(b []byte, j *job) []byte {
	set := j.dataSet()
	if set.Empty() && j.peer == nil {
		return b
	}
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	if !set.Empty() {
		b = t.codec.Encode(b, set, j.infoRefs, j.spec.info().attrs)
	}
	if j.peer != nil {
		b = t.appendPeer(b, j.peer)
	}
	return wire.End(b, data)
}

// appendPeer appends the other end of a pair. The request is sent in the namespace
// of the main end, so a peer elsewhere must name its namespace.
func (t *transaction) appendPeer(b []byte, peer *job) []byte {
	b, at := wire.Begin(b, peer.kind.peer)
	b = t.appendCommon(b, peer)
	if peer.at != peer.main.at {
		b = wire.AppendU32(b, uapi.IFLA_NET_NS_FD, uint32(peer.at.fd))
	}
	return wire.End(b, at)
}

// appendLater appends the settings that the kernel accepts only for an existing
// link.
func (t *transaction) appendLater(b []byte, j *job, set attr.Set) []byte {
	s := j.spec
	b = t.codec.Encode(b, set, j.linkRefs, s.link.settable)
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
	b = t.codec.Encode(b, j.portSet, j.portRef, infoOf(p).attrs)
	return wire.End(wire.End(b, data), info)
}

// A reader decodes the kernel's messages about links. The Links outlive the
// messages.
type reader struct {
	codec  attr.Codec
	common *interner // data that links share; nil if each keeps a copy of its message
	data   bool      // the kind's attributes are also kept as bytes, for a RawLink
}

// share makes the links decoded from now on share equal data in p, and not keep
// their messages.
func (r *reader) share(p *interner) {
	r.common = p
	r.codec.Keep(p.copy)
}

func (r *reader) parse(m wire.Message) *Link {
	if r.common == nil {
		return parseLink(&r.codec, slices.Clone(m.Data))
	}
	return r.fill(newLink(), m)
}

// fill parses m into a blank link, for a reader that shares.
func (r *reader) fill(l *Link, m wire.Message) *Link {
	l.parse(&r.codec, m.Data)
	l.noteUndescribed(m)
	var data []byte
	if r.data {
		data = r.common.copy(l.raw.data)
	}
	l.finish(data)
	return l
}

// An echo is the kernel's announcement of a new link, sent also to the requester
// (NLM_F_ECHO). It has the contents that a read of the link would return, as long as
// the link does not change afterwards, and the kernel composes it anyway. Linux has
// it since 6.2; earlier versions ignore the flag.

// askForEchoes selects the links for which the transaction asks for an echo in place
// of reading them. If the caller may know the index of one of the links, other links
// may refer to it in ways that are not visible here, and all are read.
func (t *transaction) askForEchoes() {
	if t.conn.noEcho.Load() || slices.ContainsFunc(t.jobs, (*job).mayBeKnown) {
		return
	}
	for _, j := range t.jobs {
		j.echo = j.main == nil && j.kind != &noKind && !j.kind.announced && t.isFinal(j) && (j.peer == nil || t.isFinal(j.peer))
	}
}

// mayBeKnown reports whether the index is neither a new one that the transaction
// chose nor one that the kernel chooses.
func (j *job) mayBeKnown() bool {
	return j.spec.index != 0 || j.index != 0 && !j.indexChosen
}

// isFinal reports whether the kernel announces the link in its final state. The
// announcement comes before the kernel gives the link a master, moves it to another
// namespace or notifies the network stack that the link is up, and before later
// requests. Requests for other links may change this link through its parent.
func (t *transaction) isFinal(j *job) bool {
	up := j.spec.flags&j.change&uapi.IFF_UP != 0
	stacked := t.many && j.parent() != 0
	return !up && !stacked && !j.tied && !j.needsIndex() && j.master() == 0 && j.linkNSID < 0
}

// echoReply returns a function that takes the echo of a job's request and ignores
// all other announcements about the link.
func (t *transaction) echoReply(j *job) rtnl.Reply {
	return func(m wire.Message) {
		if m.Type != uapi.RTM_NEWLINK {
			return
		}
		if l := t.parse(m); l.Name == j.spec.Name && (j.index == 0 || l.Index == j.index) {
			j.link = l
		}
	}
}

// readMissing reads the links whose echo did not arrive.
func (t *transaction) readMissing(ctx context.Context) error {
	for _, j := range t.jobs {
		if j.echo && j.link == nil {
			t.conn.noEcho.Store(true)
			t.addRead(j)
		}
	}
	return t.flushPlaces(ctx)
}
