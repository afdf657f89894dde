package own

import "github.com/iplink-go/iplink/internal/attr"

// Numbers of the settings of tunnels that are bits of an attribute.
var (
	TunnelIKeyed = attr.Bit(0) // of IFLA_GRE_IFLAGS
	TunnelISeq   = attr.Bit(1)
	TunnelICsum  = attr.Bit(2)
	TunnelOKeyed = attr.Bit(3) // of IFLA_GRE_OFLAGS
	TunnelOSeq   = attr.Bit(4)
	TunnelOCsum  = attr.Bit(5)

	TunnelNoEncapLimit     = attr.Bit(6) // of the flags over IPv6
	TunnelTClassInherit    = attr.Bit(7)
	TunnelLabelInherit     = attr.Bit(8)
	TunnelMIP6             = attr.Bit(9)
	TunnelDSCPInherit      = attr.Bit(10)
	TunnelFwMarkInherit    = attr.Bit(11)
	TunnelAllowLocalRemote = attr.Bit(12)

	TunnelTClass    = attr.Bit(13) // of the flow information
	TunnelFlowLabel = attr.Bit(14)

	TunnelEncapCsum    = attr.Bit(15) // of the flags of an encapsulation
	TunnelEncapCsum6   = attr.Bit(16)
	TunnelEncapRemCsum = attr.Bit(17)

	TunnelISATAP = attr.Bit(18) // of the flags of sit
)
