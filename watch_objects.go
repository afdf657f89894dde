package iplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An ObjectEvent is reported by WatchAddrs, WatchRoutes and WatchNeighs: the present and
// the previous state of an object of a link.
type ObjectEvent[T any] struct {
	// Kind is the kind of the event.
	Kind EventKind
	// Snapshot reports that an Added object existed before the watch began.
	Snapshot bool
	// Resync reports that the event comes from listing the objects again after an
	// overrun. The changes between Old and New are lost.
	Resync bool
	// NetNSID is the id of the namespace, as assigned in the namespace of the watch; -1
	// for the namespace of the watch itself (NETLINK_LISTEN_ALL_NSID).
	NetNSID int32
	// Old is the object as last reported, nil if the event is Added or Missed. New is
	// the present object, nil if the event is Removed. Both are nil if it is Current.
	Old, New *T
}

// AddrEvent is reported by WatchAddrs.
type AddrEvent = ObjectEvent[LinkAddr]

// RouteEvent is reported by WatchRoutes.
type RouteEvent = ObjectEvent[LinkRoute]

// NeighEvent is reported by WatchNeighs.
type NeighEvent = ObjectEvent[NeighEntry]

// Object returns the present object, or the object before its removal; nil if the event
// is Current.
func (e ObjectEvent[T]) Object() *T {
	if e.New != nil {
		return e.New
	}
	return e.Old
}

// String returns one line, such as "added 192.0.2.1/24 dev eth0".
func (e ObjectEvent[T]) String() string {
	var b strings.Builder
	if e.NetNSID >= 0 {
		fmt.Fprintf(&b, "netns %d: ", e.NetNSID)
	}
	b.WriteString(e.Kind.String())
	if o := e.Object(); o != nil {
		fmt.Fprintf(&b, " %v", *o)
	}
	return b.String()
}

// A NeighEntry is an IP neighbour, or an entry of the forwarding database of a bridge or
// a VXLAN link. Either Neigh or FDB is nil.
type NeighEntry struct {
	Link  string      // the name of the link; of an entry of a bridge, the port
	Index int         // the interface index of the link
	Neigh *inet.Neigh // the IP neighbour, or nil
	FDB   *fdb.Entry  // the entry of a forwarding database, or nil
}

// String returns the arguments that follow `ip neigh add` or `bridge fdb add`.
func (n NeighEntry) String() string {
	if n.FDB != nil {
		return n.FDB.String()
	}
	if n.Neigh == nil {
		return "dev " + attr.Quote(n.Link)
	}
	return n.Neigh.String() + " dev " + attr.Quote(n.Link)
}

// WatchAddrs reports the IP addresses of the links in the Conn's namespace and all their
// changes: first each existing address, Added with Snapshot set, then an event Current,
// and then addresses that are Added, Changed and Removed, without a gap between the two.
// A change is also that duplicate address detection ends (AddrTentative, AddrDADFailed),
// and that an address is deprecated or renewed; its lifetime may run down without an event.
//
// Filters select the links. An address of a link that begins to match is Added, and that
// of a link that ceases to match Removed; if a link is renamed, its addresses are Changed.
// AllNetNS includes other namespaces, as with Watch. What Watch says about sockets, slow
// consumers, overruns, delays, and the end of an iteration applies here too.
func (c *Conn) WatchAddrs(ctx context.Context, filters ...Filter) iter.Seq2[AddrEvent, error] {
	return WatchSort(ctx, c, addrSort(), filters...)
}

// WatchAddrs reports the addresses in the namespace of the calling thread, the one that
// begins the iteration. It is Conn.WatchAddrs on sockets of its own.
func WatchAddrs(ctx context.Context, filters ...Filter) iter.Seq2[AddrEvent, error] {
	return watchHere(ctx, addrSort(), filters)
}

// WatchRoutes reports the routes through the links of the Conn's namespace, as ListRoutes
// returns them, and all their changes, as WatchAddrs does for addresses. Routes are
// Added and Removed, and Changed only if their link is renamed: a route with another
// metric, say, is another route. Without filters, routes without a link are included.
//
// The kernel does not announce that IPv4 routes go because their link goes down or loses
// an address, that a route replaces another, and most changes of routes with several
// gateways. WatchRoutes then lists the routes again.
//
// AllNetNS is not supported (errors.ErrUnsupported). The kernel announces the routes of
// other namespaces (NETLINK_LISTEN_ALL_NSID), but lists routes of a socket's own only: an id
// of a namespace, which suffices for a list of links or of addresses (IFLA_TARGET_NETNSID),
// neither selects routes nor opens a socket there. Without a list, a snapshot is missing,
// and an overrun cannot be made good. Use a Conn in each namespace.
func (c *Conn) WatchRoutes(ctx context.Context, filters ...Filter) iter.Seq2[RouteEvent, error] {
	return WatchSort(ctx, c, routeSort(), filters...)
}

// WatchRoutes reports the routes in the namespace of the calling thread, the one that
// begins the iteration. It is Conn.WatchRoutes on sockets of its own.
func WatchRoutes(ctx context.Context, filters ...Filter) iter.Seq2[RouteEvent, error] {
	return watchHere(ctx, routeSort(), filters)
}

// WatchNeighs reports the IP neighbours and proxy entries on the links of the Conn's
// namespace, as ListNeighs returns them, the entries in the forwarding databases of its
// bridges and VXLAN links, and all their changes, as WatchAddrs does for addresses. The
// address filters of other links, and neighbours in the state NeighNoARP, are left out,
// since the kernel does not announce all of their changes.
//
// A Missed event reports that a VXLAN link has to send a frame and has no entry for its
// destination, if the link was made with L2Miss (FDB has the MAC) or L3Miss (Neigh has
// the IP address). Such an entry does not exist.
//
// The kernel announces most changes of a neighbour's State: not that it is incomplete, or
// delayed. AllNetNS is not supported, as with WatchRoutes.
func (c *Conn) WatchNeighs(ctx context.Context, filters ...Filter) iter.Seq2[NeighEvent, error] {
	return WatchSort(ctx, c, neighSort(), filters...)
}

// WatchNeighs reports the neighbours in the namespace of the calling thread, the one that
// begins the iteration. It is Conn.WatchNeighs on sockets of its own.
func WatchNeighs(ctx context.Context, filters ...Filter) iter.Seq2[NeighEvent, error] {
	return watchHere(ctx, neighSort(), filters)
}

func watchHere[T any, K comparable](ctx context.Context, s *own.Sort[T, K], filters []Filter) iter.Seq2[ObjectEvent[T], error] {
	return func(yield func(ObjectEvent[T], error) bool) {
		c, err := Dial()
		if err != nil {
			yield(ObjectEvent[T]{}, err)
			return
		}
		defer c.Close()
		WatchSort(ctx, c, s, filters...)(yield)
	}
}

// WatchSort follows objects that the package of a kind describes. Programs call the
// functions of those packages instead, such as bridge.WatchVLANs.
func WatchSort[T any, K comparable](ctx context.Context, c *Conn, s *own.Sort[T, K], filters ...Filter) iter.Seq2[ObjectEvent[T], error] {
	return func(yield func(ObjectEvent[T], error) bool) {
		o, err := openObjects(ctx, c, s, newFilter(filters))
		if err == nil {
			defer o.w.close()
			err = o.run(ctx, yield)
		}
		if err != nil {
			yield(ObjectEvent[T]{}, kernelError(&Error{Op: s.Op}, err))
		}
	}
}

// openObjects opens a mirror of objects, after the checks of Watch.
func openObjects[T any, K comparable](ctx context.Context, c *Conn, s *own.Sort[T, K], f filter) (*objects[T, K], error) {
	if err := c.unready(ctx, s.Op); err != nil {
		return nil, err
	}
	switch {
	case f.fault != nil:
		return nil, f.fault.in(s.Op)
	case f.allNetNS && s.OwnNetNS:
		return nil, &Error{Op: s.Op, Err: errors.ErrUnsupported,
			Message: "AllNetNS: the kernel lists these objects of the own namespace only; use a Conn in each namespace"}
	}
	w := newMirror(f)
	o := newObjects(w, s)
	w.objects = o
	return o, w.open(ctx, c)
}

// run yields events until the consumer leaves, which is not an error.
func (o *objects[T, K]) run(ctx context.Context, yield func(ObjectEvent[T], error) bool) error {
	err := o.w.listAll(ctx)
	o.afterStep()
	o.emit(rtnl.OwnNetNS, ObjectEvent[T]{Kind: Current})
	for err == nil {
		for _, e := range o.events {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !yield(e, nil) {
				return nil
			}
		}
		o.discard()
		err = o.w.step(ctx)
		o.afterStep()
	}
	return err
}

// afterStep follows the events of links.
func (o *objects[T, K]) afterStep() {
	o.follow(o.w.events)
	o.w.discardEvents()
}

func (o *objects[T, K]) discard() { o.events = discarded(o.events) }

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
