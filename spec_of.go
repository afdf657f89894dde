package iplink

import (
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A copyBuilder describes a link as it is.
type copyBuilder struct{ Common[copyBuilder] }

func newCopy(s *spec) *copyBuilder {
	b := new(copyBuilder)
	b.Common.self = b
	b.spec = *s
	return b
}

// byPrograms removes the addresses, routes and neighbours of a link that the kernel makes
// by itself.
func (l layer3) byPrograms(of *Link) layer3 {
	l.addrs = slices.DeleteFunc(l.addrs, func(x inet.Addr) bool { return inetnl.ByKernel(&x) })
	l.routes = slices.DeleteFunc(l.routes, func(x inet.Route) bool { return x.Proto == inet.RouteProtoKernel })
	l.neighs = slices.DeleteFunc(l.neighs, func(x inet.Neigh) bool { return !inetnl.NeighByProgram(&x, of.Address, of.Broadcast) })
	return l
}

// specOf describes a link by all settings that the kernel has reported and takes.
func specOf(l *Link) *spec {
	s := &spec{Settings: own.New(l.Kind, l.Name, nil), link: l, linkSet: settableOf(l.settable, l.raw.common)}
	s.index, s.altNames = l.Index, l.AltNames
	s.linkSet = s.linkSet.Minus(attr.SetOf(uapi.IFLA_IFNAME, uapi.IFLA_CARRIER, uapi.IFLA_OPERSTATE))
	if !l.ProtoDown {
		s.linkSet.Remove(uapi.IFLA_PROTO_DOWN)
	}
	if k := kinds[l.Kind]; k != nil && !k.parent {
		s.linkSet.Remove(uapi.IFLA_LINK) // an underlay or another end, which is a setting of the kind
	}
	if s.kind().parentDev == "" {
		s.linkSet.Remove(uapi.IFLA_PARENT_DEV_NAME) // which follows from the link below
	}
	if isZero(l.Address) || s.kind().address != "" {
		s.linkSet.Remove(uapi.IFLA_ADDRESS)
	}
	s.flags, s.change = uint32(l.Flags), uapi.IFF_UP|uapi.IFF_NOARP|uapi.IFF_MULTICAST|uapi.IFF_ALLMULTI|uapi.IFF_PROMISC|uapi.IFF_DYNAMIC
	if i, ok := l.Info.(info); ok {
		s.Info, s.Set = copyOf(i), settableOf(i.attrs, l.raw.info)
		if copied := s.kind().copied; copied != nil {
			copied(l, &s.Settings)
		}
	}
	if p, ok := l.PortInfo.(info); ok {
		s.port = &own.Settings{Kind: l.PortKind, Info: copyOf(p), Set: settableOf(p.attrs, l.raw.port)}
	}
	return s
}

// settableOf returns the reported rows of a table that can be set.
func settableOf(t attr.Table, reported attr.Set) (set attr.Set) {
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.Settable() && r.Readable() && reported.Has(r.Type) {
			set.Add(r.Type)
		}
	})
	return set
}
