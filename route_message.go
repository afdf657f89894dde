package iplink

import (
	"context"
	"net"
	"net/netip"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// marshal appends a message of package rtnetlink. That fails only for IP addresses
// of no family, which a netip.Addr cannot be.
func marshal(b []byte, m rtnetlink.Message) []byte {
	body, _ := m.MarshalBinary()
	return append(b, body...)
}

// append appends the message that adds the route, as `ip route add` does.
func (r *Route) append(b []byte, index int) []byte {
	m := r.message(index)
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
	return r.appendVia(marshal(b, m))
}

// appendKey appends the message that removes the route, whatever it is beside
// where it leads.
func (r *Route) appendKey(b []byte, index int) []byte {
	m := r.message(index)
	m.Scope = uapi.RT_SCOPE_NOWHERE // any
	return r.appendVia(marshal(b, m))
}

// appendVia appends a gateway of another family than the route's, which package
// rtnetlink does not know: a struct rtvia.
func (r *Route) appendVia(b []byte) []byte {
	if !r.viaOther() {
		return b
	}
	return wire.AppendAttr(b, uapi.RTA_VIA, append(wire.Order.AppendUint16(nil, uint16(familyOf(r.Via))), r.Via.AsSlice()...))
}

func (r *Route) viaOther() bool {
	return r.Via.IsValid() && familyOf(r.Via) != r.family()
}

func (r *Route) message(index int) *rtnetlink.RouteMessage {
	m := &rtnetlink.RouteMessage{Family: r.family(), Attributes: rtnetlink.RouteAttributes{
		OutIface: uint32(index), Priority: r.Metric,
	}}
	if !r.viaOther() {
		m.Attributes.Gateway = ipOf(r.Via)
	}
	if !r.isDefault() || !r.Via.IsValid() || r.viaOther() {
		m.DstLength, m.Attributes.Dst = uint8(r.Dst.Bits()), ipOf(r.Dst.Addr())
	}
	if table := r.table(); table < 256 {
		m.Table = uint8(table)
	} else {
		m.Attributes.Table = table
	}
	return m
}

func (r *Route) table() uint32 {
	if r.Table == 0 {
		return uapi.RT_TABLE_MAIN
	}
	return r.Table
}

// metric is what the kernel has.
func (r *Route) metric() uint32 {
	const default6 = 1024
	if r.Metric == 0 && r.family() == uapi.AF_INET6 {
		return default6
	}
	return r.Metric
}

// ipOf returns an address as package rtnetlink has them, nil for none.
func ipOf(a netip.Addr) net.IP {
	return a.AsSlice()
}

// readRoutes returns the unicast routes that leave by a link alone.
func readRoutes(ctx context.Context, rt *rtnl.Conn, index int) ([]Route, error) {
	var all []Route
	for _, family := range []uint8{uapi.AF_INET, uapi.AF_INET6} {
		var some []Route
		body := func(b []byte) []byte {
			return marshal(b, &rtnetlink.RouteMessage{Family: family, Attributes: rtnetlink.RouteAttributes{OutIface: uint32(index)}})
		}
		err := rt.Dump(ctx, uapi.RTM_GETROUTE, body, func() { some = nil }, func(m wire.Message) {
			if r, ok := parseRoute(m.Data, index); ok {
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

// parseRoute decodes what behind the header of RTM_NEWROUTE describes a unicast
// route that leaves by the link of that index alone.
func parseRoute(b []byte, index int) (Route, bool) {
	var m rtnetlink.RouteMessage
	if m.UnmarshalBinary(b) != nil || m.Type != uapi.RTN_UNICAST || int(m.Attributes.OutIface) != index {
		return Route{}, false
	}
	a := &m.Attributes
	r := Route{Via: addrOf(a.Gateway), Src: addrOf(a.Src), Metric: a.Priority, Table: a.Table,
		Proto: RouteProto(m.Protocol), OnLink: m.Flags&uapi.RTNH_F_ONLINK != 0}
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

// viaOf returns the gateway of another family than the route's.
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
