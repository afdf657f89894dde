package vxlan

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a VXLAN link: Ethernet through UDP, RFC 7348.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the VXLAN link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVXLAN, name, new(iplink.VXLANInfo))
	return b
}

// Info returns the link's own VXLAN settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.VXLANInfo, bool) {
	info, ok := link.Info.(*iplink.VXLANInfo)
	return info, ok
}

// defaultAgeing is the kernel's default (FDB_AGE_DEFAULT).
const defaultAgeing = 300 * time.Second

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.VXLANInfo {
	return own.Put[iplink.VXLANInfo](b.Own(b), number)
}

// Dev sets the underlay by name: the link through which packets leave, and whose MTU
// limits the MTU of this link. It can change, but cannot be cleared
// (IFLA_VXLAN_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_VXLAN_LINK, name)
	return b
}

// VNI sets the network identifier, 0 to 16777215. The kernel's default is 0, while
// `ip` requires a VNI unless External is set. It cannot change later
// (IFLA_VXLAN_ID).
func (b *Builder) VNI(id uint32) *Builder {
	b.set(uapi.IFLA_VXLAN_ID).VNI = id
	return b
}

// Remote sets the destination of frames to unknown addresses: another tunnel end
// point, or a multicast group, which requires Dev. Its family cannot change later;
// an unspecified address clears it (IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6).
func (b *Builder) Remote(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_VXLAN_GROUP).Remote = addr
	return b
}

// Local sets the source address, by default the source address of the route. Its
// family must be the family of Remote (IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_VXLAN_LOCAL).Local = addr
	return b
}

// DevIndex is Dev by interface index, 1 or more.
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_VXLAN_LINK).Dev = index
	return b
}

// Port sets the UDP destination port; 0 selects the kernel's default. The default is
// 8472, not the 4789 of RFC 7348, or 4790 with GPE. It cannot change later
// (IFLA_VXLAN_PORT).
func (b *Builder) Port(udp uint16) *Builder {
	b.set(uapi.IFLA_VXLAN_PORT).Port = udp
	if udp == 0 {
		b.Own(b).Set.Remove(uapi.IFLA_VXLAN_PORT)
	}
	return b
}

// SourcePorts sets the range of the UDP source port, by default the system's range, which
// the kernel also uses if low equals high. It cannot change later
// (IFLA_VXLAN_PORT_RANGE).
func (b *Builder) SourcePorts(low, high uint16) *Builder {
	info := b.set(uapi.IFLA_VXLAN_PORT_RANGE)
	info.PortLow, info.PortHigh = low, high
	return b
}

// TTL sets the time to live of the outer packet. 0, the default, selects the
// system's default, or 1 for multicast (IFLA_VXLAN_TTL).
func (b *Builder) TTL(hops uint8) *Builder {
	b.set(uapi.IFLA_VXLAN_TTL).TTL = hops
	return b
}

// TOS sets the type of service of the outer packet, 0 by default; 1 copies it from
// the inner packet (IFLA_VXLAN_TOS).
func (b *Builder) TOS(tos uint8) *Builder {
	b.set(uapi.IFLA_VXLAN_TOS).TOS = tos
	return b
}

// DF sets the policy for the don't-fragment bit of the outer IPv4 packet, DFUnset by
// default (IFLA_VXLAN_DF).
func (b *Builder) DF(df iplink.VXLANDF) *Builder {
	b.set(uapi.IFLA_VXLAN_DF).DF = df
	return b
}

// FlowLabel sets the IPv6 flow label of the outer packet, 0 to 0xfffff, 0 by
// default; only over IPv6 (IFLA_VXLAN_LABEL).
func (b *Builder) FlowLabel(label uint32) *Builder {
	b.set(uapi.IFLA_VXLAN_LABEL).FlowLabel = label
	return b
}

// LabelPolicy sets the source of the flow label, LabelFixed by default; only over
// IPv6, since Linux 6.8 (IFLA_VXLAN_LABEL_POLICY).
func (b *Builder) LabelPolicy(policy iplink.VXLANLabelPolicy) *Builder {
	b.set(uapi.IFLA_VXLAN_LABEL_POLICY).LabelPolicy = policy
	return b
}

// Learning sets whether source addresses are learned; on by default
// (IFLA_VXLAN_LEARNING).
func (b *Builder) Learning(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_LEARNING).Learning = on
	return b
}

// Ageing sets the time after which a learned address expires, in whole seconds,
// 300 s by default. The kernel also uses 300 s in place of 0: learned addresses cannot
// be kept for ever (IFLA_VXLAN_AGEING).
func (b *Builder) Ageing(after time.Duration) *Builder {
	b.set(uapi.IFLA_VXLAN_AGEING).Ageing = cmp.Or(after, defaultAgeing)
	return b
}

// Limit sets the maximum number of addresses; 0, the default, is no limit. It cannot
// change later (IFLA_VXLAN_LIMIT).
func (b *Builder) Limit(addresses uint32) *Builder {
	b.set(uapi.IFLA_VXLAN_LIMIT).Limit = addresses
	return b
}

// Proxy answers ARP and neighbour discovery on behalf of others; off by default. It
// cannot change later (IFLA_VXLAN_PROXY).
func (b *Builder) Proxy(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_PROXY).Proxy = on
	return b
}

// RSC turns on route short circuit: a frame to a known router goes directly to its
// destination; off by default. It cannot change later (IFLA_VXLAN_RSC).
func (b *Builder) RSC(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_RSC).RSC = on
	return b
}

// L2Miss notifies programs of unknown link-layer addresses; off by default. It
// cannot change later (IFLA_VXLAN_L2MISS).
func (b *Builder) L2Miss(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_L2MISS).L2Miss = on
	return b
}

// L3Miss notifies programs of unknown IP addresses; off by default. It cannot change
// later (IFLA_VXLAN_L3MISS).
func (b *Builder) L3Miss(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_L3MISS).L3Miss = on
	return b
}

// UDPCSum sets whether UDP checksums are sent over IPv4; on by default. It cannot
// change later (IFLA_VXLAN_UDP_CSUM).
func (b *Builder) UDPCSum(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_UDP_CSUM).UDPCSum = on
	return b
}

// UDPZeroCSum6Tx omits UDP checksums over IPv6; off by default. It cannot change
// later (IFLA_VXLAN_UDP_ZERO_CSUM6_TX).
func (b *Builder) UDPZeroCSum6Tx(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX).UDPZeroCSum6Tx = on
	return b
}

// UDPZeroCSum6Rx accepts packets without UDP checksums over IPv6; off by default.
// It cannot change later (IFLA_VXLAN_UDP_ZERO_CSUM6_RX).
func (b *Builder) UDPZeroCSum6Rx(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX).UDPZeroCSum6Rx = on
	return b
}

// RemCSumTx sends with remote checksum offload; off by default. It cannot change
// later (IFLA_VXLAN_REMCSUM_TX).
func (b *Builder) RemCSumTx(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_REMCSUM_TX).RemCSumTx = on
	return b
}

// RemCSumRx accepts remote checksum offload; off by default. It cannot change
// later (IFLA_VXLAN_REMCSUM_RX).
func (b *Builder) RemCSumRx(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_REMCSUM_RX).RemCSumRx = on
	return b
}

// RemCSumNoPartial computes the checksums of remote checksum offload in full. It
// cannot change later (IFLA_VXLAN_REMCSUM_NOPARTIAL).
func (b *Builder) RemCSumNoPartial() *Builder {
	b.set(uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL).RemCSumNoPartial = true
	return b
}

// GBP carries group policies. It cannot change later (IFLA_VXLAN_GBP).
func (b *Builder) GBP() *Builder {
	b.set(uapi.IFLA_VXLAN_GBP).GBP = true
	return b
}

// GPE carries protocols other than Ethernet. It requires External and
// Learning(false). It cannot change later (IFLA_VXLAN_GPE).
func (b *Builder) GPE() *Builder {
	b.set(uapi.IFLA_VXLAN_GPE).GPE = true
	return b
}

// TTLInherit copies the time to live from the inner packet. It cannot change later
// (IFLA_VXLAN_TTL_INHERIT).
func (b *Builder) TTLInherit() *Builder {
	b.set(uapi.IFLA_VXLAN_TTL_INHERIT).TTLInherit = true
	return b
}

// External leaves the tunnel's parameters to routes, tc and OVS; off by default. It
// cannot change later (IFLA_VXLAN_COLLECT_METADATA).
func (b *Builder) External(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_COLLECT_METADATA).External = on
	return b
}

// VNIFilter accepts only the VNIs of a list. It requires External, and is off by
// default. It cannot change later (IFLA_VXLAN_VNIFILTER).
func (b *Builder) VNIFilter(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_VNIFILTER).VNIFilter = on
	return b
}

// LocalBypass delivers frames for a VXLAN of the same host directly; on by default,
// since Linux 6.5 (IFLA_VXLAN_LOCALBYPASS).
func (b *Builder) LocalBypass(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_LOCALBYPASS).LocalBypass = on
	return b
}

// MCRoute routes multicast outer packets; off by default, since Linux 6.17. The
// kernel does not report it, so it cannot be verified (IFLA_VXLAN_MC_ROUTE).
func (b *Builder) MCRoute(on bool) *Builder {
	b.set(uapi.IFLA_VXLAN_MC_ROUTE).MCRoute = on
	return b
}

// ReservedBits sets the mask of header bits that must be zero in received packets.
// The default is all bits that no setting uses; since Linux 6.14. It cannot change
// later (IFLA_VXLAN_RESERVED_BITS).
func (b *Builder) ReservedBits(mask uint64) *Builder {
	b.set(uapi.IFLA_VXLAN_RESERVED_BITS).ReservedBits = mask
	return b
}
