package iplink

import (
	"context"
	"errors"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/wire"
)

// Wanted returns what s holds, by pointer and by value.
func Wanted(s Spec) []any {
	w := s.description()
	return []any{w, *w}
}

// CheckSpec returns what is wrong with s before anything is sent.
func CheckSpec(s Spec, op string) error {
	return s.description().check(op)
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
	return Plan{Info: j.infoSet, Data: j.dataSet(), Body: tr.appendCreate(nil, j), Aside: j.generic() != nil, NeedsIndex: j.needsIndex()}
}

// PlanUpdate plans to change the link have to what s describes, without a kernel.
func PlanUpdate(ctx context.Context, s Spec, have *Link) (p Plan) {
	tr := newTransaction(&Conn{}, "update")
	j := newJob(s.description(), tr.nsConns[0], nil)
	p.Differences = tr.driftOfInfo(j, have)
	tr.driftOfFlags(j, have)
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
