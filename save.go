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
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// SpecOf returns the builder that would make the link as it is: with the settings that the
// kernel reports and takes, as far as they are not known to be the default. Other links,
// such as the master, are named by their index. The builder has the settings of every link,
// of its kind and as a port, and the alternative names. All else is not part of a Link:
// Save adds addresses, routes, neighbours, sysctls and forwarding entries. Keys are in
// neither. For a physical link the builder is one for Update.
func SpecOf(l *Link) Spec {
	return describeAsIs(l, func(int) string { return "" })
}

// Save returns the builders that would make all links of the calling thread's namespace as
// they are. See Conn.Save.
func Save(ctx context.Context, options ...SaveOption) ([]Spec, error) {
	return withConn(func(c *Conn) ([]Spec, error) { return c.Save(ctx, options...) })
}

// Save returns the builders that would make all links of the namespace as they are, in an
// order that allows to make them one after the other. Links refer to each other by name,
// and both ends of a pair in this namespace are one builder. Physical links and lo are
// Devices, for Update, if there is something to set; fallback devices such as gre0 are left
// out.
//
// Saved are the settings of SpecOf; addresses, routes and neighbours; settings of IP that
// differ from net.ipv4.conf.default and net.ipv6.conf.default, as far as there is a /proc;
// and the permanent and static forwarding entries of bridges, their ports and VXLAN links,
// but none of a control plane (ExternLearn). Objects that the kernel makes by itself or has
// learned are left out. The option bridge.Objects() adds VLANs and entries of multicast
// databases, and vxlan.Objects() the networks of links with VNIFilter.
//
// Not saved are settings of generic netlink, such as keys, except the mode of a team if the
// program has CAP_NET_ADMIN; options of single VLANs; addresses in the filter of a link,
// because the kernel does not report whether a program put them there; and everything that
// belongs to no link, such as nexthops and rules.
//
// Commands for entries of multicast databases name ports that later builders make: Ensure and
// Create need all builders in one call. A forwarding entry of a port without a VLAN is made
// for each VLAN of the port, even if it was for fewer.
//
// The kernel reports one sort of object after the other: if they change meanwhile, the
// result may be of no one moment.
func (c *Conn) Save(ctx context.Context, options ...SaveOption) ([]Spec, error) {
	links, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	s := saving{names: map[int]string{}, indexes: map[string]int{}, specs: map[int]*copyBuilder{}, peers: map[int]int{}, masters: map[int]bool{}}
	for _, o := range options {
		if o != nil {
			o(&s)
		}
	}
	for _, l := range links {
		s.names[l.Index], s.indexes[l.Name], s.masters[l.Master] = l.Name, l.Index, true
	}
	all, err := listLayer3(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if !l.Fallback() {
			s.describe(l, all[l.Index])
		}
	}
	if err := errors.Join(s.readObjects(ctx, c, links), s.readSysctls(c, links), s.readGeneric(ctx, c, links)); err != nil {
		return nil, err
	}
	for _, l := range links {
		s.pair(l)
	}
	for _, l := range links {
		s.add(l.Index)
	}
	return s.sorted, nil
}

// listLayer3 reads the addresses, routes and neighbours of all links, by index.
func listLayer3(ctx context.Context, c *Conn) (map[int]layer3, error) {
	addrs, err := c.ListAddrs(ctx)
	routes, errRoutes := c.ListRoutes(ctx)
	neighs, errNeighs := c.ListNeighs(ctx)
	all := map[int]layer3{}
	for _, a := range addrs {
		of := all[a.Index]
		of.addrs = append(of.addrs, a.Addr)
		all[a.Index] = of
	}
	for _, r := range routes {
		of := all[r.Index]
		of.routes = append(of.routes, r.Route)
		all[r.Index] = of
	}
	for _, n := range neighs {
		of := all[n.Index]
		of.neighs = append(of.neighs, n.Neigh)
		all[n.Index] = of
	}
	return all, errors.Join(err, errRoutes, errNeighs)
}

// A saving turns the links of a namespace into builders.
type saving struct {
	names   map[int]string
	indexes map[string]int
	specs   map[int]*copyBuilder // those that are not sorted yet
	peers   map[int]int          // from the second end of a pair to the first one
	masters map[int]bool         // those that have ports
	sorted  []Spec
	savers  []own.Saver
}

func (s *saving) describe(l *Link, all layer3) {
	b := describeAsIs(l, func(index int) string { return s.names[index] })
	b.spec.layer3 = all.byPrograms(l)
	if l.Type == HardwareLoopback { // the kernel adds its address when it comes up
		b.spec.addrs = slices.DeleteFunc(b.spec.addrs, func(a inet.Addr) bool { return a.Prefix.Addr().IsLoopback() })
	}
	if s.masters[l.Index] { // joining ports may change it
		b.spec.linkSet.Add(uapi.IFLA_MTU)
	}
	for i := range b.spec.addrs {
		if a := &b.spec.addrs[i]; a.ValidLifetime == inet.Forever && a.PreferredLifetime == inet.Forever {
			a.ValidLifetime, a.PreferredLifetime = 0, 0 // the default
		}
	}
	b.spec.routes = slices.DeleteFunc(b.spec.routes, func(r inet.Route) bool { return inetnl.RouteByKernel(&r) })
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
			s.add(s.indexes[r.Name]) // 0, which no link has, for a reference by index
		}
		for _, name := range end.objectNames() {
			s.add(s.indexes[name])
		}
	}
	if b.spec.Kind != "" || b.spec.command() != "" {
		s.sorted = append(s.sorted, b)
	}
}

// describeAsIs returns the builder that would make the link as it is. The function returns
// the name of the link with an index, or an empty string to keep the index.
func describeAsIs(l *Link, name func(int) string) *copyBuilder {
	s := specOf(l)
	s.index = 0
	s.linkSet = s.linkSet.Minus(usual(l))
	s.change = (s.flags ^ s.kind().newFlags()) & s.change
	if s.kind().address != "" { // the broadcast address is that one's counterpart
		s.linkSet.Remove(uapi.IFLA_BROADCAST)
	}
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
	s.linkSet = s.linkSet.Minus(s.usualSizes())
	b := newCopy(s)
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

// sizes are the common settings whose defaults differ between kinds.
var sizes = attr.SetOf(uapi.IFLA_MTU, uapi.IFLA_TXQLEN, uapi.IFLA_NUM_TX_QUEUES, uapi.IFLA_NUM_RX_QUEUES)

// withoutARP are the flags of a new link of a kind without neighbour discovery and
// multicast.
const withoutARP = "arp off multicast off"

// newFlags returns the flags of a new link, as far as a builder sets them.
func (k *kind) newFlags() uint32 {
	flags := uint32(uapi.IFF_MULTICAST)
	if hasWords(k.defaults, "multicast off") {
		flags = 0
	}
	if hasWords(k.defaults, "arp off") {
		flags |= uapi.IFF_NOARP
	}
	return flags
}

// hasWords reports whether a text has some words in a row.
func hasWords(text, words string) bool {
	return strings.Contains(" "+text+" ", " "+words+" ")
}

// usualSizes returns the sizes that every new link of the kind has. The MTU counts only if
// no other link and no route to an address had a part in it.
func (s *spec) usualSizes() attr.Set {
	usual := sizes
	switch {
	case s.Kind == "" && s.link.Type != HardwareLoopback, s.kind() == &noKind && s.Kind != "":
		return attr.Set{}
	case s.link.Master != 0 || s.kind().parent || s.namesOthers():
		usual.Remove(uapi.IFLA_MTU)
	}
	return usual.Minus(unusual(usual, s.link.settable, s.newSizes()))
}

// namesOthers reports whether a setting of the kind names another link or an address.
func (s *spec) namesOthers() (names bool) {
	if s.Info == nil {
		return false
	}
	new(attr.Codec).Describe(s.info().attrs, func(r attr.Row) {
		names = names || s.Set.Has(r.Type) && (r.Format == "ifindex" || strings.HasPrefix(r.Format, "ip"))
	})
	return names
}

// newSizes returns the sizes of a new link in words. The kind may have other ones than most.
func (s *spec) newSizes() string {
	words := s.kind().defaults
	mtu := "mtu 1500"
	if s.Kind == "" {
		mtu = "mtu 65536" // of lo
	}
	for _, size := range []string{mtu, "txqueuelen 1000", "numtxqueues 1", "numrxqueues 1"} {
		if name, _, _ := strings.Cut(size, " "); !hasWords(words, name) {
			words += " " + size
		}
	}
	return words
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
