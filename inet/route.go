package inet

import (
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Route sends packets for a network through a link. It is the argument of a
// builder's Routes setter, and the Routes method of a Link returns it.
//
// A zero field is not sent, is ignored by Update and Ensure, and was not reported by
// the kernel.
type Route struct {
	// Dst is the network, without bits after its prefix. The zero value, or a prefix
	// of length 0, makes a default route, for packets that match no other route
	// (RTA_DST).
	Dst netip.Prefix
	// Via is the gateway. Another route must lead to it: the route of one of the
	// link's addresses. An IPv4 network may have an IPv6 gateway, RFC 8950, and also
	// a gateway address of this machine, if the link has that address. Without a
	// gateway, the network is on the link itself (RTA_GATEWAY, RTA_VIA).
	Via netip.Addr
	// Src is the source address of this machine's packets. The machine must have the
	// address (RTA_PREFSRC).
	Src netip.Addr
	// Metric is the rank of the route among routes to the same network: the lowest
	// wins. It is 0 for IPv4 and 1024 for IPv6 by default (RTA_PRIORITY).
	Metric uint32
	// Table is the number of the routing table, the main one by default
	// (RTA_TABLE).
	Table uint32
	// Proto is the origin of the route, for use by other programs; RouteProtoBoot by
	// default, as with `ip route add` (rtm_protocol).
	Proto RouteProto
	// OnLink treats the gateway as on the link even without a route to it
	// (RTNH_F_ONLINK).
	OnLink bool
}

// A RouteProto is the origin of a route.
type RouteProto uint8

// Origins of a route; other numbers belong to routing programs.
const (
	RouteProtoRedirect RouteProto = uapi.RTPROT_REDIRECT // a router, through ICMP
	RouteProtoKernel   RouteProto = uapi.RTPROT_KERNEL   // the kernel, for an address
	RouteProtoBoot     RouteProto = uapi.RTPROT_BOOT     // an administrator, temporarily
	RouteProtoStatic   RouteProto = uapi.RTPROT_STATIC   // an administrator
	RouteProtoRA       RouteProto = uapi.RTPROT_RA       // a router, through its advertisements
	RouteProtoDHCP     RouteProto = uapi.RTPROT_DHCP     // a DHCP client
)

var routeProtos = attr.Words{RouteProtoRedirect: "redirect", RouteProtoKernel: "kernel", RouteProtoBoot: "boot",
	RouteProtoStatic: "static", RouteProtoRA: "ra", RouteProtoDHCP: "dhcp"}

// String returns the name that iproute2 uses, or the number if there is no name.
func (p RouteProto) String() string {
	return attr.Word(routeProtos, p)
}

// String returns the arguments that follow `ip route add`, without the link.
func (r Route) String() string {
	return string(r.appendWords(nil))
}

func (r Route) appendWords(b []byte) []byte {
	b = r.appendTarget(b)
	if r.Src.IsValid() {
		b = r.Src.AppendTo(append(b, " src "...))
	}
	b = appendCount(b, "metric", r.Metric)
	b = appendCount(b, "table", r.Table)
	if r.Proto != 0 {
		b = append(append(b, " proto "...), r.Proto.String()...)
	}
	if r.OnLink {
		b = append(b, " onlink"...)
	}
	return b
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
