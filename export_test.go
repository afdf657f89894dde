package iplink

import (
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
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
		t.jobs = append(t.jobs, &job{spec: &spec{kind: KindBridge}, at: t.places[0], index: index})
	}
	j := t.jobFor(s, nil, indexes)
	if kind := s.wanted().kind; kind == "" || kindOf(kind).hardware != "" {
		j.index = indexes[s.wanted().name]
		t.addUpdate(j)
	} else {
		t.addCreate(j)
		t.complete(j)
	}
	if j.peer != nil {
		t.complete(j.peer)
	}
	return t.places[0].messages()
}

func (t *transaction) jobFor(s Spec, main *job, indexes map[string]int) *job {
	j := newJob(s.wanted(), t.places[0], main)
	j.linkRefs, j.infoRefs = resolved(j.spec.linkRefs, indexes), resolved(j.spec.refs, indexes)
	if j.spec.port != nil {
		j.portRef = resolved(j.spec.port.refs, indexes)
	}
	if err := t.consider(j); err != nil {
		panic(err)
	}
	if j.spec.peer != nil {
		j.peer = t.jobFor(j.spec.peer, j, indexes)
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

func (p *place) messages() (all [][]byte) {
	for i := range p.batch.Len() {
		all = append(all, slices.Clone(p.batch.Bytes(i)))
	}
	return all
}

// Refusal returns what is wrong with a link to be made, before anything is
// sent.
func Refusal(s Spec) error {
	return s.wanted().check("create")
}
