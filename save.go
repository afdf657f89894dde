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
// Save adds addresses, routes, neighbours, sysctls, forwarding entries and settings in
// generic netlink. Keys are in neither. For a physical link the builder is one for Update.
//
// The builder has the link-layer address in any case, because route netlink does not report
// whether the kernel chose it. Save finds that out.
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
// the permanent and static forwarding entries of bridges, their ports and VXLAN links,
// but none of a control plane (ExternLearn); the addresses of hosts in the filters of links
// that are no ports; and the settings in generic netlink: the contexts of GTP, the settings
// of batadv, the mode of a team, and of WireGuard and MACsec all but keys. Objects that the
// kernel makes by itself or has learned are left out, and so is a link-layer address that the
// kernel chose, at random or from another link, unless the link has ports and neighbours. The
// option bridge.Objects() adds VLANs and entries of multicast databases, and vxlan.Objects()
// the networks of links with VNIFilter.
//
// Not saved are keys, and MACsec associations, which need one; settings in generic netlink
// without CAP_NET_ADMIN, where the kernel demands it; routes of several links or gateways, or
// with properties that inet.Route does not have. The commands that String returns name them
// in a comment, behind "left out". Nor are options of single VLANs saved, the peers of ovpn
// links, settings of batadv and team ports, which Open manages; groups in the filter of a
// link, which programs and the kernel join alike; and everything that belongs to no link, such
// as nexthops and rules. The filter of a link may have addresses of links on top that are in
// other namespaces: they are saved as if a program had put them there.
//
// To know whether the kernel chose an address takes CAP_SYS_ADMIN, or a /sys of the same
// namespace: otherwise all addresses are saved.
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
	all, err := listLayer3(ctx, c, s.whole)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if !l.Fallback() {
			s.describe(l, all[l.Index])
		}
	}
	if err := errors.Join(s.readObjects(ctx, c, links), s.readSysctls(c, links), s.readGeneric(ctx, c, links), s.dropAddresses(c, links)); err != nil {
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

// A saving turns the links of a namespace into builders.
type saving struct {
	names   map[int]string
	indexes map[string]int
	specs   map[int]*copyBuilder // those that are not sorted yet
	peers   map[int]int          // from the second end of a pair to the first one
	masters map[int]bool         // those that have ports
	sorted  []Spec
	savers  []own.Saver
	whole   bool // with the settings of a new link, and no other addresses and so on
}

func (s *saving) describe(l *Link, all savedLayer3) {
	name := func(index int) string { return s.names[index] }
	b := describeAsIs(l, name)
	if s.whole {
		b = describeWhole(l, name)
	}
	b.addLayer3(l, all, s.whole)
	if s.masters[l.Index] { // joining ports may change it
		b.spec.linkSet.Add(uapi.IFLA_MTU)
	}
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
	if b.spec.Kind != "" && b.spec.kind().hardware == "" || b.spec.command() != b.spec.leftOutComment() {
		s.sorted = append(s.sorted, b)
	}
}

// describeAsIs returns the builder that would make the link as it is. The function returns
// the name of the link with an index, or an empty string to keep the index.
func describeAsIs(l *Link, name func(int) string) *copyBuilder {
	s := specOf(l)
	s.index = 0
	s.linkSet = s.linkSet.Minus(usual(l))
	s.change = (s.flags ^ newFlags(s.defaults())) & s.change
	if s.kind().address != "" { // the broadcast address is that one's counterpart
		s.linkSet.Remove(uapi.IFLA_BROADCAST)
	}
	if l.Kind == "" || s.kind().hardware != "" {
		s.linkSet = s.linkSet.Minus(attr.SetOf(uapi.IFLA_ADDRESS, uapi.IFLA_BROADCAST, uapi.IFLA_NUM_TX_QUEUES, uapi.IFLA_NUM_RX_QUEUES, uapi.IFLA_LINK))
		s.change = s.flags & uapi.IFF_UP
	}
	s.linkRefs = refsByName(s.linkSet, s.link.settable, name)
	if s.Info != nil {
		s.Set = unusual(s.Set, s.info().attrs, s.defaults())
		s.Refs = refsByName(s.Set, s.info().attrs, name)
	}
	if s.port != nil {
		s.port.Set = unusual(s.port.Set, infoOf(s.port).attrs, kindOf(l.PortKind).portDefaults)
	}
	s.linkSet = s.linkSet.Minus(s.usualSizes())
	b := newCopy(s)
	b.addGenMode(l)
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

// defaults returns the settings of a new link like the one of the spec, in words.
func (s *spec) defaults() string {
	if of := s.kind().defaultsOf; of != nil && s.info() != nil {
		return of(s.info())
	}
	return s.kind().defaults
}

// newFlags returns the flags of a new link with some defaults, as far as a builder sets
// them.
func newFlags(defaults string) uint32 {
	flags := uint32(uapi.IFF_MULTICAST)
	if hasWords(defaults, "multicast off") {
		flags = 0
	}
	if hasWords(defaults, "arp off") {
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
	words := s.defaults()
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

// Whole makes Save describe links wholly: also with the settings that every new link has and
// with link-layer addresses that the kernel chose, and so that Ensure removes addresses,
// routes, neighbours and alternative names that came since. It is for going back to a former
// state of links that still exist. VLANs and entries of databases that came since stay.
func Whole() SaveOption {
	return func(s *saving) { s.whole = true }
}

// describeWhole is describeAsIs with all settings that a link can be given again. Settings
// of the kind that no verb takes together are left out if every new link has them.
func describeWhole(l *Link, name func(int) string) *copyBuilder {
	s := specOf(l)
	s.index = 0
	s.linkSet = s.linkSet.Or(attr.SetOf(uapi.IFLA_MASTER, uapi.IFLA_IFALIAS)).Minus(attr.SetOf(uapi.IFLA_NUM_TX_QUEUES, uapi.IFLA_NUM_RX_QUEUES))
	if s.kind().address != "" || l.Kind == "" { // which cannot be set, or not in all drivers
		s.linkSet.Remove(uapi.IFLA_BROADCAST)
	}
	if l.Parent == 0 || l.Kind == "" {
		s.linkSet.Remove(uapi.IFLA_LINK)
	}
	if len(l.INET6.Conf()) > 0 && l.INET6.AddrGenMode != AddrGenStableSecret {
		s.inet6Set = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE)
	}
	s.linkRefs = refsByName(s.linkSet, s.link.settable, name)
	if s.Info != nil {
		s.Set = unusual(s.Set, s.info().attrs, "")
		if s.check("update", new(attr.Codec)) != nil {
			s.Set = unusual(s.Set, s.info().attrs, s.defaults())
		}
		s.Refs = refsByName(s.Set, s.info().attrs, name)
	}
	s.called |= calledOnly
	b := newCopy(s)
	if l.NetNSID >= 0 && (l.Parent != 0 || s.kind().tunnel) {
		b.LinkNetNSID(int(l.NetNSID))
	}
	return b
}

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
