package iplink

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An addrKey identifies an address of a link. The prefix length and the peer are part of
// it for IPv4 only.
type addrKey struct {
	local, peer netip.Addr
	bits        int
}

func addrSort() *objectSort[LinkAddr, addrKey] {
	return &objectSort[LinkAddr, addrKey]{
		op: "watch addresses", multicast: []uint32{uapi.RTNLGRP_IPV4_IFADDR, uapi.RTNLGRP_IPV6_IFADDR},
		added: uapi.RTM_NEWADDR, removed: uapi.RTM_DELADDR, get: uapi.RTM_GETADDR,
		parse: parseLinkAddr,
		lists: []func([]byte, int32) []byte{inetnl.AppendAddrList},
		link: func(a *LinkAddr, name func(int) string) int {
			a.Link = name(a.Index)
			a.Addr = inetnl.Unlabelled(a.Addr, a.Link)
			return a.Index
		},
		same: sameLinkAddr,
	}
}

func parseLinkAddr(_ *nsLinks, m wire.Message) []object[LinkAddr, addrKey] {
	a, index, ok := inetnl.ParseAddr(m.Data)
	if !ok {
		return nil
	}
	key := addrKey{local: a.Prefix.Addr()}
	if key.local.Is4() {
		key.peer, key.bits = a.Peer, a.Prefix.Bits()
	}
	return []object[LinkAddr, addrKey]{{index, key, LinkAddr{Index: index, Addr: a}}}
}

// sameLinkAddr ignores that limited lifetimes have become shorter.
func sameLinkAddr(a, b *LinkAddr) bool {
	x, y := *a, *b
	if runsDown(x.ValidLifetime, y.ValidLifetime) {
		y.ValidLifetime = x.ValidLifetime
	}
	if runsDown(x.PreferredLifetime, y.PreferredLifetime) {
		y.PreferredLifetime = x.PreferredLifetime
	}
	return x == y
}

func runsDown[D ~int64](old, now D) bool { return old != D(inet.Forever) && 0 < now && now < old }

func routeSort() *objectSort[LinkRoute, LinkRoute] {
	return &objectSort[LinkRoute, LinkRoute]{
		op: "watch routes", multicast: []uint32{uapi.RTNLGRP_IPV4_ROUTE, uapi.RTNLGRP_IPV6_ROUTE, uapi.RTNLGRP_IPV4_IFADDR, uapi.RTNLGRP_NEXTHOP},
		added: uapi.RTM_NEWROUTE, removed: uapi.RTM_DELROUTE, get: uapi.RTM_GETROUTE, ownNetNS: true,
		parse: parseLinkRoutes,
		lists: []func([]byte, int32) []byte{
			func(b []byte, _ int32) []byte { return inetnl.AppendRouteList(b, uapi.AF_INET) },
			func(b []byte, _ int32) []byte { return inetnl.AppendRouteList(b, uapi.AF_INET6) },
		},
		link:        func(r *LinkRoute, name func(int) string) int { r.Link = name(r.Index); return r.Index },
		same:        func(a, b *LinkRoute) bool { return *a == *b },
		unannounced: losesRoutes,
	}
}

func parseLinkRoutes(_ *nsLinks, m wire.Message) (all []object[LinkRoute, LinkRoute]) {
	for _, r := range inetnl.ParseRoute(m.Data) {
		x := LinkRoute{Index: r.Index, Route: r.Route, Shared: r.Shared}
		all = append(all, object[LinkRoute, LinkRoute]{r.Index, x, x})
	}
	return all
}

// losesRoutes reports whether routes change without an announcement. The kernel does not
// announce IPv4 routes that go because their link goes down or because it loses an
// address or a nexthop object, the route that another replaces, and most changes of
// routes with several gateways.
func losesRoutes(link *Event, m *wire.Message, found []object[LinkRoute, LinkRoute]) bool {
	if link != nil {
		return link.Kind == Removed || link.Kind == Changed && link.Old.Up() && !link.New.Up()
	}
	switch m.Type {
	case uapi.RTM_DELADDR, uapi.RTM_NEWNEXTHOP, uapi.RTM_DELNEXTHOP:
		return true
	case uapi.RTM_NEWROUTE, uapi.RTM_DELROUTE:
		return m.Flags&(uapi.NLM_F_REPLACE|uapi.NLM_F_APPEND) != 0 || len(found) > 1 || len(found) == 1 && found[0].value.Shared
	}
	return false
}

// A neighKey identifies a neighbour of a link, or an entry of a forwarding database. The
// remote end is part of it where a VXLAN link sends frames to several.
type neighKey struct {
	addr   netip.Addr
	proxy  bool
	mac    [6]byte
	vlan   uint16
	self   bool
	srcVNI uint32
	remote fdbRemote
}

type fdbRemote struct {
	dst     netip.Addr
	port    uint16
	vni     uint32
	via     int
	nextHop uint32
}

func neighSort() *objectSort[NeighEntry, neighKey] {
	return &objectSort[NeighEntry, neighKey]{
		op: "watch neighbours", multicast: []uint32{uapi.RTNLGRP_NEIGH},
		added: uapi.RTM_NEWNEIGH, removed: uapi.RTM_DELNEIGH, get: uapi.RTM_GETNEIGH, ownNetNS: true,
		parse: parseNeighEntry,
		lists: []func([]byte, int32) []byte{
			func(b []byte, _ int32) []byte { return inetnl.AppendNeighList(b, uapi.AF_UNSPEC, 0) },
			func(b []byte, _ int32) []byte { return inetnl.AppendNeighList(b, uapi.AF_UNSPEC, inet.NeighProxy) },
			func(b []byte, _ int32) []byte { return inetnl.AppendNeighList(b, uapi.AF_BRIDGE, 0) },
		},
		link:     nameNeighEntry,
		same:     sameNeighEntry,
		doubtful: losesRemote,
	}
}

// losesRemote reports whether an entry of a VXLAN link has no remote end any more. The
// kernel announces that, wrongly, when the remote end was replaced.
func losesRemote(old, now *NeighEntry) bool {
	return old.FDB != nil && now.FDB != nil && old.FDB.Dst.IsValid() && !now.FDB.Dst.IsValid()
}

func nameNeighEntry(n *NeighEntry, name func(int) string) int {
	n.Link = name(n.Index)
	if n.FDB != nil {
		e := *n.FDB // the value that was reported stays as it is
		e.Port = n.Link
		if !e.HasLinkNetNSID {
			e.Via = name(e.ViaIndex)
		}
		n.FDB = &e
	}
	return n.Index
}

// sameNeighEntry ignores the times since an entry was used.
func sameNeighEntry(a, b *NeighEntry) bool {
	if a.Link != b.Link || a.Index != b.Index || (a.Neigh == nil) != (b.Neigh == nil) {
		return false
	}
	if a.Neigh != nil {
		return a.Neigh.State == b.Neigh.State && a.Neigh.Flags == b.Neigh.Flags && bytes.Equal(a.Neigh.LLAddr, b.Neigh.LLAddr)
	}
	x, y := *a.FDB, *b.FDB
	x.MAC, x.Used, x.Updated, y.MAC, y.Used, y.Updated = nil, 0, 0, nil, 0, 0
	return sameFDB(&x, &y)
}

func sameFDB(x, y *fdb.Entry) bool {
	return x.PortIndex == y.PortIndex && x.Port == y.Port && x.State == y.State && x.Flags == y.Flags && x.Dst == y.Dst && x.DstPort == y.DstPort &&
		x.VNI == y.VNI && x.ViaIndex == y.ViaIndex && x.NextHop == y.NextHop && x.Notify == y.Notify && x.Inactive == y.Inactive
}

func parseNeighEntry(s *nsLinks, m wire.Message) []object[NeighEntry, neighKey] {
	if m.Type == uapi.RTM_GETNEIGH {
		return parseMiss(m)
	}
	if n, index, ok := inetnl.ParseNeigh(m.Data); ok {
		if n.State == inet.NeighNoARP {
			return nil // the kernel does not announce those that it makes, for multicast and on tunnels
		}
		key := neighKey{addr: n.Addr, proxy: n.Flags&inet.NeighProxy != 0}
		return []object[NeighEntry, neighKey]{{index, key, NeighEntry{Index: index, Neigh: &n}}}
	}
	e, ok := fdbmsg.Parse(m.Data, s.nameOf)
	if !ok {
		return nil
	}
	owner, tunnel := fdbmsg.MasterOf(m.Data), s.links[e.PortIndex] != nil && kindOf(s.links[e.PortIndex].Kind).entries
	if e.Flags&fdb.Master == 0 || owner == 0 {
		if !tunnel {
			return nil // an address filter, whose changes the kernel does not announce
		}
		owner = e.PortIndex
	}
	key := neighKey{vlan: e.VLAN, srcVNI: e.SrcVNI, self: owner == e.PortIndex && tunnel}
	copy(key.mac[:], e.MAC)
	if key.self && severalRemotes(e.MAC) {
		key.remote = fdbRemote{e.Dst, e.DstPort, e.VNI, e.ViaIndex, e.NextHop}
	}
	return []object[NeighEntry, neighKey]{{owner, key, NeighEntry{Index: e.PortIndex, FDB: &e}}}
}

// parseMiss decodes a notice of a VXLAN link. If a MAC is missing, it says only that, and
// the address family is IPv4's.
func parseMiss(m wire.Message) []object[NeighEntry, neighKey] {
	index, addr, mac := inetnl.ParseMiss(m.Data)
	switch {
	case addr.IsValid():
		return []object[NeighEntry, neighKey]{{value: NeighEntry{Index: index, Neigh: &inet.Neigh{Addr: addr}}}}
	case len(mac) > 0:
		return []object[NeighEntry, neighKey]{{value: NeighEntry{Index: index, FDB: &fdb.Entry{MAC: mac, PortIndex: index}}}}
	}
	return nil
}

// severalRemotes reports whether a VXLAN link may send frames to the address to several
// remote ends: all zeros or multicast.
func severalRemotes(mac []byte) bool {
	return len(mac) > 0 && mac[0]&1 != 0 || !slices.ContainsFunc(mac, func(b byte) bool { return b != 0 })
}
