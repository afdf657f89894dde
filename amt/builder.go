package amt

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an amt link. It and its Dev are in one namespace, which it cannot
// leave. None of its settings can change later. Its MTU is the MTU of Dev
// less the headers, and follows it.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the amt link with the given name. It needs a Mode, a Dev
// and a Local, and a Gateway needs a Discovery.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindAMT, name, new(iplink.AMTInfo))
	return b
}

// Info returns the link's own AMT settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.AMTInfo, bool) {
	info, ok := link.Info.(*iplink.AMTInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.AMTInfo {
	return own.Put[iplink.AMTInfo](b.Own(b), number)
}

// Mode sets the end of the tunnel that the link is, Gateway or Relay. It cannot change
// later (IFLA_AMT_MODE).
func (b *Builder) Mode(mode iplink.AMTMode) *Builder {
	b.set(uapi.IFLA_AMT_MODE).Mode = mode
	return b
}

// Dev sets by name the Ethernet link through which the packets of the tunnel go. The link
// ends with it. It cannot change later (IFLA_AMT_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_AMT_LINK, name)
	return b
}

// DevIndex is Dev by interface index, 1 or more.
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_AMT_LINK).Dev = index
	return b
}

// Local sets the source address of the packets of the tunnel, a unicast address of IPv4.
// It cannot change later (IFLA_AMT_LOCAL_IP).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_AMT_LOCAL_IP).Local = addr
	return b
}

// Discovery sets the address at which a Gateway looks for a relay, a unicast address of
// IPv4. It cannot change later (IFLA_AMT_DISCOVERY_IP).
func (b *Builder) Discovery(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_AMT_DISCOVERY_IP).Discovery = addr
	return b
}

// RelayPort sets the UDP port of the relay, 1 to 65535, 2268 by default. The link
// receives on it at both ends, and so a namespace has one link that is up for each. It
// cannot change later (IFLA_AMT_RELAY_PORT).
func (b *Builder) RelayPort(udp uint16) *Builder {
	b.set(uapi.IFLA_AMT_RELAY_PORT).RelayPort = udp
	return b
}

// GatewayPort sets the UDP port from which a Gateway sends, 1 to 65535, 2268 by default.
// The relay answers to it, but the kernel receives on the RelayPort, so that the two must
// be equal for any answer to arrive. It cannot change later (IFLA_AMT_GATEWAY_PORT).
func (b *Builder) GatewayPort(udp uint16) *Builder {
	b.set(uapi.IFLA_AMT_GATEWAY_PORT).GatewayPort = udp
	return b
}

// MaxTunnels sets the maximum number of gateways that a Relay serves, 1 to 4294967295, 128
// by default. It cannot change later (IFLA_AMT_MAX_TUNNELS).
func (b *Builder) MaxTunnels(n uint32) *Builder {
	b.set(uapi.IFLA_AMT_MAX_TUNNELS).MaxTunnels = n
	return b
}
