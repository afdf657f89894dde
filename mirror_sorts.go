package iplink

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An addrKey identifies an address of a link. The prefix length and the peer are part of
// it for IPv4 only.
type addrKey struct {
	local, peer netip.Addr
	bits        int
}

func addrSort() *own.Sort[LinkAddr, addrKey] {
	return &own.Sort[LinkAddr, addrKey]{
		Op: "watch addresses", Groups: []uint32{uapi.RTNLGRP_IPV4_IFADDR, uapi.RTNLGRP_IPV6_IFADDR},
		Added: uapi.RTM_NEWADDR, Removed: uapi.RTM_DELADDR, Get: uapi.RTM_GETADDR,
		Parse: parseLinkAddr,
		Lists: []func([]byte, int32) []byte{inetnl.AppendAddrList},
		Link: func(a *LinkAddr, name func(int) string) int {
			a.Link = name(a.Index)
			a.Addr = inetnl.Unlabelled(a.Addr, a.Link)
			return a.Index
		},
		Same: sameLinkAddr,
	}
}

func parseLinkAddr(_ own.Links, m wire.Message) []own.Watched[LinkAddr, addrKey] {
	a, index, ok := inetnl.ParseAddr(m.Data)
	if !ok {
		return nil
	}
	key := addrKey{local: a.Prefix.Addr()}
	if key.local.Is4() {
		key.peer, key.bits = a.Peer, a.Prefix.Bits()
	}
	return []own.Watched[LinkAddr, addrKey]{{Owner: index, Key: key, Value: LinkAddr{Index: index, Addr: a}}}
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

func routeSort() *own.Sort[LinkRoute, LinkRoute] {
	return &own.Sort[LinkRoute, LinkRoute]{
		Op: "watch routes", Groups: []uint32{uapi.RTNLGRP_IPV4_ROUTE, uapi.RTNLGRP_IPV6_ROUTE, uapi.RTNLGRP_IPV4_IFADDR, uapi.RTNLGRP_NEXTHOP},
		Added: uapi.RTM_NEWROUTE, Removed: uapi.RTM_DELROUTE, Get: uapi.RTM_GETROUTE, OwnNetNS: true,
		Parse: parseLinkRoutes,
		Lists: []func([]byte, int32) []byte{
			func(b []byte, _ int32) []byte { return inetnl.AppendRouteList(b, uapi.AF_INET) },
			func(b []byte, _ int32) []byte { return inetnl.AppendRouteList(b, uapi.AF_INET6) },
		},
		Link:  func(r *LinkRoute, name func(int) string) int { r.Link = name(r.Index); return r.Index },
		Same:  func(a, b *LinkRoute) bool { return *a == *b },
		Hints: hintsAtRoutes, Affected: losesRoutes,
	}
}

func parseLinkRoutes(_ own.Links, m wire.Message) (all []own.Watched[LinkRoute, LinkRoute]) {
	for _, r := range inetnl.ParseRoute(m.Data) {
		x := LinkRoute{Index: r.Index, Route: r.Route, Shared: r.Shared}
		all = append(all, own.Watched[LinkRoute, LinkRoute]{Owner: r.Index, Key: x, Value: x})
	}
	return all
}

// losesRoutes reports whether routes go without an announcement: the kernel does not
// announce IPv4 routes that go because their link goes down.
func losesRoutes(c own.LinkChange) bool { return c.Removed || c.WentDown }

// hintsAtRoutes reports whether routes change without an announcement. The kernel does not
// announce IPv4 routes that go because their link loses an address or a nexthop object,
// the route that another replaces, and most changes of routes with several gateways.
func hintsAtRoutes(m wire.Message, found []own.Watched[LinkRoute, LinkRoute]) bool {
	switch m.Type {
	case uapi.RTM_DELADDR, uapi.RTM_NEWNEXTHOP, uapi.RTM_DELNEXTHOP:
		return true
	case uapi.RTM_NEWROUTE, uapi.RTM_DELROUTE:
		return m.Flags&(uapi.NLM_F_REPLACE|uapi.NLM_F_APPEND) != 0 || len(found) > 1 || len(found) == 1 && found[0].Value.Shared
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

func neighSort() *own.Sort[NeighEntry, neighKey] {
	return &own.Sort[NeighEntry, neighKey]{
		Op: "watch neighbours", Groups: []uint32{uapi.RTNLGRP_NEIGH},
		Added: uapi.RTM_NEWNEIGH, Removed: uapi.RTM_DELNEIGH, Get: uapi.RTM_GETNEIGH, OwnNetNS: true,
		Parse: parseNeighEntry,
		Lists: []func([]byte, int32) []byte{
			func(b []byte, _ int32) []byte { return inetnl.AppendNeighList(b, uapi.AF_UNSPEC, 0) },
			func(b []byte, _ int32) []byte { return inetnl.AppendNeighList(b, uapi.AF_UNSPEC, inet.NeighProxy) },
			func(b []byte, _ int32) []byte { return inetnl.AppendNeighList(b, uapi.AF_BRIDGE, 0) },
		},
		Link:     nameNeighEntry,
		Same:     sameNeighEntry,
		Doubtful: losesRemote,
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

func parseNeighEntry(links own.Links, m wire.Message) []own.Watched[NeighEntry, neighKey] {
	if m.Type == uapi.RTM_GETNEIGH {
		return parseMiss(m)
	}
	if n, index, ok := inetnl.ParseNeigh(m.Data); ok {
		if n.State == inet.NeighNoARP {
			return nil // the kernel does not announce those that it makes, for multicast and on tunnels
		}
		key := neighKey{addr: n.Addr, proxy: n.Flags&inet.NeighProxy != 0}
		return []own.Watched[NeighEntry, neighKey]{{Owner: index, Key: key, Value: NeighEntry{Index: index, Neigh: &n}}}
	}
	e, ok := fdbmsg.Parse(m.Data, links.NameOf)
	if !ok {
		return nil
	}
	owner, tunnel := fdbmsg.MasterOf(m.Data), kindOf(links.KindOf(e.PortIndex)).entries
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
	return []own.Watched[NeighEntry, neighKey]{{Owner: owner, Key: key, Value: NeighEntry{Index: e.PortIndex, FDB: &e}}}
}

// parseMiss decodes a notice of a VXLAN link. If a MAC is missing, it says only that, and
// the address family is IPv4's.
func parseMiss(m wire.Message) []own.Watched[NeighEntry, neighKey] {
	index, addr, mac := inetnl.ParseMiss(m.Data)
	switch {
	case addr.IsValid():
		return []own.Watched[NeighEntry, neighKey]{{Value: NeighEntry{Index: index, Neigh: &inet.Neigh{Addr: addr}}}}
	case len(mac) > 0:
		return []own.Watched[NeighEntry, neighKey]{{Value: NeighEntry{Index: index, FDB: &fdb.Entry{MAC: mac, PortIndex: index}}}}
	}
	return nil
}

// severalRemotes reports whether a VXLAN link may send frames to the address to several
// remote ends: all zeros or multicast.
func severalRemotes(mac []byte) bool {
	return len(mac) > 0 && mac[0]&1 != 0 || !slices.ContainsFunc(mac, func(b byte) bool { return b != 0 })
}
