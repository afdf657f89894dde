package iplink

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// KindRows returns the rows of the table of a kind.
func KindRows(kind string) []attr.Row {
	return rows(newInfo(kind).attrs)
}

// PortRows returns the rows of the table for the ports of a kind of master.
func PortRows(kind string) []attr.Row {
	return rows(newPortInfo(kind).attrs)
}

// CommonRows returns the rows that a request for any link may carry.
func CommonRows() []attr.Row {
	return rows(new(Link).settable)
}

// INET6Rows returns the rows about IPv6 on a link.
func INET6Rows() []attr.Row {
	return rows(new(INET6).attrs)
}

func rows(t attr.Table) (all []attr.Row) {
	new(attr.Codec).Describe(t, func(r attr.Row) { all = append(all, r) })
	return all
}

// Requests returns what Create sends for s, or Update for a Device, where
// links have the given indexes and masters are bridges. It asks no kernel.
func Requests(s Spec, indexes map[string]int) [][]byte {
	t := newTransaction(new(Conn), "create")
	for _, index := range indexes {
		t.jobs = append(t.jobs, &job{spec: &spec{Settings: own.Settings{Kind: KindBridge}}, at: t.nsConns[0], index: index})
	}
	j := t.jobFor(s, nil, indexes)
	if kind := s.description().Kind; kind == "" || kindOf(kind).unmakeable() != "" {
		j.index = indexes[s.description().Name]
		t.addUpdate(j)
	} else if j.spec.maker() != nil {
		t.complete(j)
	} else {
		t.addCreate(j)
		t.complete(j)
	}
	if j.peer != nil {
		t.complete(j.peer)
	}
	return t.nsConns[0].messages()
}

func (t *transaction) jobFor(s Spec, main *job, indexes map[string]int) *job {
	j := newJob(s.description(), t.nsConns[0], main)
	j.linkRefs, j.infoRefs = resolved(j.spec.linkRefs, indexes), resolved(j.spec.Refs, indexes)
	if j.spec.port != nil {
		j.portRef = resolved(j.spec.port.Refs, indexes)
	}
	if err := t.planMaster(j); err != nil {
		panic(err)
	}
	if j.spec.Peer != nil {
		j.peer = t.jobFor(j.spec.peer(), j, indexes)
	}
	return j
}

func resolved(refs []attr.Ref, indexes map[string]int) []attr.Ref {
	refs = slices.Clone(refs)
	for i := range refs {
		refs[i].Index = indexes[refs[i].Name]
	}
	return refs
}

func (p *nsConn) messages() (all [][]byte) {
	for i := range p.batch.Len() {
		all = append(all, slices.Clone(p.batch.Bytes(i)))
	}
	return all
}

// Refusal returns what is wrong with a link to be made, before anything is
// sent.
func Refusal(s Spec) error {
	all, err := described("create", s)
	if err != nil {
		return err
	}
	return all[0].check("create", new(attr.Codec))
}

// Again returns the description of a link by all that was read of it: what the
// kernel reported, or, if all is set, each setting that the library has a field for.
func Again(l *Link, all bool) Spec {
	b := newAnyKind(l.Kind, l.Name, nil, attr.Set{})
	s := &b.spec
	s.index, s.altNames = l.Index, l.AltNames
	s.link, s.linkSet = l, readAgain(l.settable, l.raw.common, all)
	s.linkSet.Remove(uapi.IFLA_IFNAME)
	s.flags, s.change = uint32(l.Flags), uapi.IFF_UP|uapi.IFF_NOARP|uapi.IFF_MULTICAST|uapi.IFF_ALLMULTI|uapi.IFF_PROMISC|uapi.IFF_DYNAMIC
	if i, ok := l.Info.(info); ok {
		s.Info, s.Set = i, readAgain(i.attrs, l.raw.info, all)
	}
	switch i := s.Info.(type) {
	case *BondInfo:
		i.Reselect = i.ActiveSlave == 0
	case *MacvlanInfo:
		i.SourceMode = MacvlanSourceSet
		s.Set.Add(uapi.IFLA_MACVLAN_MACADDR_MODE)
	}
	if p, ok := l.PortInfo.(info); ok {
		s.port = &own.Settings{Kind: l.PortKind, Info: p, Set: readAgain(p.attrs, l.raw.port, all)}
	}
	return b
}

func readAgain(t attr.Table, reported attr.Set, all bool) (set attr.Set) {
	for _, r := range rows(t) {
		if r.Settable() && r.Readable() && (all || reported.Has(r.Type)) {
			set.Add(r.Type)
		}
	}
	return set
}

// WritesOf returns how many requests Update sends to change the link.
func (c *Conn) WritesOf(ctx context.Context, s Spec) (int, error) {
	t := newTransaction(c, "update")
	defer t.close()
	j, err := t.prepareUpdate(ctx, s.description())
	if err != nil {
		return 0, err
	}
	if err := t.keepDifferences(ctx, j); err != nil {
		return 0, err
	}
	t.addUpdate(j)
	n := j.at.batch.Len()
	if aside := j.infoSet.And(j.genericSet); !aside.Empty() {
		n++
	}
	return n, nil
}

// KindNames returns the kinds that are known, sorted.
func KindNames() []string {
	return slices.Sorted(maps.Keys(kinds))
}

// KindConfig returns the option of the kernel that brings a kind's driver.
func KindConfig(name string) string {
	return kindOf(name).config
}

// HasMaker reports whether links of the kind are not made by route netlink.
func HasMaker(kind string) bool {
	return (&spec{Settings: own.Settings{Info: newInfo(kind)}}).maker() != nil
}

// KindSince returns the release of Linux that introduced a kind, or the zero Version.
func KindSince(name string) attr.Version {
	return kindOf(name).since
}

// LinkRows returns all rows of the table of what every link has.
func LinkRows() []attr.Row {
	return rows(new(Link).attrs)
}

// KindRefusal returns what is wrong with a link of the kind for which an attribute
// has a payload, by the attribute's row alone; nil if nothing is.
func KindRefusal(kind string, row attr.Row, payload []byte) error {
	return rowRefusal(newInfo(kind).attrs, row, payload)
}

// PortRefusal is KindRefusal for the ports of a kind of master.
func PortRefusal(kind string, row attr.Row, payload []byte) error {
	return rowRefusal(newPortInfo(kind).attrs, row, payload)
}

// CommonRefusal is KindRefusal for what every link has.
func CommonRefusal(row attr.Row, payload []byte) error {
	return rowRefusal(new(Link).settable, row, payload)
}

func rowRefusal(t attr.Table, row attr.Row, payload []byte) error {
	var c attr.Codec
	if _, err := c.Decode(wire.AppendAttr(nil, row.Type, payload), t, nil); err != nil {
		return nil
	}
	if err := c.Check(attr.SetOf(row.Type), nil, t); err != nil {
		return (&spec{Settings: own.Settings{Name: "t0"}}).invalidAttrs("create", err)
	}
	return nil
}

// WithoutEcho makes the kernel pass for one before Linux 6.2, which nothing has
// been created with yet.
func (c *Conn) WithoutEcho() {
	c.echo = 0
	c.noEcho.Store(false)
}

// rebuilt is a link as it was read, to be made once more.
type rebuilt struct {
	s *spec
}

func (r rebuilt) description() *spec { return r.s }

func (r rebuilt) clone() Spec { return r }

func (r rebuilt) String() string { return r.s.command() }

// circumstantial is what the kernel reports of every link and takes only in some
// states, or what a new link has in another namespace.
var circumstantial = attr.SetOf(uapi.IFLA_IFNAME, uapi.IFLA_LINK, uapi.IFLA_MASTER, uapi.IFLA_CARRIER, uapi.IFLA_OPERSTATE,
	uapi.IFLA_PROTO_DOWN, uapi.IFLA_PARENT_DEV_NAME)

// Rebuild returns what makes a link like l, of all that was read. The rows named
// in without are left out.
func Rebuild(l *Link, without ...string) Spec {
	s := &spec{Settings: own.New(l.Kind, l.Name, nil), link: l, altNames: l.AltNames}
	s.linkSet = found(l.settable, l.raw.common, without).Minus(circumstantial)
	if l.Parent != 0 && kindOf(l.Kind).parent {
		s.linkSet.Add(uapi.IFLA_LINK)
	}
	if l.Master != 0 {
		s.linkSet.Add(uapi.IFLA_MASTER)
	}
	if i, ok := l.Info.(info); ok {
		s.Info, s.Set = i, found(i.attrs, l.raw.info, without)
		s.sendSources()
	}
	if i, ok := l.PortInfo.(info); ok {
		s.port = &own.Settings{Kind: l.PortKind, Info: i, Set: found(i.attrs, l.raw.port, without)}
	}
	return rebuilt{s}
}

// sendSources adds the word that has a macvlan take a list of sources.
func (s *spec) sendSources() {
	if m, ok := s.Info.(*MacvlanInfo); ok && len(m.Sources) > 0 {
		m.SourceMode = MacvlanSourceSet
		s.Set.Add(uapi.IFLA_MACVLAN_MACADDR_MODE)
	}
}

// found are the rows that can be set among those that were read.
func found(t attr.Table, read attr.Set, without []string) attr.Set {
	skip := map[string]bool{}
	for _, name := range without {
		skip[name] = true
	}
	var set attr.Set
	for _, r := range rows(t) {
		// A bit is there if the kernel's mask has it, whatever else its attribute holds.
		here := read.Has(r.Type) || r.Format == "ip" && read.Has(r.Type6)
		if here && r.Settable() && r.Readable() && !skip[r.Name] {
			set.Add(r.Type)
		}
	}
	return set
}

// Wanted returns what s holds, by pointer and by value.
func Wanted(s Spec) []any {
	w := s.description()
	return []any{w, *w}
}

// CheckSpec returns what is wrong with s before anything is sent.
func CheckSpec(s Spec, op string) error {
	return s.description().check(op, new(attr.Codec))
}

// SetOf returns which settings of its kind were made on s, which of those that
// every link has, and which about IPv6.
func SetOf(s Spec) (kind, common, inet6 attr.Set) {
	w := s.description()
	return w.Set, w.linkSet, w.inet6Set
}

// InfoData returns the settings of the kind of s as they go out.
func InfoData(s Spec) []byte {
	w := s.description()
	return new(attr.Codec).Encode(nil, w.Set, w.Refs, w.info().attrs)
}

// DecodeInfo decodes the settings of a kind into its struct.
func DecodeInfo(b []byte, to any) (attr.Set, error) {
	return new(attr.Codec).Decode(b, to.(info).attrs, nil)
}

// CompareInfo compares the settings of the kind of s with those of a link.
func CompareInfo(s Spec, have any) []attr.Difference {
	w := s.description()
	return new(attr.Codec).Compare(w.Set, nil, w.info().attrs, have.(info).attrs)
}

// ParseLink decodes the attributes of an answer about link 7.
func ParseLink(attrs []byte) *Link {
	return parseLink(new(attr.Codec), append(wire.AppendLink(nil, wire.Link{Index: 7}), attrs...))
}

// Reported returns a link whose report had the rows of set of its kind.
func Reported(l Link, set attr.Set) *Link {
	l.raw.info = set
	return &l
}

// TableRows returns the rows of every table by name.
func TableRows() map[string][]attr.Row {
	all := map[string][]attr.Row{}
	for name, table := range tables() {
		all[name] = rows(table)
	}
	return all
}

// A Plan is what is to be sent to a link.
type Plan struct {
	Differences []Difference // of the kind
	Info        attr.Set     // the settings of the kind that are to be sent
	Data        attr.Set     // those of them in the link's own request
	Body        []byte       // of that request, if the link is to be made
	Aside       bool         // settings go out another way
	NeedsIndex  bool         // more is sent once the index is known
	Err         *Error       // why the change is refused
}

// PlanCreate plans to make what s describes, without a kernel.
func PlanCreate(s Spec) Plan {
	tr := newTransaction(&Conn{}, "create")
	j := newJob(s.description(), tr.nsConns[0], nil)
	j.index = 0x1234
	return Plan{Info: j.infoSet, Data: j.dataSet(), Body: tr.appendCreate(nil, j), Aside: j.generic() != nil, NeedsIndex: j.completes()}
}

// PlanUpdate plans to change the link have to what s describes, without a kernel.
func PlanUpdate(ctx context.Context, s Spec, have *Link) (p Plan) {
	tr := newTransaction(&Conn{}, "update")
	j := newJob(s.description(), tr.nsConns[0], nil)
	var todo pending
	p.Differences = append(tr.driftOfInfo(j, have, &todo), tr.driftOfPort(j, have, &todo)...)
	tr.driftOfFlags(j, have, &todo)
	j.infoSet, j.portSet, j.change = todo.infoSet, todo.portSet, todo.change
	j.addActions(have)
	p.Err, _ = errors.AsType[*Error](tr.checkState(ctx, j, have))
	p.Info, p.Data = j.infoSet, j.dataSet()
	return p
}

// Permitted returns which settings of the kind of s are to be sent where those of
// changed differ from what the link has, or why that is refused.
func Permitted(s Spec, have *Link, changed attr.Set) (attr.Set, error) {
	tr := newTransaction(&Conn{}, "update")
	j := newJob(s.description(), tr.nsConns[0], nil)
	j.infoSet = changed
	err := tr.permitted(j, have)
	return j.infoSet, err
}

// RequireBondMode returns what is wrong with the settings of a bond in a mode.
func RequireBondMode(s Spec, mode BondMode) error {
	w := s.description()
	return w.Info.(*BondInfo).requireMode(w, mode)
}

// BondWithout returns the settings that bonds in a mode do not have.
func BondWithout(mode BondMode) attr.Set {
	return bondWithout(mode)
}

// MACsecSteps returns how many requests give a link that has the associations of
// have those of want.
func MACsecSteps(want, have *MACsecInfo) int {
	d := &macsecnl.Device{Index: 7, Suite: macsecnl.Suite(have.Cipher), TxSAs: wireSAs(have.TxSAs)}
	for _, c := range have.RxSCs {
		d.RxSCs = append(d.RxSCs, macsecnl.RxSC{SCI: macsecnl.SCI(c.SCI), Active: c.Active, SAs: wireSAs(c.SAs)})
	}
	return len(want.steps(d))
}

// anyKind is the builder of any kind, for in-package tests.
type anyKind struct {
	Common[anyKind]
}

// newAnyKind returns the builder for a link of a kind with settings of its own.
func newAnyKind(kind, name string, info any, set attr.Set) *anyKind {
	b := new(anyKind)
	*b.Own(b) = own.New(kind, name, info)
	b.spec.Set = set
	return b
}

// ReceiveBuffer makes Watch ask for a receive buffer of so many bytes, for the
// system's default if it is 0.
func ReceiveBuffer(bytes int) Filter {
	return func(f *filter) { f.buffer = bytes }
}

// Differences names what Watch would report as changed.
func Differences(old, now *Link) []string {
	return changes(new(attr.Codec), old, now)
}

// WholeChange returns the settings of the kind in the request that changes the link have,
// if a change of its kind carries all of them, and the MTU in the request, or 0.
func WholeChange(s Spec, have *Link) (data []byte, mtu uint32) {
	t := newTransaction(new(Conn), "update")
	j := newJob(s.description(), t.nsConns[0], nil)
	j.kind = &kind{info: j.kind.info, wholeChange: true}
	j.carryWhole(have)
	if j.linkSet.Has(uapi.IFLA_MTU) {
		mtu = j.spec.link.MTU
	}
	return t.appendData(nil, j, j.dataSet()), mtu
}

// DescribeAll puts the messages of a datagram of a generic netlink family, or of route
// netlink, into words as a trace does.
func DescribeAll(family string, sent bool, datagram []byte) (all []Message) {
	for m, err := range wire.Messages(datagram) {
		if err == nil {
			all = append(all, describe(rtnl.Datagram{Family: family, Sent: sent}, "", m))
		}
	}
	return all
}
