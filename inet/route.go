package inet

import (
	"net/netip"
	"strconv"

	"github.com/iplink-go/iplink/internal/uapi"
)

// A Route sends packets for a network through a link. It is the argument of a
// builder's Routes setter, and the Routes method of a Link returns it.
//
// A zero field is not sent, is ignored by Update and Ensure, and was not reported by
// the kernel. The exceptions are Dst, Type, Via, Metric and Table, which have defaults.
type Route struct {
	// Type is the treatment of the packets; RouteUnicast by default. The kernel does not
	// distinguish routes by their types: a link has room for one route with the same Dst,
	// Table and Metric. Types that discard packets are possible only for IPv6 and on the
	// loopback interface (rtm_type).
	Type RouteType `word:"type"`
	// Dst is the network, without bits after its prefix. The zero value, or a prefix
	// of length 0, makes a default route, for packets that match no other route
	// (RTA_DST).
	Dst netip.Prefix `word:"dst,default,always,short"`
	// Via is the gateway. Another route must lead to it: the route of one of the
	// link's addresses. An IPv4 network may have an IPv6 gateway, RFC 8950, and also
	// a gateway address of this machine, if the link has that address. Without a
	// gateway, the network is on the link itself. IPv4 routes of the types local,
	// broadcast and anycast have no gateway (RTA_GATEWAY, RTA_VIA).
	Via netip.Addr `word:"via"`
	// Scope is the distance to the destination; only for IPv4. By default it is
	// ScopeGlobal with a gateway, ScopeHost for RouteLocal, and ScopeLink otherwise. The
	// scope of a route with a gateway is less than ScopeLink, the kernel's 253; a local
	// route has ScopeHost, and a broadcast or anycast route ScopeLink or ScopeHost
	// (rtm_scope).
	Scope Scope `word:"scope"`
	// Src is the source address of this machine's packets. The machine must have the
	// address, or for IPv4 a local route to it (RTA_PREFSRC).
	Src netip.Addr `word:"src"`
	// Metric is the rank of the route among routes to the same network: the lowest
	// wins. It is 0 for IPv4 and 1024 for IPv6 by default (RTA_PRIORITY).
	Metric uint32 `word:"metric"`
	// Table is the number of the routing table. By default it is the local one, 255, for
	// the types local, broadcast and anycast, and the main one, 254, for others
	// (RTA_TABLE).
	Table uint32 `word:"table"`
	// Proto is the origin of the route, for use by other programs; RouteProtoBoot by
	// default, as with `ip route add` (rtm_protocol).
	Proto RouteProto `word:"proto"`
	// OnLink treats the gateway as on the link even without a route to it
	// (RTNH_F_ONLINK).
	OnLink bool `word:"onlink"`
	// MTU is the size in bytes of the largest packet, at most 65520, from which path MTU
	// discovery starts; by default the MTU of the link (RTAX_MTU).
	MTU uint32 `word:"mtu"`
	// MTULock fixes the MTU: path MTU discovery does not lower it, and IPv4 packets are
	// sent without the flag that forbids fragmentation. It needs an MTU (RTAX_LOCK).
	MTULock bool `word:"mtu_lock"`
	// AdvMSS is the maximum segment size in bytes, at most 65495, that TCP advertises to
	// the other end; by default it follows from the MTU (RTAX_ADVMSS, RFC 9293).
	AdvMSS uint32 `word:"advmss"`
}

// String returns the arguments that follow `ip route add`, without the link, in the order
// of `ip route show` and like it without the table main, the protocol boot and the scope
// global.
func (r Route) String() string {
	return string(r.appendWords(nil))
}

func (r Route) appendWords(b []byte) []byte {
	if r.Type != 0 && r.Type != RouteUnicast {
		b = append(append(b, r.Type.String()...), ' ')
	}
	b = r.appendTarget(b)
	if r.Table != 0 && (r.Table != uapi.RT_TABLE_MAIN || r.DefaultTable() != r.Table) {
		b = append(append(b, " table "...), tableWord(r.Table)...)
	}
	if r.Proto != 0 && r.Proto != RouteProtoBoot {
		b = append(append(b, " proto "...), r.Proto.String()...)
	}
	if byDefault := r.Scope == ScopeGlobal && r.DefaultScope() == ScopeGlobal; r.Scope != 0 && !byDefault {
		b = append(append(b, " scope "...), r.Scope.String()...)
	}
	if r.Src.IsValid() {
		b = r.Src.AppendTo(append(b, " src "...))
	}
	b = appendCount(b, "metric", r.Metric)
	if r.OnLink {
		b = append(b, " onlink"...)
	}
	return r.appendMetrics(b)
}

func (r Route) appendMetrics(b []byte) []byte {
	mtu := "mtu"
	if r.MTULock {
		mtu = "mtu lock"
	}
	return appendCount(appendCount(b, mtu, r.MTU), "advmss", r.AdvMSS)
}

// tableWord returns the name or the number of a routing table.
func tableWord(table uint32) string {
	switch table {
	case uapi.RT_TABLE_MAIN:
		return "main"
	case uapi.RT_TABLE_LOCAL:
		return "local"
	}
	return strconv.FormatUint(uint64(table), 10)
}

// DefaultTable returns the number of the table of the route if none is set, as with `ip
// route add`.
func (r Route) DefaultTable() uint32 {
	switch r.Type {
	case RouteLocal, RouteBroadcast, RouteAnycast:
		return uapi.RT_TABLE_LOCAL
	}
	return uapi.RT_TABLE_MAIN
}

// DefaultScope returns the scope of the route if none is set, as with `ip route add`.
// IPv6 routes have ScopeGlobal.
func (r Route) DefaultScope() Scope {
	switch {
	case r.Is6() || r.Via.IsValid():
		return ScopeGlobal
	case r.Type == RouteLocal:
		return ScopeHost
	}
	return ScopeLink
}

// appendTarget appends the destination and the gateway, from which `ip` derives the
// family.
func (r Route) appendTarget(b []byte) []byte {
	switch {
	case r.IsDefault() && r.Via.IsValid() && !r.ViaOther():
		b = append(b, "default"...)
	default:
		b = r.Dst.AppendTo(b)
	}
	switch {
	case r.ViaOther():
		return r.Via.AppendTo(append(b, " via inet6 "...))
	case r.Via.IsValid():
		return r.Via.AppendTo(append(b, " via "...))
	}
	return b
}

// IsDefault reports whether the route is a default route.
func (r Route) IsDefault() bool {
	return !r.Dst.IsValid() || r.Dst.Bits() == 0
}

// Is6 reports whether the route is an IPv6 route. The family is that of its
// destination, or of its gateway if it has no destination.
func (r Route) Is6() bool {
	if r.Dst.IsValid() {
		return !r.Dst.Addr().Is4()
	}
	return !r.Via.Is4()
}

// ViaOther reports whether the gateway's family differs from the route's: IPv6 for
// an IPv4 network (RFC 8950).
func (r Route) ViaOther() bool {
	return r.Via.IsValid() && r.Via.Is4() == r.Is6()
}
