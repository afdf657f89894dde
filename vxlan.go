package iplink

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var vxlanKind = kind{
	config:   "VXLAN",
	info:     newVXLANInfo,
	mtu:      [2]uint32{68, 65535},
	tunnel:   true,
	underlay: uapi.IFLA_VXLAN_LINK,
	clamps:   true,
	apart:    true,
	fixed:    vxlanFixed,
}

// vxlanAgeing is the kernel's default (FDB_AGE_DEFAULT), which it also puts in the
// place of 0.
const vxlanAgeing = 300 * time.Second

// VXLANInfo is what the kernel says of a VXLAN link, RFC 7348.
type VXLANInfo struct {
	// VNI is the network identifier, 0 to 16777215 (IFLA_VXLAN_ID).
	VNI uint32
	// Remote is where frames for unknown addresses go: another end, or a
	// multicast group (IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6).
	Remote netip.Addr
	// Local is the source address (IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6).
	Local netip.Addr
	// Dev is the interface index of the underlay, 0 if any (IFLA_VXLAN_LINK).
	Dev int
	// Port is the UDP destination port (IFLA_VXLAN_PORT).
	Port uint16
	// PortLow and PortHigh bound the UDP source port; 0 and 0 are the
	// system's range (IFLA_VXLAN_PORT_RANGE).
	PortLow, PortHigh uint16
	// TTL is the time to live of the outer packet; 0 lets the kernel choose
	// (IFLA_VXLAN_TTL).
	TTL uint8
	// TTLInherit takes it from the inner packet (IFLA_VXLAN_TTL_INHERIT).
	TTLInherit bool
	// TOS is the type of service of the outer packet; 1 takes it from the
	// inner one (IFLA_VXLAN_TOS).
	TOS uint8
	// DF says how the outer IPv4 packet's don't-fragment bit is set
	// (IFLA_VXLAN_DF).
	DF VXLANDF
	// FlowLabel is the IPv6 flow label, 20 bits (IFLA_VXLAN_LABEL), and
	// LabelPolicy where it comes from (IFLA_VXLAN_LABEL_POLICY).
	FlowLabel   uint32
	LabelPolicy VXLANLabelPolicy
	// Learning reports whether source addresses are learned
	// (IFLA_VXLAN_LEARNING), Ageing after which time they are forgotten
	// (IFLA_VXLAN_AGEING), and Limit how many are kept, 0 for no limit
	// (IFLA_VXLAN_LIMIT).
	Learning bool
	Ageing   time.Duration
	Limit    uint32
	// Proxy answers ARP on behalf of others (IFLA_VXLAN_PROXY), RSC short-cuts
	// routes (IFLA_VXLAN_RSC), and L2Miss and L3Miss tell programs what is not
	// known (IFLA_VXLAN_L2MISS, IFLA_VXLAN_L3MISS).
	Proxy, RSC, L2Miss, L3Miss bool
	// UDPCSum reports UDP checksums over IPv4 (IFLA_VXLAN_UDP_CSUM), and
	// UDPZeroCSum6Tx and UDPZeroCSum6Rx their absence over IPv6
	// (IFLA_VXLAN_UDP_ZERO_CSUM6_TX, IFLA_VXLAN_UDP_ZERO_CSUM6_RX).
	UDPCSum, UDPZeroCSum6Tx, UDPZeroCSum6Rx bool
	// RemCSumTx, RemCSumRx and RemCSumNoPartial are remote checksum offload
	// (IFLA_VXLAN_REMCSUM_TX, …_RX, …_NOPARTIAL).
	RemCSumTx, RemCSumRx, RemCSumNoPartial bool
	// GBP carries group policies (IFLA_VXLAN_GBP), and GPE other protocols
	// than Ethernet (IFLA_VXLAN_GPE).
	GBP, GPE bool
	// External leaves the tunnel's parameters to routes, tc and OVS
	// (IFLA_VXLAN_COLLECT_METADATA).
	External bool
	// VNIFilter takes only the VNIs of a list (IFLA_VXLAN_VNIFILTER).
	VNIFilter bool
	// LocalBypass hands frames for a VXLAN of the same host over directly
	// (IFLA_VXLAN_LOCALBYPASS).
	LocalBypass bool
	// MCRoute routes multicast of the outer packet (IFLA_VXLAN_MC_ROUTE). The
	// kernel does not report it.
	MCRoute bool
	// ReservedBits is the mask of header bits that must be zero on receipt
	// (IFLA_VXLAN_RESERVED_BITS).
	ReservedBits uint64
}

// newVXLANInfo returns an info with what kernels do that do not report it
// because they cannot do otherwise.
func newVXLANInfo() info {
	return &VXLANInfo{LocalBypass: true}
}

func (v *VXLANInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly(), uapi.IFLA_VXLAN_ID, "id", &v.VNI, 0, 1<<24-1)
	attr.Addr(c, uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_GROUP6, v.remoteWord(), &v.Remote)
	attr.Addr(c, uapi.IFLA_VXLAN_LOCAL, uapi.IFLA_VXLAN_LOCAL6, "local", &v.Local)
	attr.Index(c, uapi.IFLA_VXLAN_LINK, "dev", &v.Dev)
	attr.Custom(c.CreateOnly(), uapi.IFLA_VXLAN_PORT_RANGE, "srcport", (*portRange)(v))
	attr.BE16(c.CreateOnly(), uapi.IFLA_VXLAN_PORT, "dstport", &v.Port)
	attr.U8(c, uapi.IFLA_VXLAN_TTL, "ttl", &v.TTL)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_TTL_INHERIT, "ttl inherit", &v.TTLInherit)
	attr.U8(c.Hex(), uapi.IFLA_VXLAN_TOS, "tos", &v.TOS)
	attr.Enum(c, uapi.IFLA_VXLAN_DF, "df", &v.DF, vxlanDFs)
	attr.BE32(c.Hex(), uapi.IFLA_VXLAN_LABEL, "flowlabel", &v.FlowLabel, 0, 1<<20-1)
	attr.Enum(c.Since(6, 8).Wordless(), uapi.IFLA_VXLAN_LABEL_POLICY, "label_policy", &v.LabelPolicy, vxlanLabelPolicies)
	attr.Bool(c, uapi.IFLA_VXLAN_LEARNING, "learning", &v.Learning)
	attr.Seconds(c, uapi.IFLA_VXLAN_AGEING, "ageing", &v.Ageing)
	attr.U32(c.CreateOnly(), uapi.IFLA_VXLAN_LIMIT, "maxaddress", &v.Limit)
	v.features(c)
}

func (v *VXLANInfo) features(c *attr.Codec) {
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_PROXY, "proxy", &v.Proxy)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_RSC, "rsc", &v.RSC)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_L2MISS, "l2miss", &v.L2Miss)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_L3MISS, "l3miss", &v.L3Miss)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_UDP_CSUM, "udpcsum", &v.UDPCSum)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, "udp6zerocsumtx", &v.UDPZeroCSum6Tx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, "udp6zerocsumrx", &v.UDPZeroCSum6Rx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_REMCSUM_TX, "remcsumtx", &v.RemCSumTx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_REMCSUM_RX, "remcsumrx", &v.RemCSumRx)
	attr.Flag(c.CreateOnly().Wordless(), uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL, "remcsum_nopartial", &v.RemCSumNoPartial)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_GBP, "gbp", &v.GBP)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_GPE, "gpe", &v.GPE)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_COLLECT_METADATA, "external", &v.External)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_VNIFILTER, "vnifilter", &v.VNIFilter)
	attr.Bool(c.Since(6, 5), uapi.IFLA_VXLAN_LOCALBYPASS, "localbypass", &v.LocalBypass)
	attr.Bool(c.WriteOnly().Since(6, 17), uapi.IFLA_VXLAN_MC_ROUTE, "mcroute", &v.MCRoute)
	attr.BE64(c.CreateOnly().Hex().Since(6, 14), uapi.IFLA_VXLAN_RESERVED_BITS, "reserved_bits", &v.ReservedBits)
}

// remoteWord returns the word for Remote: `ip` has two, by what it is.
func (v *VXLANInfo) remoteWord() string {
	if v.Remote.IsMulticast() {
		return "group"
	}
	return "remote"
}

// VXLAN is the builder for a VXLAN link: Ethernet through UDP, RFC 7348.
type VXLAN struct {
	builder[VXLAN]
	info VXLANInfo
}

// NewVXLAN returns the builder for a VXLAN link of that name; see package vxlan.
func NewVXLAN(name string) *VXLAN {
	v := new(VXLAN)
	return v.start(v, KindVXLAN, name)
}

func (v *VXLAN) settings() info {
	return &v.info
}

// Dev sets the underlay, by name: the link that packets leave by, and whose MTU
// bounds this one's. It can change and cannot be cleared (IFLA_VXLAN_LINK).
func (v *VXLAN) Dev(name string) *VXLAN {
	return v.refer(uapi.IFLA_VXLAN_LINK, name)
}

// PortSettings sets what the link has as a port of its master; it is what Port
// is for other kinds.
func (v *VXLAN) PortSettings(port PortSpec) *VXLAN {
	return v.builder.Port(port)
}

// VNI sets the network identifier, 0 to 16777215; the kernel's default is 0, and
// `ip` insists on one unless External is set. It cannot change later
// (IFLA_VXLAN_ID).
func (v *VXLAN) VNI(id uint32) *VXLAN {
	v.info.VNI = id
	return v.with(uapi.IFLA_VXLAN_ID)
}

// Remote sets where frames for unknown addresses go: another end, or a multicast
// group, which needs Dev. Its family cannot change later; an unspecified address
// clears it (IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6).
func (v *VXLAN) Remote(addr netip.Addr) *VXLAN {
	v.info.Remote = addr
	return v.with(uapi.IFLA_VXLAN_GROUP)
}

// Local sets the source address, by default the route's. Its family must be that
// of Remote (IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6).
func (v *VXLAN) Local(addr netip.Addr) *VXLAN {
	v.info.Local = addr
	return v.with(uapi.IFLA_VXLAN_LOCAL)
}

// DevIndex is Dev by interface index, 1 or more.
func (v *VXLAN) DevIndex(index int) *VXLAN {
	v.info.Dev = index
	return v.index(uapi.IFLA_VXLAN_LINK)
}

// Port sets the UDP destination port. The kernel's default, which 0 leaves it to, is
// 8472, not the 4789 of RFC 7348, and 4790 with GPE. It cannot change later
// (IFLA_VXLAN_PORT).
//
// It hides the setter for settings as a port of a master, which is PortSettings.
func (v *VXLAN) Port(udp uint16) *VXLAN {
	v.info.Port = udp
	v.with(uapi.IFLA_VXLAN_PORT)
	if udp == 0 {
		v.spec.set.Remove(uapi.IFLA_VXLAN_PORT)
	}
	return v
}

// SourcePorts bounds the UDP source port, by default the system's range. It cannot
// change later (IFLA_VXLAN_PORT_RANGE).
func (v *VXLAN) SourcePorts(low, high uint16) *VXLAN {
	v.info.PortLow, v.info.PortHigh = low, high
	return v.with(uapi.IFLA_VXLAN_PORT_RANGE)
}

// TTL sets the time to live of the outer packet; 0, the default, is the system's,
// and 1 for multicast (IFLA_VXLAN_TTL).
func (v *VXLAN) TTL(hops uint8) *VXLAN {
	v.info.TTL = hops
	return v.with(uapi.IFLA_VXLAN_TTL)
}

// TOS sets the type of service of the outer packet; 1 takes it from the inner one,
// 0 is the default (IFLA_VXLAN_TOS).
func (v *VXLAN) TOS(tos uint8) *VXLAN {
	v.info.TOS = tos
	return v.with(uapi.IFLA_VXLAN_TOS)
}

// DF says how the don't-fragment bit of the outer IPv4 packet is set, VXLANDFUnset
// by default (IFLA_VXLAN_DF).
func (v *VXLAN) DF(df VXLANDF) *VXLAN {
	v.info.DF = df
	return v.with(uapi.IFLA_VXLAN_DF)
}

// FlowLabel sets the IPv6 flow label of the outer packet, 0 to 0xfffff, 0 by
// default; only over IPv6 (IFLA_VXLAN_LABEL).
func (v *VXLAN) FlowLabel(label uint32) *VXLAN {
	v.info.FlowLabel = label
	return v.with(uapi.IFLA_VXLAN_LABEL)
}

// LabelPolicy says where the flow label comes from, VXLANLabelFixed by default;
// only over IPv6, since Linux 6.8 (IFLA_VXLAN_LABEL_POLICY).
func (v *VXLAN) LabelPolicy(policy VXLANLabelPolicy) *VXLAN {
	v.info.LabelPolicy = policy
	return v.with(uapi.IFLA_VXLAN_LABEL_POLICY)
}

// Learning says whether source addresses are learned; on by default
// (IFLA_VXLAN_LEARNING).
func (v *VXLAN) Learning(on bool) *VXLAN {
	v.info.Learning = on
	return v.with(uapi.IFLA_VXLAN_LEARNING)
}

// Ageing sets after which time a learned address is forgotten, in whole seconds. It
// is 300 s by default, which the kernel takes 0 for, too: learned addresses cannot
// be kept for ever (IFLA_VXLAN_AGEING).
func (v *VXLAN) Ageing(after time.Duration) *VXLAN {
	v.info.Ageing = cmp.Or(after, vxlanAgeing)
	return v.with(uapi.IFLA_VXLAN_AGEING)
}

// Limit sets how many addresses are kept, 0, the default, for no limit. It cannot
// change later (IFLA_VXLAN_LIMIT).
func (v *VXLAN) Limit(addresses uint32) *VXLAN {
	v.info.Limit = addresses
	return v.with(uapi.IFLA_VXLAN_LIMIT)
}

// Proxy answers ARP and neighbour discovery on behalf of others; off by default. It
// cannot change later (IFLA_VXLAN_PROXY).
func (v *VXLAN) Proxy(on bool) *VXLAN {
	v.info.Proxy = on
	return v.with(uapi.IFLA_VXLAN_PROXY)
}

// RSC turns on route short circuit: a frame for a router that is known here goes
// straight to its destination; off by default. It cannot change later
// (IFLA_VXLAN_RSC).
func (v *VXLAN) RSC(on bool) *VXLAN {
	v.info.RSC = on
	return v.with(uapi.IFLA_VXLAN_RSC)
}

// L2Miss tells programs of link-layer addresses that are not known; off by default.
// It cannot change later (IFLA_VXLAN_L2MISS).
func (v *VXLAN) L2Miss(on bool) *VXLAN {
	v.info.L2Miss = on
	return v.with(uapi.IFLA_VXLAN_L2MISS)
}

// L3Miss tells programs of IP addresses that are not known; off by default. It
// cannot change later (IFLA_VXLAN_L3MISS).
func (v *VXLAN) L3Miss(on bool) *VXLAN {
	v.info.L3Miss = on
	return v.with(uapi.IFLA_VXLAN_L3MISS)
}

// UDPCSum says whether UDP checksums are sent over IPv4; on by default. It cannot
// change later (IFLA_VXLAN_UDP_CSUM).
func (v *VXLAN) UDPCSum(on bool) *VXLAN {
	v.info.UDPCSum = on
	return v.with(uapi.IFLA_VXLAN_UDP_CSUM)
}

// UDPZeroCSum6Tx leaves out UDP checksums over IPv6; off by default. It cannot
// change later (IFLA_VXLAN_UDP_ZERO_CSUM6_TX).
func (v *VXLAN) UDPZeroCSum6Tx(on bool) *VXLAN {
	v.info.UDPZeroCSum6Tx = on
	return v.with(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX)
}

// UDPZeroCSum6Rx accepts packets without UDP checksums over IPv6; off by default.
// It cannot change later (IFLA_VXLAN_UDP_ZERO_CSUM6_RX).
func (v *VXLAN) UDPZeroCSum6Rx(on bool) *VXLAN {
	v.info.UDPZeroCSum6Rx = on
	return v.with(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX)
}

// RemCSumTx sends with remote checksum offload; off by default. It cannot change
// later (IFLA_VXLAN_REMCSUM_TX).
func (v *VXLAN) RemCSumTx(on bool) *VXLAN {
	v.info.RemCSumTx = on
	return v.with(uapi.IFLA_VXLAN_REMCSUM_TX)
}

// RemCSumRx accepts remote checksum offload; off by default. It cannot change
// later (IFLA_VXLAN_REMCSUM_RX).
func (v *VXLAN) RemCSumRx(on bool) *VXLAN {
	v.info.RemCSumRx = on
	return v.with(uapi.IFLA_VXLAN_REMCSUM_RX)
}

// RemCSumNoPartial computes such checksums in full. It cannot change later
// (IFLA_VXLAN_REMCSUM_NOPARTIAL).
func (v *VXLAN) RemCSumNoPartial() *VXLAN {
	v.info.RemCSumNoPartial = true
	return v.with(uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL)
}

// GBP carries group policies. It cannot change later (IFLA_VXLAN_GBP).
func (v *VXLAN) GBP() *VXLAN {
	v.info.GBP = true
	return v.with(uapi.IFLA_VXLAN_GBP)
}

// GPE carries other protocols than Ethernet; it needs External and
// Learning(false). It cannot change later (IFLA_VXLAN_GPE).
func (v *VXLAN) GPE() *VXLAN {
	v.info.GPE = true
	return v.with(uapi.IFLA_VXLAN_GPE)
}

// TTLInherit takes the time to live from the inner packet. It cannot change later
// (IFLA_VXLAN_TTL_INHERIT).
func (v *VXLAN) TTLInherit() *VXLAN {
	v.info.TTLInherit = true
	return v.with(uapi.IFLA_VXLAN_TTL_INHERIT)
}

// External leaves the tunnel's parameters to routes, tc and OVS; off by default. It
// cannot change later (IFLA_VXLAN_COLLECT_METADATA).
func (v *VXLAN) External(on bool) *VXLAN {
	v.info.External = on
	return v.with(uapi.IFLA_VXLAN_COLLECT_METADATA)
}

// VNIFilter takes only the VNIs of a list; it needs External, and is off by default.
// It cannot change later (IFLA_VXLAN_VNIFILTER).
func (v *VXLAN) VNIFilter(on bool) *VXLAN {
	v.info.VNIFilter = on
	return v.with(uapi.IFLA_VXLAN_VNIFILTER)
}

// LocalBypass hands frames for a VXLAN of the same host over directly; on by
// default, since Linux 6.5 (IFLA_VXLAN_LOCALBYPASS).
func (v *VXLAN) LocalBypass(on bool) *VXLAN {
	v.info.LocalBypass = on
	return v.with(uapi.IFLA_VXLAN_LOCALBYPASS)
}

// MCRoute routes multicast of the outer packet; off by default, since Linux 6.17. The
// kernel does not report it, so that it cannot be verified
// (IFLA_VXLAN_MC_ROUTE).
func (v *VXLAN) MCRoute(on bool) *VXLAN {
	v.info.MCRoute = on
	return v.with(uapi.IFLA_VXLAN_MC_ROUTE)
}

// ReservedBits sets the mask of header bits that must be zero on receipt, by default
// all that no setting uses; since Linux 6.14. It cannot change later
// (IFLA_VXLAN_RESERVED_BITS).
func (v *VXLAN) ReservedBits(mask uint64) *VXLAN {
	v.info.ReservedBits = mask
	return v.with(uapi.IFLA_VXLAN_RESERVED_BITS)
}
