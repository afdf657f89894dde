package inet

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A RouteType is the treatment of packets that match a route. It uses the kernel's
// numbers.
type RouteType uint8

// Types of routes. The routes of a link are of the first five types.
const (
	RouteUnicast   RouteType = uapi.RTN_UNICAST   // unicast: sent through the link
	RouteLocal     RouteType = uapi.RTN_LOCAL     // local: delivered to this machine
	RouteBroadcast RouteType = uapi.RTN_BROADCAST // broadcast: sent to all machines on the link; only for IPv4
	RouteAnycast   RouteType = uapi.RTN_ANYCAST   // anycast: delivered to this machine, which is one of several with the address
	RouteMulticast RouteType = uapi.RTN_MULTICAST // multicast: sent to a group
)

// Types of routes that discard packets. They have no link, except that the kernel counts
// IPv6 ones among the routes of the loopback interface.
const (
	RouteBlackhole   RouteType = uapi.RTN_BLACKHOLE   // blackhole: discarded without notice
	RouteUnreachable RouteType = uapi.RTN_UNREACHABLE // unreachable: the sender receives ICMP host unreachable
	RouteProhibit    RouteType = uapi.RTN_PROHIBIT    // prohibit: the sender receives ICMP administratively prohibited
	RouteThrow       RouteType = uapi.RTN_THROW       // throw: the look-up goes on with the next rule
)

var routeTypes = attr.Words{0: "none", RouteUnicast: "unicast", RouteLocal: "local", RouteBroadcast: "broadcast", RouteAnycast: "anycast",
	RouteMulticast: "multicast", RouteBlackhole: "blackhole", RouteUnreachable: "unreachable", RouteProhibit: "prohibit", RouteThrow: "throw"}

// Discards reports whether packets that match a route of the type go nowhere.
func (t RouteType) Discards() bool {
	return t >= RouteBlackhole && t <= RouteThrow
}

// String returns the name that iproute2 uses, or else the number.
func (t RouteType) String() string {
	return attr.Word(routeTypes, t)
}

// MarshalText returns the result of String.
func (t RouteType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *RouteType) UnmarshalText(text []byte) error {
	return attr.ReadWord(routeTypes, "route type", text, t)
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

// MarshalText returns the result of String.
func (p RouteProto) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *RouteProto) UnmarshalText(text []byte) error {
	return attr.ReadWord(routeProtos, "route protocol", text, p)
}
