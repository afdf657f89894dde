package inet

import (
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Route says that packets to a network leave by a link, for the Routes setter
// of a builder, and as
// Routes of a Link reports it.
//
// A field that is zero is not sent, Update and Ensure do not look at it, and the
// kernel did not report it.
type Route struct {
	// Dst is the network, without bits behind its prefix; the zero value, or one
	// of length 0, makes a default route, for all that no other route is for
	// (RTA_DST).
	Dst netip.Prefix
	// Via is the gateway, which another route must lead to: that of an address of
	// the link. A network of IPv4 may have one of IPv6, RFC 8950, and also an address
	// of this machine, if the link has it. Without a gateway, the network is on the
	// link itself (RTA_GATEWAY, RTA_VIA).
	Via netip.Addr
	// Src is the address that packets of this machine are from, which the machine
	// must have (RTA_PREFSRC).
	Src netip.Addr
	// Metric says how the route compares with others to the same network: the
	// lowest wins. It is 0 for IPv4 and 1024 for IPv6 by default
	// (RTA_PRIORITY).
	Metric uint32
	// Table is the number of the routing table, the main one by default
	// (RTA_TABLE).
	Table uint32
	// Proto says who made the route, for other programs; RouteProtoBoot by
	// default, as with `ip route add` (rtm_protocol).
	Proto RouteProto
	// OnLink has the gateway be on the link even if no route says so (RTNH_F_ONLINK).
	OnLink bool
}

// A RouteProto says who made a route.
type RouteProto uint8

// Who made a route; other numbers belong to routing programs.
const (
	RouteProtoRedirect RouteProto = uapi.RTPROT_REDIRECT // a router, by ICMP
	RouteProtoKernel   RouteProto = uapi.RTPROT_KERNEL   // the kernel, for an address
	RouteProtoBoot     RouteProto = uapi.RTPROT_BOOT     // a person, for the time being
	RouteProtoStatic   RouteProto = uapi.RTPROT_STATIC   // a person
	RouteProtoRA       RouteProto = uapi.RTPROT_RA       // a router, by its advertisements
	RouteProtoDHCP     RouteProto = uapi.RTPROT_DHCP     // a DHCP client
)

var routeProtos = attr.Words{RouteProtoRedirect: "redirect", RouteProtoKernel: "kernel", RouteProtoBoot: "boot",
	RouteProtoStatic: "static", RouteProtoRA: "ra", RouteProtoDHCP: "dhcp"}

// String returns the word of iproute2, or the number where it has none.
func (p RouteProto) String() string {
	return attr.Word(routeProtos, p)
}

// String returns the words that follow `ip route add`, without those for the
// link.
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

// appendTarget appends where the route leads, by which `ip` knows the family.
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

// IsDefault reports whether the route is for all that no other route is for.
func (r Route) IsDefault() bool {
	return !r.Dst.IsValid() || r.Dst.Bits() == 0
}

// Is6 reports whether the route is one of IPv6, as its destination is, or its
// gateway if it has no destination.
func (r Route) Is6() bool {
	if r.Dst.IsValid() {
		return !r.Dst.Addr().Is4()
	}
	return !r.Via.Is4()
}

// ViaOther reports whether the gateway is of another family than the route: IPv6
// for a network of IPv4 (RFC 8950).
func (r Route) ViaOther() bool {
	return r.Via.IsValid() && r.Via.Is4() == r.Is6()
}
