package iplink

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// SpecOf returns the builder that would make the link as it is: with the settings that the
// kernel reports and takes, as far as they are not known to be the default. Other links, such as the master, are named by their index. Addresses, routes, neighbours and
// settings of generic netlink, such as keys, are not part of a Link; Save adds the first
// three. For a physical link the builder is one for Update.
func SpecOf(l *Link) Spec {
	return describeAsIs(l, func(int) string { return "" })
}

// Save returns the builders that would make all links of the namespace as they are, with
// their addresses, routes and neighbours. See Conn.Save.
func Save(ctx context.Context) ([]Spec, error) {
	return withConn(func(c *Conn) ([]Spec, error) { return c.Save(ctx) })
}

// Save returns the builders that would make all links of the namespace as they are, in an
// order that allows to make them one after the other. Links refer to each other by name,
// and both ends of a pair in this namespace are one builder. Physical links and lo are
// Devices, for Update; fallback devices such as gre0 are left out. Forwarding entries,
// VLANs of ports, multicast entries and settings of generic netlink, such as keys, are not
// saved.
//
// The kernel reports links and addresses one after the other: if they change meanwhile,
// the result may be of no one moment.
func (c *Conn) Save(ctx context.Context) ([]Spec, error) {
	var s saving
	var err error
	if s.links, err = c.List(ctx); err != nil {
		return nil, err
	}
	if err := s.read(ctx, c); err != nil {
		return nil, err
	}
	s.specs = make(map[int]*copyBuilder, len(s.links))
	for _, l := range s.links {
		s.describe(l)
	}
	for _, l := range s.links {
		s.pair(l)
	}
	for _, l := range s.links {
		s.add(l.Index)
	}
	return s.sorted, nil
}

// A saving turns the links of a namespace into builders.
type saving struct {
	links  []*Link
	layer3 map[int]*layer3
	specs  map[int]*copyBuilder
	peers  map[int]int // from each end of a pair to the one that describes it
	sorted []Spec
}

// read reads the addresses, routes and neighbours that programs have added.
func (s *saving) read(ctx context.Context, c *Conn) error {
	addrs, err := c.ListAddrs(ctx)
	routes, errRoutes := c.ListRoutes(ctx)
	neighs, errNeighs := c.ListNeighs(ctx)
	if err := errors.Join(err, errRoutes, errNeighs); err != nil {
		return err
	}
	s.layer3 = map[int]*layer3{}
	for _, l := range s.links {
		all := new(layer3)
		for _, a := range addrs {
			if a.Index == l.Index && !inetnl.ByKernel(&a.Addr) && !(l.Type == HardwareLoopback && a.Prefix.Addr().IsLoopback()) {
				all.addrs = append(all.addrs, a.Addr)
			}
		}
		for _, r := range routes {
			if r.Index == l.Index && r.Proto != inet.RouteProtoKernel && r.Proto != inet.RouteProtoRA {
				all.routes = append(all.routes, r.Route)
			}
		}
		for _, n := range neighs {
			if n.Index == l.Index && inetnl.NeighByProgram(&n.Neigh, l.Address, l.Broadcast) {
				all.neighs = append(all.neighs, n.Neigh)
			}
		}
		s.layer3[l.Index] = all
	}
	return nil
}

// name returns the name of a link, or an empty string.
func (s *saving) name(index int) string {
	if i := slices.IndexFunc(s.links, func(l *Link) bool { return l.Index == index }); i >= 0 {
		return s.links[i].Name
	}
	return ""
}

func (s *saving) describe(l *Link) {
	if l.Fallback() {
		return
	}
	b := describeAsIs(l, s.name)
	b.spec.layer3 = *s.layer3[l.Index]
	s.specs[l.Index] = b
}

// pair makes the second end of a pair the peer of the first one.
func (s *saving) pair(l *Link) {
	if kindOf(l.Kind).peer == 0 || l.NetNSID >= 0 || l.Parent <= l.Index || s.specs[l.Parent] == nil {
		return
	}
	other := s.specs[l.Parent]
	other.spec.Info, other.spec.Set, other.spec.Refs = nil, attr.Set{}, nil // the first end has the settings of both
	s.specs[l.Index].spec.Peer = other
	if s.peers == nil {
		s.peers = map[int]int{}
	}
	s.peers[l.Parent] = l.Index
}

// add appends the builder of a link, behind the builders of the links that it refers to.
func (s *saving) add(index int) {
	if main, ok := s.peers[index]; ok {
		index = main
	}
	b := s.specs[index]
	if b == nil {
		return
	}
	delete(s.specs, index)
	for end := range ends([]*spec{&b.spec}) {
		for _, r := range slices.Concat(end.linkRefs, end.Refs) {
			if i := slices.IndexFunc(s.links, func(l *Link) bool { return l.Name == r.Name }); i >= 0 {
				s.add(s.links[i].Index)
			}
		}
	}
	s.sorted = append(s.sorted, b)
}

// describeAsIs returns the builder that would make the link as it is. The function returns
// the name of the link with an index, or an empty string to keep the index.
func describeAsIs(l *Link, name func(int) string) *copyBuilder {
	b := new(copyBuilder)
	b.Common.self = b
	s := specOf(l)
	s.index = 0
	s.linkSet = s.linkSet.Minus(usual(l))
	s.change = (s.flags ^ uint32(FlagMulticast)) & s.change
	if l.Kind == "" {
		s.linkSet = s.linkSet.Minus(attr.SetOf(uapi.IFLA_ADDRESS, uapi.IFLA_BROADCAST, uapi.IFLA_NUM_TX_QUEUES, uapi.IFLA_NUM_RX_QUEUES, uapi.IFLA_LINK))
		s.change = s.flags & uapi.IFF_UP
	}
	s.linkRefs = refsByName(s.linkSet, s.link.settable, name)
	if s.Info != nil {
		s.Set = unusual(s.Set, s.info().attrs, s.kind().defaults)
		s.Refs = refsByName(s.Set, s.info().attrs, name)
	}
	if s.port != nil {
		s.port.Set = unusual(s.port.Set, infoOf(s.port).attrs, kindOf(l.PortKind).portDefaults)
	}
	b.spec = *s
	if l.NetNSID >= 0 && (l.Parent != 0 || s.kind().tunnel) {
		b.LinkNetNSID(int(l.NetNSID))
	}
	return b
}

// usual returns the common settings of a link that have the value of every new link.
func usual(l *Link) (set attr.Set) {
	for typ, is := range map[uint16]bool{
		uapi.IFLA_GROUP:             l.Group == 0,
		uapi.IFLA_LINKMODE:          l.LinkMode == LinkModeDefault,
		uapi.IFLA_PROTO_DOWN:        !l.ProtoDown,
		uapi.IFLA_PROTO_DOWN_REASON: l.ProtoDownReason == 0,
		uapi.IFLA_MASTER:            l.Master == 0,
		uapi.IFLA_LINK:              l.Parent == 0,
		uapi.IFLA_IFALIAS:           l.Alias == "",
		uapi.IFLA_BROADCAST:         slices.Equal(l.Broadcast, net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
		uapi.IFLA_GSO_MAX_SIZE:      l.Offload.GSOMaxSize == 65536,
		uapi.IFLA_GSO_IPV4_MAX_SIZE: l.Offload.GSOMaxIPv4Size == 65536,
		uapi.IFLA_GSO_MAX_SEGS:      l.Offload.GSOMaxSegs == 65535,
		uapi.IFLA_GRO_MAX_SIZE:      l.Offload.GROMaxSize == 65536,
		uapi.IFLA_GRO_IPV4_MAX_SIZE: l.Offload.GROMaxIPv4Size == 65536,
	} {
		if is {
			set.Add(typ)
		}
	}
	return set
}

// unusual returns the rows of a table that differ from the defaults, which are words, and
// that have a value.
func unusual(set attr.Set, t attr.Table, defaults string) attr.Set {
	var c attr.Codec
	for typ := range set.All() {
		if text := string(appendRows(&c, nil, attr.SetOf(typ), t)); strings.HasSuffix(text, " ") || text != "" && strings.Contains(" "+defaults+" ", text+" ") {
			set.Remove(typ)
		}
	}
	return set
}

// refsByName returns references by name for the rows of a table that name another link.
func refsByName(set attr.Set, t attr.Table, name func(int) string) (refs []attr.Ref) {
	var c attr.Codec
	c.Describe(t, func(r attr.Row) {
		if r.Format != "ifindex" || !set.Has(r.Type) {
			return
		}
		if text := name(indexIn(new(attr.Codec).Value(r.Type, nil, t))); text != "" {
			refs = append(refs, attr.Ref{Type: r.Type, Name: text})
		}
	})
	return refs
}
