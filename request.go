package iplink

import (
	"context"
	"errors"
	"fmt"
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
	return t.appendKind(b, j, j.dataSet().Minus(j.dataLater()))
}

// appendKind appends the kind and settings of it.
func (t *transaction) appendKind(b []byte, j *job, set attr.Set) []byte {
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_KIND, j.spec.Kind)
	return wire.End(t.appendData(b, j, set), info)
}

// appendCommon appends the header, the name and the settings common to all links.
func (t *transaction) appendCommon(b []byte, j *job) []byte {
	s := j.spec
	flags, change := j.flags()
	if _, later := j.flagsLater(); later != 0 {
		flags, change = 0, 0
	}
	b = wire.AppendLink(b, wire.Link{Index: int32(j.index), Flags: flags, Change: change})
	if name := j.nameNow(); name != "" {
		b = wire.AppendString(b, uapi.IFLA_IFNAME, name)
	}
	return t.codec.Encode(b, j.linkSet.Minus(j.createsLater()), j.linkRefs, s.link.settable)
}

// appendData appends the nest of the kind, unless it would be empty.
func (t *transaction) appendData(b []byte, j *job, set attr.Set) []byte {
	refs, from := j.infoRefs, j.spec.info()
	if j.whole != nil {
		set, refs, from = j.wholeSet, nil, j.whole
	}
	if set.Empty() && j.peer == nil {
		return b
	}
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	if !set.Empty() {
		b = t.codec.Encode(b, set, refs, from.attrs)
	}
	if j.peer != nil {
		b = t.appendPeer(b, j.peer)
	}
	return wire.End(b, data)
}

// appendPeer appends the other end of a pair. The request is sent in the namespace
// of the main end, so a peer elsewhere must name its namespace. If only the id of that is
// known, the main end has it.
func (t *transaction) appendPeer(b []byte, peer *job) []byte {
	b, at := wire.Begin(b, peer.kind.peer)
	b = t.appendCommon(b, peer)
	if peer.at != peer.main.at && !peer.at.ns.isID() {
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

// appendBoth appends such settings, and settings of the kind.
func (t *transaction) appendBoth(b []byte, j *job, common, data attr.Set) []byte {
	if b = t.appendLater(b, j, common); data.Empty() {
		return b
	}
	return t.appendKind(b, j, data)
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
	codec    attr.Codec
	common   *interner // data that links share; nil if each keeps a copy of its message
	data     bool      // the kind's attributes are also kept as bytes, for a RawLink
	noSysctl bool      // sysctl settings and the counters of IPv6 are dropped, half of a message
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
	l.raw.data, l.raw.xstats, l.raw.portData = r.copy(l.raw.data, r.data), nil, nil
	for _, b := range []*[]byte{&l.INET.conf, &l.INET6.conf, &l.INET6.stats, &l.INET6.icmp6} {
		*b = r.copy(*b, !r.noSysctl)
	}
	return l
}

// copy returns a copy of part of a message, or nil if it is not kept.
func (r *reader) copy(b []byte, keep bool) []byte {
	if b == nil || !keep {
		return nil
	}
	return r.common.copy(b)
}

// parseLink decodes the payload of an RTM_NEWLINK or RTM_DELLINK message. The Link
// keeps b, which must not change afterwards, unless c is set to keep copies.
func parseLink(c *attr.Codec, b []byte) *Link {
	return newLink().parse(c, b)
}

// parse is like parseLink, but decodes into a blank link.
func (l *Link) parse(c *attr.Codec, b []byte) *Link {
	b, overlong := legible(b)
	header, attrs, err := wire.ParseLink(b)
	var fault error
	l.raw.common, fault = linkTable.Decode(c, attrs, l, l.unknown(c, ""))
	if err != nil {
		l.Err = err
		return l
	}
	l.Index, l.Type, l.Flags = int(header.Index), HardwareType(header.Type), Flags(header.Flags)
	l.addErr("", overlong)
	l.addErr("", fault)
	l.parseInfo(c)
	l.parsePort(c)
	return l
}

func (l *Link) parseInfo(c *attr.Codec) {
	kind := kindOf(l.Kind)
	if kind.info == nil {
		l.keepRaw(c, "info", l.raw.data)
		return
	}
	var err error
	info := kind.info()
	l.raw.info, err = kind.table().Decode(c, l.raw.data, info, l.unknown(c, "info"))
	l.addErr(l.Kind, err)
	if whole, ok := info.(completable); ok {
		whole.afterDecode(l)
	}
	l.Info = info
}

func (l *Link) parsePort(c *attr.Codec) {
	kind := kindOf(l.PortKind)
	if kind.port == nil {
		l.keepRaw(c, "port", l.raw.portData)
		return
	}
	var err error
	info := kind.port()
	l.raw.port, err = kind.portTable().Decode(c, l.raw.portData, info, l.unknown(c, "port"))
	l.addErr(l.PortKind+" port", err)
	l.PortInfo = info
}

func (l *Link) addErr(what string, err error) {
	if err != nil {
		l.Err = errors.Join(l.Err, &Error{Op: "decode", Kind: what, Name: l.Name, Err: err})
	}
}

// unknown returns a function that adds an attribute to l.Unknown.
func (l *Link) unknown(c *attr.Codec, nest string) func(wire.Attr) {
	return func(a wire.Attr) {
		l.Unknown = append(l.Unknown, RawAttribute{Nest: nest, Type: a.Type, Data: c.Held(a.Data)})
	}
}

// keepRaw keeps all attributes in the nest of an unknown kind.
func (l *Link) keepRaw(c *attr.Codec, nest string, b []byte) {
	keep := l.unknown(c, nest)
	for a, err := range wire.Attrs(b) {
		if err != nil {
			l.addErr(nest, err)
			return
		}
		keep(a)
	}
}

// legible returns a link message without the nests that are longer than an attribute
// can be, such as the nest of a macvlan with 5500 source addresses, and an error
// that names them.
func legible(b []byte) ([]byte, error) {
	if len(b) <= wire.LinkLen+wire.MaxLen {
		return b, nil
	}
	var faults error
	var kind []byte
	attrs, ok := wire.Legible(b[wire.LinkLen:], func(a wire.Attr) {
		faults = errors.Join(faults, &attr.Error{Name: rowName(new(Link).attrs, a.Type),
			Text: fmt.Sprintf("%d bytes, where an attribute of the kernel's can have %d", len(a.Data), wire.MaxLen-wire.AttrLen)})
		if a.Type == uapi.IFLA_LINKINFO {
			kind = kindOnly(a.Data)
		}
	})
	if !ok {
		faults = &attr.Error{Text: "the kernel's description is too long to be read"}
	}
	return slices.Concat(b[:wire.LinkLen], attrs, kind), faults
}

// kindOnly returns an IFLA_LINKINFO that contains only the kind, its first
// attribute.
func kindOnly(info []byte) []byte {
	kind := wire.Find(info, uapi.IFLA_INFO_KIND)
	b, at := wire.Begin(nil, uapi.IFLA_LINKINFO)
	return wire.End(wire.AppendAttr(b, uapi.IFLA_INFO_KIND, kind), at)
}

// noteUndescribed notes that the kernel cannot describe the link, if m is the
// NLMSG_ERROR message by which package rtnl reports such a link.
func (l *Link) noteUndescribed(m wire.Message) {
	if m.Type == uapi.NLMSG_ERROR {
		l.raw.undescribed = true
		l.addErr("", &attr.Error{Text: tooLongToDescribe})
	}
}

// tooLongToDescribe is the meaning of EMSGSIZE in reply to a request for a link.
const tooLongToDescribe = "the kernel cannot describe the link: it has a list, such as of source addresses, that takes more than 64 KiB"

// An echo is the kernel's announcement of a new link, sent also to the requester
// (NLM_F_ECHO). It has the contents that a read of the link would return, as long as
// the link does not change afterwards, and the kernel composes it anyway. Linux has
// it since 6.2; earlier versions ignore the flag.

// askForEchoes selects the links for which the transaction asks for an echo in place
// of reading them. If the caller may know the index of one of the links, other links
// may refer to it in ways that are not visible here, and all are read. It also selects
// the new links for which later requests need the index of one end.
func (t *transaction) askForEchoes() {
	read := t.conn.noEcho.Load() || slices.ContainsFunc(t.jobs, func(j *job) bool { return j.spec.index != 0 })
	for _, j := range t.jobs {
		if !j.makes || j.main != nil {
			continue
		}
		j.echo = !read && j.kind != &noKind && !j.kind.announced && t.isFinal(j) && (j.peer == nil || t.isFinal(j.peer))
		j.asks = j.lacksIndex() || j.peer != nil && j.peer.lacksIndex()
	}
}

// lacksIndex reports whether later requests need the index that the kernel chooses.
func (j *job) lacksIndex() bool {
	return j.index == 0 && (j.completes() || j.number != 0)
}

// echoes reports whether the kernel can be asked for an echo to learn the index of a
// new link. Before Linux 6.13 a link whose parent is elsewhere may get another index when
// the kernel moves it.
func (t *transaction) echoes(j *job) bool {
	return !t.conn.noEcho.Load() && !j.kind.announced && j.kind != &noKind && j.linkNSID < 0
}

// isFinal reports whether the kernel announces the link in its final state. The
// announcement comes before the kernel gives the link a master, moves it to another
// namespace or notifies the network stack that the link is up, and before later
// requests. Requests for other links may change this link through its parent.
func (t *transaction) isFinal(j *job) bool {
	up := j.spec.flags&j.change&uapi.IFF_UP != 0
	stacked := t.many && j.parent() != 0
	return !up && !stacked && !j.tied && !j.completes() && j.master() == 0 && j.linkNSID < 0
}

// echoReply returns a function that takes the echo of a job's request and ignores
// all other announcements about the link.
func (t *transaction) echoReply(j *job) rtnl.Reply {
	return func(m wire.Message) {
		if m.Type != uapi.RTM_NEWLINK {
			return
		}
		if j.echo {
			if l := t.parse(m); l.Name == j.spec.Name && (j.index == 0 || l.Index == j.index) {
				j.link = l
			}
		}
		t.learn(j, m)
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
