package inetnl

import (
	"cmp"
	"context"
	"net/netip"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A routeHeader has the fields of a struct rtmsg that this library uses.
type routeHeader struct {
	family, bits, table, proto, scope, typ byte
	flags                                  uint32
}

// routeLen is the length of a struct rtmsg.
const routeLen = 12

func (h *routeHeader) append(b []byte) []byte {
	return wire.Order.AppendUint32(append(b, h.family, h.bits, 0, 0, h.table, h.proto, h.scope, h.typ), h.flags)
}

// AppendRoute appends the message that adds the route, as `ip route add` does.
func AppendRoute(b []byte, r *inet.Route, index int) []byte {
	h := routeHeader{proto: uapi.RTPROT_BOOT, scope: byte(cmp.Or(r.Scope, r.DefaultScope())), typ: byte(typeOf(r))} // ScopeGlobal is 0 in its low bits
	if r.Proto != 0 {
		h.proto = byte(r.Proto)
	}
	if r.Is6() {
		h.scope = uapi.RT_SCOPE_UNIVERSE
	}
	if r.OnLink {
		h.flags = uapi.RTNH_F_ONLINK
	}
	b = appendRoute(b, h, r, index)
	if r.Src.IsValid() {
		b = wire.AppendAttr(b, uapi.RTA_PREFSRC, r.Src.AsSlice())
	}
	return appendMetrics(b, r)
}

// AppendRouteKey appends the message that removes the route to the same network and
// gateway, of the same type and, if they are set, the same origin and scope.
func AppendRouteKey(b []byte, r *inet.Route, index int) []byte {
	h := routeHeader{scope: uapi.RT_SCOPE_NOWHERE, proto: byte(r.Proto), typ: byte(r.Type)} // any, or 0 for any
	if r.Scope != 0 {
		h.scope = byte(r.Scope)
	}
	return appendRoute(b, h, r, index)
}

// appendRoute appends the header and the attributes that distinguish routes.
func appendRoute(b []byte, h routeHeader, r *inet.Route, index int) []byte {
	start := len(b)
	h.family = routeFamily(r)
	b = h.append(b)
	if !r.IsDefault() || !r.Via.IsValid() || r.ViaOther() {
		b[start+1] = byte(r.Dst.Bits())
		b = wire.AppendAttr(b, uapi.RTA_DST, r.Dst.Addr().AsSlice())
	}
	switch {
	case r.ViaOther():
		b = wire.AppendAttr(b, uapi.RTA_VIA, append(wire.Order.AppendUint16(nil, uint16(familyOf(r.Via))), r.Via.AsSlice()...))
	case r.Via.IsValid():
		b = wire.AppendAttr(b, uapi.RTA_GATEWAY, r.Via.AsSlice())
	}
	b = wire.AppendU32(b, uapi.RTA_OIF, uint32(index))
	if r.Metric != 0 {
		b = wire.AppendU32(b, uapi.RTA_PRIORITY, r.Metric)
	}
	if table := tableOf(r); table < 256 {
		b[start+4] = byte(table)
	} else {
		b = wire.AppendU32(b, uapi.RTA_TABLE, table)
	}
	return b
}

// appendMetrics appends the metrics of the route, unless none is set.
func appendMetrics(b []byte, r *inet.Route) []byte {
	if r.MTU == 0 && r.AdvMSS == 0 {
		return b
	}
	b, at := wire.Begin(b, uapi.RTA_METRICS|uapi.NLA_F_NESTED)
	if r.MTULock {
		b = wire.AppendU32(b, uapi.RTAX_LOCK, 1<<uapi.RTAX_MTU)
	}
	if r.MTU != 0 {
		b = wire.AppendU32(b, uapi.RTAX_MTU, r.MTU)
	}
	if r.AdvMSS != 0 {
		b = wire.AppendU32(b, uapi.RTAX_ADVMSS, r.AdvMSS)
	}
	return wire.End(b, at)
}

// typeOf returns the type of a route, with the default in place of zero.
func typeOf(r *inet.Route) inet.RouteType {
	return cmp.Or(r.Type, inet.RouteUnicast)
}

// tableOf returns the table of a route, with the default in place of zero.
func tableOf(r *inet.Route) uint32 {
	return cmp.Or(r.Table, r.DefaultTable())
}

// Metric returns the metric that the kernel gives the route.
func Metric(r *inet.Route) uint32 {
	const default6 = 1024
	if r.Metric == 0 && r.Is6() {
		return default6
	}
	return r.Metric
}

func routeFamily(r *inet.Route) byte {
	if r.Is6() {
		return uapi.AF_INET6
	}
	return uapi.AF_INET
}

// Added returns a route with the kernel's defaults in the place of fields that distinguish
// routes and are not set, so that it can be removed again.
func Added(r *inet.Route) inet.Route {
	added := *r
	added.Type, added.Table, added.Metric, added.Proto = typeOf(r), tableOf(r), Metric(r), cmp.Or(r.Proto, inet.RouteProtoBoot)
	return added
}

// A LinkRoute is a route with the index of its link, or 0 if it has none.
type LinkRoute struct {
	inet.Route
	Index int
	// Shared reports that the route goes through several links or gateways, or uses a
	// nexthop object.
	Shared bool
	// Beyond names a property of the route that inet.Route has no field for, or is empty.
	Beyond string
}

// ReadRoutes returns the routes whose only interface is the link, with those by the
// kernel.
func ReadRoutes(ctx context.Context, rt *rtnl.Conn, index int) (all []inet.Route, err error) {
	found, err := ListRoutes(ctx, rt, index)
	for _, r := range found {
		if r.Index == index && !r.Shared {
			all = append(all, r.Route)
		}
	}
	return all, err
}

// ListRoutes returns the IPv4 and then the IPv6 routes through a link, or all routes of
// the namespace if index is 0. A route through several gateways occurs once for each.
func ListRoutes(ctx context.Context, rt *rtnl.Conn, index int) (all []LinkRoute, err error) {
	for _, family := range []byte{uapi.AF_INET, uapi.AF_INET6} {
		var some []LinkRoute
		body := func(b []byte) []byte {
			if b = AppendRouteList(b, family); index == 0 {
				return b
			}
			return wire.AppendU32(b, uapi.RTA_OIF, uint32(index))
		}
		err := rt.Dump(ctx, uapi.RTM_GETROUTE, body, func() { some = nil }, func(m wire.Message) { some = append(some, ParseRoute(m.Data)...) })
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// AppendRouteList appends the struct rtmsg of a list of all routes of a family.
func AppendRouteList(b []byte, family byte) []byte {
	h := routeHeader{family: family}
	return h.append(b)
}

// ParseRoute decodes the body of RTM_NEWROUTE: a route, once for each of its gateways. It
// returns nothing for routes of other families and cached ones.
func ParseRoute(b []byte) []LinkRoute {
	if len(b) < routeLen || b[0] != uapi.AF_INET && b[0] != uapi.AF_INET6 || wire.Order.Uint32(b[8:])&uapi.RTM_F_CLONED != 0 {
		return nil
	}
	r := LinkRoute{Route: inet.Route{Type: inet.RouteType(b[7]), Table: uint32(b[4]), Proto: inet.RouteProto(b[5]), OnLink: wire.Order.Uint32(b[8:])&uapi.RTNH_F_ONLINK != 0}}
	dst := netip.IPv6Unspecified()
	if b[0] == uapi.AF_INET {
		dst, r.Scope = netip.IPv4Unspecified(), inet.ScopeOf(b[6])
	}
	switch {
	case b[2] != 0:
		r.Beyond = "from"
	case b[3] != 0:
		r.Beyond = "tos"
	}
	var hops []byte
	for a, err := range wire.Attrs(b[routeLen:]) {
		switch {
		case err != nil:
			return nil
		case a.Type == uapi.RTA_DST:
			dst, _ = netip.AddrFromSlice(a.Data)
		case a.Type == uapi.RTA_MULTIPATH:
			hops = a.Data
		default:
			r.take(a)
		}
	}
	if r.Dst = netip.PrefixFrom(dst, int(b[1])); !r.Dst.IsValid() || r.Is6() != (b[0] == uapi.AF_INET6) {
		return nil
	}
	if hops == nil {
		return []LinkRoute{r}
	}
	return r.through(hops)
}

// take decodes one attribute and ignores attributes of unexpected length.
func (r *LinkRoute) take(a wire.Attr) {
	const family = 2 // the length of the address family in a struct rtvia
	switch {
	case a.Type == uapi.RTA_GATEWAY:
		r.Via, _ = netip.AddrFromSlice(a.Data)
	case a.Type == uapi.RTA_VIA && len(a.Data) > family:
		r.Via, _ = netip.AddrFromSlice(a.Data[family:])
	case a.Type == uapi.RTA_PREFSRC:
		r.Src, _ = netip.AddrFromSlice(a.Data)
	case a.Type == uapi.RTA_METRICS:
		r.takeMetrics(a.Data)
	case a.Type == uapi.RTA_ENCAP:
		r.Beyond = "encap"
	case a.Type == uapi.RTA_PREF && len(a.Data) == 1 && a.Data[0] != 0:
		r.Beyond = "pref"
	case len(a.Data) != 4:
	case a.Type == uapi.RTA_OIF:
		r.Index = int(wire.Order.Uint32(a.Data))
	case a.Type == uapi.RTA_PRIORITY:
		r.Metric = wire.Order.Uint32(a.Data)
	case a.Type == uapi.RTA_TABLE:
		r.Table = wire.Order.Uint32(a.Data)
	case a.Type == uapi.RTA_FLOW:
		r.Beyond = "realms"
	case a.Type == uapi.RTA_NH_ID:
		r.Shared = true
	}
}

func (r *LinkRoute) takeMetrics(b []byte) {
	var lock uint32
	for a, err := range wire.Attrs(b) {
		if err != nil || len(a.Data) != 4 {
			continue
		}
		switch v := wire.Order.Uint32(a.Data); a.Type {
		case uapi.RTAX_MTU:
			r.MTU = v
		case uapi.RTAX_ADVMSS:
			r.AdvMSS = v
		case uapi.RTAX_LOCK:
			lock = v
		default:
			r.Beyond = "another metric"
		}
	}
	r.MTULock = r.MTU != 0 && lock&(1<<uapi.RTAX_MTU) != 0
	if lock&^(1<<uapi.RTAX_MTU) != 0 {
		r.Beyond = "another lock than of the MTU"
	}
}

// through returns the route for each of its gateways: a struct rtnexthop followed by
// attributes.
func (r *LinkRoute) through(hops []byte) (all []LinkRoute) {
	const hopLen = 8
	for len(hops) >= hopLen {
		n := int(wire.Order.Uint16(hops))
		if n < hopLen || n > len(hops) {
			return nil
		}
		hop := *r
		hop.Shared, hop.OnLink, hop.Index = true, hops[2]&uapi.RTNH_F_ONLINK != 0, int(wire.Order.Uint32(hops[4:]))
		for a, err := range wire.Attrs(hops[hopLen:n]) {
			if err == nil && (a.Type == uapi.RTA_GATEWAY || a.Type == uapi.RTA_VIA) {
				hop.take(a)
			}
		}
		all = append(all, hop)
		hops = hops[min(wire.Align(n), len(hops)):]
	}
	return all
}
