package iplink

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A RawLink is the builder for a link whose kind-specific settings are given as
// bytes. Raw returns one.
type RawLink struct {
	Common[RawLink]
}

// Raw returns the builder for a link of any kind, by the kernel's name for it. It
// serves kinds that this library does not know. Attr adds the settings of the kind;
// all others are set as on any builder.
//
// Only the caller knows the meaning of the bytes. Update sends the attributes that
// differ from the kernel's report, and neither Update nor Create compares them
// afterwards. Ensure leaves attributes alone that the kernel does not report, and
// fails with ErrNotApplied if an attribute differs afterwards, as it does if reports
// have another form than requests.
func Raw(kind, name string) *RawLink {
	r := new(RawLink)
	*r.Own(r) = own.New(kind, name, new(rawSettings))
	return r
}

func (r *RawLink) raw() *rawSettings {
	return r.spec.Info.(*rawSettings)
}

// Attr sets one attribute of the kind to a copy of payload (IFLA_INFO_DATA). The
// number is 0 to 127, with NLA_F_NESTED (0x8000) if the driver requires it. A later
// call with the same number replaces the payload.
func (r *RawLink) Attr(number uint16, payload []byte) *RawLink {
	r.raw().add(number, slices.Clone(payload))
	r.spec.Set = r.raw().types()
	return r
}

// Attrs sets all attributes in b, which has the format of IFLA_INFO_DATA. If b is
// not a sequence of attributes, the verb returns an error.
func (r *RawLink) Attrs(b []byte) *RawLink {
	if err := r.raw().parse(slices.Clone(b)); err != nil {
		return r.Fail(err)
	}
	r.spec.Set = r.raw().types()
	return r
}

// Fail makes each verb return an error with err as its reason, before a request is
// sent. It serves functions that translate other descriptions of links into
// builders.
func (r *RawLink) Fail(err error) *RawLink {
	r.raw().fault = errors.Join(r.raw().fault, err)
	return r
}

// rawSettings are the attributes of a kind as bytes: those set on a RawLink, or
// those in the kernel's report of a link. It is a table with a row for each.
type rawSettings struct {
	attributes []*rawAttr
	fault      error // why they cannot be sent
}

func (v *rawSettings) attrs(c *attr.Codec) {
	for _, a := range v.attributes {
		if c.NoKeyword(); a.nested {
			c.Nested()
		}
		attr.Custom(c, a.typ, fmt.Sprintf("attribute %d", a.typ), a)
	}
}

// validate returns the fault.
func (v *rawSettings) validate(string, *spec) error {
	if v.fault == nil {
		return nil
	}
	return &attr.Error{Text: v.fault.Error()}
}

// parse adds the attributes of a nest.
func (v *rawSettings) parse(b []byte) error {
	at := 0
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return err
		}
		v.add(wire.Order.Uint16(b[at+2:]), a.Data)
		at += wire.Align(wire.AttrLen + len(a.Data))
	}
	return nil
}

// add adds an attribute. If a number is repeated, the last one counts, as in the
// kernel.
func (v *rawSettings) add(number uint16, data []byte) {
	typ := number &^ (uapi.NLA_F_NESTED | uapi.NLA_F_NET_BYTEORDER)
	if typ >= attr.Bit(0) {
		v.fault = errors.Join(v.fault, fmt.Errorf("attribute %d: numbers beyond %d are not supported", typ, attr.Bit(0)-1))
		return
	}
	others := slices.DeleteFunc(slices.Clone(v.attributes), func(old *rawAttr) bool { return old.typ == typ })
	v.attributes = append(others, &rawAttr{typ, number&uapi.NLA_F_NESTED != 0, data})
}

// reportedOf returns the attributes of the kind in the kernel's report of a link.
func reportedOf(l *Link) *rawSettings {
	have := new(rawSettings)
	for a, err := range wire.Attrs(l.raw.data) {
		if err == nil && a.Type < attr.Bit(0) {
			have.attributes = append(have.attributes, &rawAttr{typ: a.Type, data: a.Data})
		}
	}
	return have
}

// types returns the numbers of the attributes.
func (v *rawSettings) types() attr.Set {
	var set attr.Set
	for _, a := range v.attributes {
		set.Add(a.typ)
	}
	return set
}

// rawAttr is one attribute of unknown meaning.
type rawAttr struct {
	typ    uint16
	nested bool // carries NLA_F_NESTED
	data   []byte
}

// AppendPayload appends the bytes.
func (a *rawAttr) AppendPayload(b []byte) []byte {
	return append(b, a.data...)
}

// ParsePayload copies the bytes.
func (a *rawAttr) ParsePayload(b []byte) error {
	a.data = slices.Clone(b)
	return nil
}

// AppendWords appends the bytes in hexadecimal.
func (a *rawAttr) AppendWords(b []byte) []byte {
	if len(a.data) == 0 {
		return append(b, "set"...)
	}
	return fmt.Appendf(b, "% x", a.data)
}

// Check accepts any bytes.
func (a *rawAttr) Check() error {
	return nil
}

// Within reports whether the bytes are the same. A flag has no bytes: it is present
// or absent.
func (a *rawAttr) Within(have attr.Payload) bool {
	h, ok := have.(*rawAttr)
	return ok && (len(a.data) == 0 || bytes.Equal(a.data, h.data))
}

// isRaw reports whether the settings of the kind are given as bytes.
func (s *spec) isRaw() bool {
	_, raw := s.Info.(*rawSettings)
	return raw
}

// hasRaw reports whether isRaw holds for the link or its peer.
func (s *spec) hasRaw() bool {
	return s.isRaw() || s.Peer != nil && s.peer().description().isRaw()
}

// known returns the current values of the settings of s on a link. If the link has
// another kind, they are unknown.
func (s *spec) known(l *Link) (have info, ok bool) {
	if s.isRaw() {
		return reportedOf(l), l.Kind == s.Kind
	}
	have, ok = l.Info.(info)
	return have, ok
}

// hidden returns the settings of s that the kernel does not report, or has omitted
// from its report of a link.
func (s *spec) hidden(l *Link) attr.Set {
	if s.isRaw() {
		return s.Set.Minus(reportedOf(l).types())
	}
	return s.Set.And(unseen(s.info().attrs, l.raw.info))
}

// unprovable reports whether the link that was read back may differ from the bytes
// that were sent.
func (t *transaction) unprovable(s *spec) bool {
	return s.isRaw() && t.op != "ensure"
}

// KindData returns the kind of the link that spec describes and, in the format of
// IFLA_INFO_DATA, the settings that only links of that kind have, with the other end
// of a pair. It is for programs that send the request themselves, such as package
// rtnldriver.
//
// No other setting is allowed in spec: a setting common to all links, or a link by
// name, whose index cannot be looked up here, is an *Error, as is any value that
// Create would reject. The NetNS of a peer must stay open until the request is sent.
func KindData(spec Spec) (kind string, data []byte, err error) {
	all, err := described("encode", spec)
	if err != nil {
		return "", nil, err
	}
	s := all[0]
	var c attr.Codec
	if err := s.checkKindData(&c); err != nil {
		return s.Kind, nil, err
	}
	if s.Info != nil {
		data = c.Encode(nil, s.Set, s.Refs, s.info().attrs)
	}
	data, err = s.appendPeerData(data)
	return s.Kind, data, err
}

// PortData is KindData for the settings of a port, in the format of
// IFLA_INFO_SLAVE_DATA. The kind is the kind of the master.
func PortData(port PortSpec) (kind string, data []byte, err error) {
	if isNil(port) {
		return "", nil, (&spec{}).invalid("encode", "PortSpec", "it is nil: give a builder, such as bridge.Port returns")
	}
	p := port.Own()
	if p.Info == nil {
		return "", nil, (&spec{}).invalid("encode", "PortSpec", "the builder is zero: make it with Port of package bridge or bond")
	}
	var c attr.Codec
	s := &spec{Settings: own.Settings{Kind: p.Kind + " port"}}
	if err := c.Check(p.Set, p.Refs, infoOf(p).attrs); err != nil {
		return p.Kind, nil, s.invalidAttrs("encode", err)
	}
	if err := s.unresolved(p.Refs, infoOf(p).attrs); err != nil {
		return p.Kind, nil, err
	}
	return p.Kind, c.Encode(nil, p.Set, nil, infoOf(p).attrs), nil
}

// ParseKindData decodes the kernel's report in IFLA_INFO_DATA for a link of a kind.
// It returns the value that Link.Info has for that kind, such as *VXLANInfo, or nil
// if the kind has no settings or is unknown here. Values that the kernel reports in
// other parts of the message, such as VethInfo.Peer, are missing.
func ParseKindData(kind string, data []byte) (any, error) {
	return parseData(newInfo(kind), data)
}

// ParsePortData is ParseKindData for IFLA_INFO_SLAVE_DATA of a port and
// Link.PortInfo. The kind is the kind of the master.
func ParsePortData(kind string, data []byte) (any, error) {
	return parseData(newPortInfo(kind), data)
}

func parseData(to info, data []byte) (any, error) {
	if to == nil {
		return nil, nil
	}
	var c attr.Codec
	_, err := c.Decode(data, to.attrs, nil)
	return to, err
}

// checkKindData returns the reason why s is invalid for KindData.
func (s *spec) checkKindData(c *attr.Codec) error {
	const op = "encode"
	if s.Kind == "" {
		return s.invalid(op, "", "a Device has no kind")
	}
	if set := s.genericPart(s.Set); !set.Empty() {
		return s.invalid(op, s.firstRow(set), "is not set by route netlink")
	}
	if word := s.outsideKind(); word != "" {
		return s.invalid(op, word, "is not a setting of the kind: the message around a driver has it, or cannot")
	}
	if s.Info != nil {
		if err := s.unresolved(s.Refs, s.info().attrs); err != nil {
			return err
		}
	}
	if err := s.checkTables(op, c); err != nil {
		return err
	}
	if err := s.checkPeerValues(op, c); err != nil {
		return err
	}
	return s.checkPeer(op)
}

// unresolved rejects links by name.
func (s *spec) unresolved(refs []attr.Ref, t attr.Table) error {
	for _, r := range refs {
		return s.invalid("encode", rowName(t, r.Type), "a driver cannot look up a link by name: set it by index")
	}
	return nil
}

// outsideKind returns the name of a setting that does not belong to the kind itself,
// or an empty string.
func (s *spec) outsideKind() string {
	switch {
	case s.index != 0:
		return "index"
	case s.netns != nil:
		return "netns"
	}
	return s.afterMaking(s.linkSet, s.change)
}

// afterMaking returns the name of a setting that the kind's data cannot carry even
// for a peer, other than the given common settings, or an empty string.
func (s *spec) afterMaking(linkSet attr.Set, change uint32) string {
	for typ := range linkSet.All() {
		return rowName(s.link.settable, typ)
	}
	switch {
	case change != 0:
		return Flags(change).String()
	case !s.inet6Set.Empty():
		return "addrgenmode"
	case len(s.altNames) > 0:
		return "altname"
	case len(s.sysctls) > 0:
		return "Sysctls"
	case !s.layer3.empty():
		return "address, route or neighbour"
	case s.word() != "":
		return s.word()
	case len(s.Objects) > 0:
		return s.Objects[0].Word()
	case s.linkNetNS != nil:
		return "link-netns"
	case s.port != nil:
		return "port"
	}
	return ""
}

// appendPeerData appends the other end of a pair.
func (s *spec) appendPeerData(b []byte) ([]byte, error) {
	if s.Peer == nil {
		return b, nil
	}
	home := &nsConn{fd: -1}
	main := newJob(s, home, nil)
	peer := newJob(s.peer().description(), home, main)
	if word := peer.spec.afterMaking(peer.linkSet.And(peer.createsLater()), peer.change&uapi.IFF_UP); word != "" {
		return nil, s.invalid("encode", "peer", word+" is not taken when a peer is made")
	}
	if peer.spec.netns.isUnopened() {
		return nil, s.invalid("encode", "netns", "a driver cannot open a namespace by name: set it by NetNS")
	}
	if ns := peer.spec.netns; ns != nil {
		peer.at = &nsConn{}
		if err := ns.use(func(fd int) error { peer.at.fd = fd; return nil }); err != nil {
			return nil, s.failed("encode", "netns", err)
		}
	}
	return new(transaction).appendPeer(b, peer), nil
}
