package inetnl

import (
	"context"
	"net"
	"net/netip"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// marshal appends a message of package rtnetlink. Marshalling fails only for IP
// addresses of unknown family, which a netip.Addr cannot be.
func marshal(b []byte, m rtnetlink.Message) []byte {
	body, _ := m.MarshalBinary()
	return append(b, body...)
}

// AppendRoute appends the message that adds the route, as `ip route add` does.
func AppendRoute(b []byte, r *inet.Route, index int) []byte {
	m := routeMessage(r, index)
	m.Type, m.Protocol = uapi.RTN_UNICAST, uapi.RTPROT_BOOT
	if r.Proto != 0 {
		m.Protocol = uint8(r.Proto)
	}
	if !r.Via.IsValid() && m.Family == uapi.AF_INET {
		m.Scope = uapi.RT_SCOPE_LINK
	}
	if r.OnLink {
		m.Flags = uapi.RTNH_F_ONLINK
	}
	m.Attributes.Src = ipOf(r.Src)
	return appendVia(marshal(b, m), r)
}

// AppendRouteKey appends the message that removes the route to the same network and
// gateway, regardless of its other properties.
func AppendRouteKey(b []byte, r *inet.Route, index int) []byte {
	m := routeMessage(r, index)
	m.Scope = uapi.RT_SCOPE_NOWHERE // any
	return appendVia(marshal(b, m), r)
}

// appendVia appends a gateway of a different family from the route's as a struct
// rtvia, which package rtnetlink does not support.
func appendVia(b []byte, r *inet.Route) []byte {
	if !r.ViaOther() {
		return b
	}
	return wire.AppendAttr(b, uapi.RTA_VIA, append(wire.Order.AppendUint16(nil, uint16(familyOf(r.Via))), r.Via.AsSlice()...))
}

func routeMessage(r *inet.Route, index int) *rtnetlink.RouteMessage {
	m := &rtnetlink.RouteMessage{Family: routeFamily(r), Attributes: rtnetlink.RouteAttributes{
		OutIface: uint32(index), Priority: r.Metric,
	}}
	if !r.ViaOther() {
		m.Attributes.Gateway = ipOf(r.Via)
	}
	if !r.IsDefault() || !r.Via.IsValid() || r.ViaOther() {
		m.DstLength, m.Attributes.Dst = uint8(r.Dst.Bits()), ipOf(r.Dst.Addr())
	}
	if table := tableOf(r); table < 256 {
		m.Table = uint8(table)
	} else {
		m.Attributes.Table = table
	}
	return m
}

func tableOf(r *inet.Route) uint32 {
	if r.Table == 0 {
		return uapi.RT_TABLE_MAIN
	}
	return r.Table
}

// Metric returns the metric that the kernel gives the route.
func Metric(r *inet.Route) uint32 {
	const default6 = 1024
	if r.Metric == 0 && r.Is6() {
		return default6
	}
	return r.Metric
}

// ipOf returns an address in the type of package rtnetlink, nil for none.
func ipOf(a netip.Addr) net.IP {
	return a.AsSlice()
}

// ReadRoutes returns the unicast routes whose only interface is the link.
func ReadRoutes(ctx context.Context, rt *rtnl.Conn, index int) ([]inet.Route, error) {
	var all []inet.Route
	for _, family := range []uint8{uapi.AF_INET, uapi.AF_INET6} {
		var some []inet.Route
		body := func(b []byte) []byte {
			return marshal(b, &rtnetlink.RouteMessage{Family: family, Attributes: rtnetlink.RouteAttributes{OutIface: uint32(index)}})
		}
		err := rt.Dump(ctx, uapi.RTM_GETROUTE, body, func() { some = nil }, func(m wire.Message) {
			if r, ok := ParseRoute(m.Data, index); ok {
				some = append(some, r)
			}
		})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// ParseRoute decodes the body of RTM_NEWROUTE: a unicast route whose only interface
// is the link with the given index.
func ParseRoute(b []byte, index int) (inet.Route, bool) {
	var m rtnetlink.RouteMessage
	if m.UnmarshalBinary(b) != nil || m.Type != uapi.RTN_UNICAST || int(m.Attributes.OutIface) != index {
		return inet.Route{}, false
	}
	a := &m.Attributes
	r := inet.Route{Via: addrOf(a.Gateway), Src: addrOf(a.Src), Metric: a.Priority, Table: a.Table,
		Proto: inet.RouteProto(m.Protocol), OnLink: m.Flags&uapi.RTNH_F_ONLINK != 0}
	dst := addrOf(a.Dst)
	switch {
	case dst.IsValid():
	case m.Family == uapi.AF_INET:
		dst = netip.IPv4Unspecified()
	default:
		dst = netip.IPv6Unspecified()
	}
	r.Dst = netip.PrefixFrom(dst, int(m.DstLength))
	if r.Table == 0 {
		r.Table = uint32(m.Table)
	}
	if !r.Via.IsValid() {
		r.Via = viaOf(b)
	}
	return r, r.Dst.IsValid() && (m.Family == uapi.AF_INET || m.Family == uapi.AF_INET6)
}

// viaOf returns the gateway of a different family from the route's.
func viaOf(b []byte) netip.Addr {
	const length, family = 12, 2
	for a, err := range wire.Attrs(b[length:]) {
		if err == nil && a.Type == uapi.RTA_VIA && len(a.Data) > family {
			return addrOf(a.Data[family:])
		}
	}
	return netip.Addr{}
}

func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a
}

func routeFamily(r *inet.Route) byte {
	if r.Is6() {
		return uapi.AF_INET6
	}
	return uapi.AF_INET
}
