package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// rebuilt is a link as it was read, to be made once more.
type rebuilt struct {
	s *spec
}

func (r rebuilt) description() *spec { return r.s }
func (r rebuilt) clone() Spec        { return r }
func (r rebuilt) String() string     { return r.s.command() }

// circumstantial is what the kernel reports of every link and takes only in some
// states, or what a new link has in another namespace.
var circumstantial = attr.SetOf(uapi.IFLA_IFNAME, uapi.IFLA_LINK, uapi.IFLA_MASTER, uapi.IFLA_CARRIER, uapi.IFLA_OPERSTATE,
	uapi.IFLA_PROTO_DOWN)

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
