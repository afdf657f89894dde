package iplink

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Difference is a setting of a link that differs from the wanted one.
type Difference struct {
	// Attr is the name of the setting, in iproute2's word.
	Attr string
	// Have is the present value and Want the wanted value, in iproute2's words. An
	// empty string stands for no value.
	Have, Want string
	// Immutable reports that the setting cannot change on an existing link.
	Immutable bool
}

// String returns the difference in one line, such as "mtu: have 1500, want 9000".
func (d Difference) String() string {
	return attr.Printable(fmt.Sprintf("%s: have %s, want %s", d.Attr, orNone(d.Have), orNone(d.Want)))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// Diff compares a link with spec and returns the settings that differ. It compares
// only settings that spec sets, and changes nothing. If the link does not exist, the
// error matches fs.ErrNotExist; if it is of another kind, the error matches ErrKind. For
// an Absent or a Prune the result has a "name" for each link that is to be deleted.
//
// Diff omits settings that the kernel does not report, and actions such as
// Bridge.FlushFDB.
func (c *Conn) Diff(ctx context.Context, spec Spec) ([]Difference, error) {
	if err := c.unready(ctx, "diff"); err != nil {
		return nil, err
	}
	e := newEnsurePlan(c, "diff")
	defer e.close()
	switch {
	case isAbsence(spec):
		return e.diffAbsence(ctx, spec)
	case isNamespace(spec):
		return nil, e.diffNamespace(spec)
	}
	if err := e.plan(ctx, []Spec{spec}); err != nil {
		return nil, err
	}
	return e.items[0].all(), nil
}

// driftOfSettings compares the settings of the link itself, of its kind and of its
// IPv6 part, and its index and name.
func (t *transaction) driftOfSettings(ctx context.Context, j *job, have *Link, p *pending) ([]Difference, error) {
	s := j.spec
	diffs, err := t.driftOfLink(ctx, j, have, p)
	if err != nil {
		return nil, err
	}
	diffs = append(diffs, t.driftOfInfo(j, have, p)...)
	diffs = append(diffs, t.driftOfPort(j, have, p)...)
	diffs = append(diffs, t.driftOfFlags(j, have, p)...)
	if s.index != 0 && s.index != have.Index {
		diffs = append(diffs, Difference{Attr: "index", Have: fmt.Sprint(have.Index), Want: fmt.Sprint(s.index), Immutable: true})
	}
	if s.newName != "" && s.newName != have.Name {
		diffs = append(diffs, Difference{Attr: "name", Have: have.Name, Want: s.newName})
	}
	return diffs, nil
}

func (t *transaction) driftOfLink(ctx context.Context, j *job, have *Link, p *pending) ([]Difference, error) {
	s := j.spec
	all := t.codec.CompareReported(s.linkSet.Minus(requests.Or(j.kind.rewrites)), have.raw.common, j.linkRefs, s.link.settable, have.settable)
	misplaced, err := t.misplaced(ctx, j, have)
	if err != nil {
		return nil, err
	}
	same, err := t.rightlyDifferent(ctx, j, have, all, misplaced)
	if err != nil {
		return nil, err
	}
	if j.made && !j.kind.parent {
		same.Add(uapi.IFLA_LINK)
	}
	if j.hasOwnAddress(have) {
		same.Add(uapi.IFLA_ADDRESS)
	}
	all = slices.DeleteFunc(all, func(d attr.Difference) bool { return same.Has(d.Type) })
	p.linkSet, p.clamped = typesOf(all), same.Has(uapi.IFLA_MTU)
	var diffs []Difference
	if len(all) > 0 {
		diffs = t.describe(j, all, uapi.IFLA_LINK, t.nsConnOfLower(j.at, have), j.linkRefs, s.link.settable, have.settable)
	}
	if misplaced && !same.Has(uapi.IFLA_LINK) {
		diffs = append(diffs, t.driftOfNetNS(j, have))
	}
	if s.inet6Set.Empty() {
		return diffs, nil
	}
	inet6 := t.codec.Compare(s.inet6Set, nil, s.link.INET6.attrs, have.INET6.attrs)
	p.inet6Set = typesOf(inet6)
	return append(diffs, t.describe(j, inet6, 0, nil, nil, s.link.INET6.attrs, have.INET6.attrs)...), nil
}

// rightlyDifferent returns the rows in which the kernel correctly reports another
// value than it was given. One is the parent: if the named parent is of the same
// family, the link sits on the link below that parent. The other is an MTU that the
// link below cannot carry: it is lowered when a link is created, and so by Ensure,
// but refused in a change.
func (t *transaction) rightlyDifferent(ctx context.Context, j *job, have *Link, all []attr.Difference, misplaced bool) (attr.Set, error) {
	var same attr.Set
	differ := typesOf(all)
	if differ.Has(uapi.IFLA_LINK) && j.hidesParent(have) {
		same.Add(uapi.IFLA_LINK)
	} else if misplaced || differ.Has(uapi.IFLA_LINK) {
		below, err := t.sitsBelow(ctx, j, have)
		if err != nil {
			return same, err
		}
		if below {
			same.Add(uapi.IFLA_LINK)
		}
	}
	if differ.Has(uapi.IFLA_MTU) && j.kind.clamps && t.op != "update" && have.MTU < j.spec.link.MTU && !misplaced {
		if j.made {
			same.Add(uapi.IFLA_MTU)
			return same, nil
		}
		clamped, err := t.clamped(ctx, j, have)
		if err != nil {
			return same, err
		}
		if clamped {
			same.Add(uapi.IFLA_MTU)
		}
	}
	return same, nil
}

// hidesParent reports whether the kernel omits the parent of a link because it has the
// same index in another namespace as the link in its own. A kind that reports the id of
// the parent's namespace reports the parent as well.
func (j *job) hidesParent(have *Link) bool {
	index, ok := refIndex(j.linkRefs, uapi.IFLA_LINK, j.spec.link.Parent)
	return ok && have.Parent == 0 && index == have.Index && j.under != j.at
}

// hasOwnAddress reports whether the wanted link-layer address is the one that the link
// had before it joined its master, which gave it another one.
func (j *job) hasOwnAddress(l *Link) bool {
	own := kindOf(l.PortKind).ownAddress
	port, ok := l.PortInfo.(info)
	return ok && own != nil && j.spec.linkSet.Has(uapi.IFLA_MASTER) && bytes.Equal(own(port), j.spec.link.Address)
}

// clamped reports whether the MTU is the largest that the underlay can carry.
func (t *transaction) clamped(ctx context.Context, j *job, have *Link) (bool, error) {
	i, ok := have.Info.(info)
	if !ok || j.kind.underlayOf == nil || j.under == nil {
		return false, nil
	}
	index := j.kind.underlayOf(i)
	if index == 0 {
		return false, nil
	}
	under, err := j.under.readIndex(ctx, index)
	if err != nil {
		return false, j.spec.failed(t.op, "dev", err)
	}
	return slices.ContainsFunc(j.kind.overheads, func(bytes uint32) bool { return have.MTU == under.MTU-bytes }), nil
}

func (t *transaction) driftOfInfo(j *job, have *Link, p *pending) []Difference {
	s := j.spec
	i, ok := s.known(have)
	if !ok || s.Info == nil {
		p.infoSet = s.Set
		return nil
	}
	if j.isNew() && t.unprovable(s) {
		return nil
	}
	all := t.compareInfo(j, have, i)
	if len(all) == 0 {
		return nil
	}
	p.infoSet = typesOf(all)
	j.markFixed(all, i, p.infoSet)
	return j.itemise(i, t.describe(j, all, s.kind().underlay, t.nsConnOfLower(j.at, have), j.infoRefs, s.info().attrs, i.attrs))
}

func (t *transaction) driftOfPort(j *job, have *Link, p *pending) []Difference {
	s := j.spec
	if s.port == nil {
		return nil
	}
	port, ok := have.PortInfo.(info)
	if !ok || have.PortKind != s.port.Kind {
		port = newPortInfo(s.port.Kind)
	}
	all := t.comparePort(j, have, port)
	if len(all) == 0 {
		return nil
	}
	p.portSet = typesOf(all)
	return t.describe(j, all, 0, nil, j.portRef, infoOf(s.port).attrs, port.attrs)
}

// markFixed marks the differences that the kernel cannot resolve because of the
// present settings of the link.
func (j *job) markFixed(all []attr.Difference, have info, changed attr.Set) {
	if j.kind.fixed == nil || len(all) == 0 {
		return
	}
	fixed := j.kind.fixed(j, have, changed)
	for i := range all {
		all[i].CreateOnly = all[i].CreateOnly || fixed.Has(all[i].Type)
	}
}

// compareInfo compares the settings of a kind with the settings of a
// link, as far as the kernel reports them.
func (t *transaction) compareInfo(j *job, l *Link, have info) []attr.Difference {
	set := j.spec.Set.Minus(j.late)
	if raw, ok := have.(*rawSettings); ok {
		set = set.And(raw.types())
	} else if j.kind.info != nil {
		set = set.Minus(j.kind.table().Same(set, j.spec.Info, have))
	}
	return t.codec.CompareReported(set, l.raw.info, j.infoRefs, j.spec.info().attrs, have.attrs)
}

// comparePort compares the port settings of a job with the settings of a link.
func (t *transaction) comparePort(j *job, l *Link, have info) []attr.Difference {
	p := j.spec.port
	return t.codec.CompareReported(p.Set, l.raw.port, j.portRef, infoOf(p).attrs, have.attrs)
}

func typesOf(diffs []attr.Difference) attr.Set {
	var set attr.Set
	for _, d := range diffs {
		set.Add(d.Type)
	}
	return set
}

// describe converts differing rows to Differences. The row lower names the lower
// link, which may be in another namespace, below; 0 if there is no such row.
func (t *transaction) describe(j *job, all []attr.Difference, lower uint16, below *nsConn, refs []attr.Ref, want, have attr.Table) []Difference {
	var diffs []Difference
	for _, d := range all {
		at := j.at
		if d.Type == lower {
			at = below
		}
		diffs = append(diffs, Difference{
			Attr:      d.Name,
			Want:      t.codec.Value(d.Type, refs, want),
			Have:      at.linkName(t.codec.Value(d.Type, nil, have)),
			Immutable: d.CreateOnly,
		})
	}
	return diffs
}

// linkName replaces "if7" by the name of the link with that index, if it exists. The
// namespace p may be nil if it is unknown.
func (p *nsConn) linkName(text string) string {
	index := indexIn(text)
	if p == nil || index == 0 {
		return text
	}
	if name, err := rtnl.NameOf(p.rt, index); err == nil {
		return name
	}
	return text
}

// indexIn returns the index in a word such as "if7", or 0.
func indexIn(text string) int {
	digits, is := strings.CutPrefix(text, "if")
	index, err := strconv.Atoi(digits)
	if !is || err != nil || strconv.Itoa(index) != digits {
		return 0
	}
	return index
}

// flagNames are the interface flags that a builder can set.
var flagNames = []struct {
	flag    uint32
	name    string
	on, off string
}{
	{uapi.IFF_UP, "state", "up", "down"},
	{uapi.IFF_NOARP, "arp", "off", "on"},
	{uapi.IFF_MULTICAST, "multicast", "on", "off"},
	{uapi.IFF_ALLMULTI, "allmulticast", "on", "off"},
	{uapi.IFF_PROMISC, "promisc", "on", "off"},
	{uapi.IFF_DYNAMIC, "dynamic", "on", "off"},
}

func (t *transaction) driftOfFlags(j *job, have *Link, p *pending) []Difference {
	var diffs []Difference
	differ := (uint32(have.Flags) ^ j.spec.flags) & j.spec.change
	if j.raised() && (t.op != "update" && have.Master == j.master() || j.joined) {
		differ &^= uapi.IFF_UP
	}
	p.change = differ
	for _, f := range flagNames {
		d := Difference{Attr: f.name, Have: f.off, Want: f.on}
		if uint32(have.Flags)&f.flag != 0 {
			d.Have, d.Want = f.on, f.off
		}
		if differ&f.flag != 0 {
			diffs = append(diffs, d)
		}
	}
	return diffs
}

func (t *transaction) driftOfAltNames(_ context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	for _, name := range j.spec.altNames {
		if !slices.Contains(have.AltNames, name) && !slices.Contains(p.altNames, name) {
			p.altNames = append(p.altNames, name)
			diffs = append(diffs, Difference{Attr: "altname", Want: name})
		}
	}
	return diffs, nil
}

// immutableText describes the differences that cannot be resolved.
func immutableText(diffs []Difference) string {
	var all []string
	for _, d := range diffs {
		if d.Immutable {
			all = append(all, d.String())
		}
	}
	return strings.Join(all, "; ")
}

// listImmutable returns the names of the settings that cannot change.
func listImmutable(diffs []Difference) string {
	var names []string
	for _, d := range diffs {
		if d.Immutable {
			names = append(names, d.Attr)
		}
	}
	return strings.Join(names, ", ")
}

// requests are the settings that request a transition, which may not happen.
var requests = attr.SetOf(uapi.IFLA_OPERSTATE)

func asked(want, have string) string {
	return fmt.Sprintf("asked for %s, the kernel reports %s", orNone(want), orNone(have))
}
