package iplink

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
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
	if kind := s.description().Kind; kind == "" || kindOf(kind).hardware != "" {
		j.index = indexes[s.description().Name]
		t.addUpdate(j)
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
	return all[0].check("create")
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
	if aside := j.infoSet.And(j.genericSet); j.generic() != nil && !aside.Empty() {
		n++
	}
	return n, nil
}
