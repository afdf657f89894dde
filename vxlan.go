package iplink

import (
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

var vxlanKind = kind{
	config:   "VXLAN",
	info:     newVXLANInfo,
	mtu:      [2]uint32{68, 65535},
	tunnel:   true,
	underlay: uapi.IFLA_VXLAN_LINK,
	clamps:   true,
	mtuAlone: true,
	lists:    []string{"vnis"},
	fixed:    vxlanFixed,

	announced:  true,
	entries:    true,
	underlayOf: func(i info) int { return i.(*VXLANInfo).Dev },
	overheads:  vxlanOverheads,
	copied:     vxlanCopied,
	flood:      vxlanFlood,
	defaults: "srcport 0 0 dstport 8472 ttl 0 tos 0x0 df unset flowlabel 0x0 learning ageing 300 maxaddress 0 noproxy norsc nol2miss nol3miss " +
		"udpcsum noudp6zerocsumtx noudp6zerocsumrx noremcsumtx noremcsumrx noexternal localbypass reserved_bits 0xf7ffffff000000ff label_policy fixed",
}

// vxlanFlood returns nil for a link that filters its networks, each of which may have a group.
func vxlanFlood(i any) *own.Flood {
	v, ok := i.(*VXLANInfo)
	if !ok || v.VNIFilter {
		return nil
	}
	return &own.Flood{Remote: v.Remote, VNI: v.VNI}
}

// vxlanCopied leaves out checksum offload that is off: the kernel takes its bits of the
// header for used if a request names it.
func vxlanCopied(l *Link, s *own.Settings) {
	v := l.Info.(*VXLANInfo)
	if !v.RemCSumTx && !v.RemCSumRx {
		s.Set.Remove(uapi.IFLA_VXLAN_REMCSUM_TX)
		s.Set.Remove(uapi.IFLA_VXLAN_REMCSUM_RX)
	}
}

// VXLANInfo is the kernel's report of a VXLAN link, RFC 7348.
type VXLANInfo struct {
	// VNI is the network identifier, 0 to 16777215 (IFLA_VXLAN_ID).
	VNI uint32
	// Remote is the destination of frames for unknown addresses: another end, or a
	// multicast group (IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6).
	Remote netip.Addr
	// Local is the source address (IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6).
	Local netip.Addr
	// Dev is the interface index of the underlay, 0 for any (IFLA_VXLAN_LINK).
	Dev int
	// Port is the UDP destination port (IFLA_VXLAN_PORT).
	Port uint16
	// PortLow and PortHigh are the limits of the UDP source port; 0 and 0 select the
	// system's range (IFLA_VXLAN_PORT_RANGE).
	PortLow, PortHigh uint16
	// TTL is the time to live of the outer packet; 0 lets the kernel choose
	// (IFLA_VXLAN_TTL).
	TTL uint8
	// TTLInherit copies it from the inner packet (IFLA_VXLAN_TTL_INHERIT).
	TTLInherit bool
	// TOS is the type of service of the outer packet; 1 copies it from the inner one
	// (IFLA_VXLAN_TOS).
	TOS uint8
	// DF determines the don't-fragment bit of the outer IPv4 packet (IFLA_VXLAN_DF).
	DF VXLANDF
	// FlowLabel is the IPv6 flow label, 20 bits (IFLA_VXLAN_LABEL), and LabelPolicy
	// its source (IFLA_VXLAN_LABEL_POLICY).
	FlowLabel   uint32
	LabelPolicy VXLANLabelPolicy
	// Learning reports whether source addresses are learned (IFLA_VXLAN_LEARNING),
	// Ageing is the time after which they are forgotten (IFLA_VXLAN_AGEING), and
	// Limit is the maximum number of them, 0 for no limit (IFLA_VXLAN_LIMIT).
	Learning bool
	Ageing   time.Duration
	Limit    uint32
	// Proxy answers ARP on behalf of others (IFLA_VXLAN_PROXY), RSC short-circuits
	// routes (IFLA_VXLAN_RSC), and L2Miss and L3Miss notify programs of unknown
	// addresses (IFLA_VXLAN_L2MISS, IFLA_VXLAN_L3MISS).
	Proxy, RSC, L2Miss, L3Miss bool
	// UDPCSum reports UDP checksums over IPv4 (IFLA_VXLAN_UDP_CSUM), and
	// UDPZeroCSum6Tx and UDPZeroCSum6Rx their absence over IPv6
	// (IFLA_VXLAN_UDP_ZERO_CSUM6_TX, IFLA_VXLAN_UDP_ZERO_CSUM6_RX).
	UDPCSum, UDPZeroCSum6Tx, UDPZeroCSum6Rx bool
	// RemCSumTx, RemCSumRx and RemCSumNoPartial control remote checksum offload
	// (IFLA_VXLAN_REMCSUM_TX, …_RX, …_NOPARTIAL).
	RemCSumTx, RemCSumRx, RemCSumNoPartial bool
	// GBP carries group policies (IFLA_VXLAN_GBP), and GPE protocols other than
	// Ethernet (IFLA_VXLAN_GPE).
	GBP, GPE bool
	// External leaves the tunnel's parameters to routes, tc and OVS
	// (IFLA_VXLAN_COLLECT_METADATA).
	External bool
	// VNIFilter accepts only the VNIs in a list (IFLA_VXLAN_VNIFILTER).
	VNIFilter bool
	// LocalBypass hands frames for a VXLAN on the same host over directly
	// (IFLA_VXLAN_LOCALBYPASS).
	LocalBypass bool
	// MCRoute routes multicast of the outer packet (IFLA_VXLAN_MC_ROUTE). The
	// kernel does not report it.
	MCRoute bool
	// ReservedBits is the mask of header bits that must be zero on receipt
	// (IFLA_VXLAN_RESERVED_BITS).
	ReservedBits uint64
}

// newVXLANInfo returns an info with the behaviour of kernels that do not report a
// setting because it is fixed.
func newVXLANInfo() info {
	return &VXLANInfo{LocalBypass: true}
}

func (v *VXLANInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly().Takes("vni"), uapi.IFLA_VXLAN_ID, "id", &v.VNI, 0, 1<<24-1)
	attr.Addr(c.Takes("remote group").Key("remote"), uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_GROUP6, v.remoteWord(), &v.Remote)
	attr.Addr(c, uapi.IFLA_VXLAN_LOCAL, uapi.IFLA_VXLAN_LOCAL6, "local", &v.Local)
	attr.Index(c, uapi.IFLA_VXLAN_LINK, "dev", &v.Dev)
	attr.Custom(c.CreateOnly().Takes("port"), uapi.IFLA_VXLAN_PORT_RANGE, "srcport", (*portRange)(v))
	attr.BE16(c.CreateOnly(), uapi.IFLA_VXLAN_PORT, "dstport", &v.Port)
	attr.U8(c.Takes("hoplimit auto=0"), uapi.IFLA_VXLAN_TTL, "ttl", &v.TTL)
	attr.Flag(c.CreateOnly().Takes("hoplimit"), uapi.IFLA_VXLAN_TTL_INHERIT, "ttl inherit", &v.TTLInherit)
	attr.U8(c.Hex().Base16().Takes("dsfield inherit=1"), uapi.IFLA_VXLAN_TOS, "tos", &v.TOS)
	attr.Enum(c, uapi.IFLA_VXLAN_DF, "df", &v.DF, vxlanDFs)
	attr.BE32(c.Hex().Takes("label"), uapi.IFLA_VXLAN_LABEL, "flowlabel", &v.FlowLabel, 0, 1<<20-1)
	attr.Enum(c.Since(6, 8).NoKeyword(), uapi.IFLA_VXLAN_LABEL_POLICY, "label_policy", &v.LabelPolicy, vxlanLabelPolicies)
	attr.Bool(c, uapi.IFLA_VXLAN_LEARNING, "learning", &v.Learning)
	attr.Seconds(c.Takes("none=0"), uapi.IFLA_VXLAN_AGEING, "ageing", &v.Ageing)
	attr.U32(c.CreateOnly().Takes("unlimited=0"), uapi.IFLA_VXLAN_LIMIT, "maxaddress", &v.Limit)
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
	attr.Flag(c.CreateOnly().NoKeyword(), uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL, "remcsum_nopartial", &v.RemCSumNoPartial)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_GBP, "gbp", &v.GBP)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_GPE, "gpe", &v.GPE)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_COLLECT_METADATA, "external", &v.External)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_VNIFILTER, "vnifilter", &v.VNIFilter)
	attr.Bool(c.Since(6, 5), uapi.IFLA_VXLAN_LOCALBYPASS, "localbypass", &v.LocalBypass)
	attr.Bool(c.WriteOnly().Since(6, 17), uapi.IFLA_VXLAN_MC_ROUTE, "mcroute", &v.MCRoute)
	attr.BE64(c.CreateOnly().Hex().Since(6, 14), uapi.IFLA_VXLAN_RESERVED_BITS, "reserved_bits", &v.ReservedBits)
}

// remoteWord returns the word for Remote: `ip` has two, depending on the address.
func (v *VXLANInfo) remoteWord() string {
	if v.Remote.IsMulticast() {
		return "group"
	}
	return "remote"
}
