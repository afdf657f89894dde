package iplink

import (
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var geneveKind = kind{
	config:         "GENEVE",
	info:           func() info { return new(GeneveInfo) },
	mtu:            [2]uint32{68, 65535},
	tunnel:         true,
	hidesNetNS:     true,
	fixed:          geneveFixed,
	validateChange: geneveBefore,
}

// GeneveInfo is the kernel's report of a GENEVE link, RFC 8926.
type GeneveInfo struct {
	// VNI is the network identifier, 0 to 16777215 (IFLA_GENEVE_ID).
	VNI uint32
	// Remote is the other end (IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6). The zero Addr
	// stands for External.
	Remote netip.Addr
	// Local is the source address, if one was set (IFLA_GENEVE_LOCAL,
	// IFLA_GENEVE_LOCAL6).
	Local netip.Addr
	// Port is the UDP destination port (IFLA_GENEVE_PORT).
	Port uint16
	// PortLow and PortHigh are the limits of the UDP source port
	// (IFLA_GENEVE_PORT_RANGE).
	PortLow, PortHigh uint16
	// TTL is the time to live of the outer packet; 0 lets the kernel choose
	// (IFLA_GENEVE_TTL). TTLInherit copies it from the inner packet instead
	// (IFLA_GENEVE_TTL_INHERIT).
	TTL        uint8
	TTLInherit bool
	// TOS is the type of service of the outer packet; 1 copies it from the inner one
	// (IFLA_GENEVE_TOS).
	TOS uint8
	// DF determines the don't-fragment bit of the outer IPv4 packet (IFLA_GENEVE_DF).
	DF GeneveDF
	// Label is the IPv6 flow label, 20 bits (IFLA_GENEVE_LABEL).
	Label uint32
	// UDPChecksum reports UDP checksums over IPv4 (IFLA_GENEVE_UDP_CSUM), and
	// UDPZeroCSum6Tx and UDPZeroCSum6Rx their absence over IPv6
	// (IFLA_GENEVE_UDP_ZERO_CSUM6_TX, IFLA_GENEVE_UDP_ZERO_CSUM6_RX). Over IPv4,
	// UDPZeroCSum6Rx is true and means nothing.
	UDPChecksum, UDPZeroCSum6Tx, UDPZeroCSum6Rx bool
	// External leaves the tunnel's parameters to routes, tc and OVS
	// (IFLA_GENEVE_COLLECT_METADATA).
	External bool
	// InnerProtoInherit carries IP packets without Ethernet headers
	// (IFLA_GENEVE_INNER_PROTO_INHERIT).
	InnerProtoInherit bool
	// GROHint helps the receiver to merge packets (IFLA_GENEVE_GRO_HINT).
	GROHint bool
}

func (v *GeneveInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly(), uapi.IFLA_GENEVE_ID, "id", &v.VNI, 0, 1<<24-1)
	attr.Addr(c, uapi.IFLA_GENEVE_REMOTE, uapi.IFLA_GENEVE_REMOTE6, "remote", &v.Remote)
	attr.Addr(c.CreateOnly().NoKeyword().Since(7, 2), uapi.IFLA_GENEVE_LOCAL, uapi.IFLA_GENEVE_LOCAL6, "local", &v.Local)
	attr.U8(c, uapi.IFLA_GENEVE_TTL, "ttl", &v.TTL)
	attr.ByteFlag(c, uapi.IFLA_GENEVE_TTL_INHERIT, "ttl inherit", &v.TTLInherit)
	attr.U8(c.Hex(), uapi.IFLA_GENEVE_TOS, "tos", &v.TOS)
	attr.Enum(c, uapi.IFLA_GENEVE_DF, "df", &v.DF, geneveDFs)
	attr.BE32(c.Hex(), uapi.IFLA_GENEVE_LABEL, "flowlabel", &v.Label, 0, 1<<20-1)
	attr.BE16(c.CreateOnly(), uapi.IFLA_GENEVE_PORT, "dstport", &v.Port)
	attr.Custom(c.CreateOnly().NoKeyword().Since(6, 15), uapi.IFLA_GENEVE_PORT_RANGE, "port_range", (*genevePorts)(v))
	attr.Flag(c.CreateOnly(), uapi.IFLA_GENEVE_COLLECT_METADATA, "external", &v.External)
	attr.Bool(c.CreateOnly().Optional(), uapi.IFLA_GENEVE_UDP_CSUM, "udpcsum", &v.UDPChecksum)
	attr.Bool(c.CreateOnly().Optional(), uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_TX, "udp6zerocsumtx", &v.UDPZeroCSum6Tx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_RX, "udp6zerocsumrx", &v.UDPZeroCSum6Rx)
	attr.Flag(c.CreateOnly(), uapi.IFLA_GENEVE_INNER_PROTO_INHERIT, "innerprotoinherit", &v.InnerProtoInherit)
	attr.Flag(c.CreateOnly().NoKeyword().Since(7, 0), uapi.IFLA_GENEVE_GRO_HINT, "gro_hint", &v.GROHint)
}

// A GeneveDF determines the don't-fragment bit of the outer IPv4 packet.
type GeneveDF uint8

// Values of the don't-fragment bit.
const (
	GeneveDFUnset   GeneveDF = iota // never
	GeneveDFSet                     // always
	GeneveDFInherit                 // as in the inner packet
)

var geneveDFs = attr.Words{"unset", "set", "inherit"}

// String returns the word of iproute2.
func (d GeneveDF) String() string {
	return attr.Word(geneveDFs, d)
}
