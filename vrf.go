package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var vrfKind = kind{
	config:   "NET_VRF",
	info:     func() info { return new(VRFInfo) },
	port:     func() info { return new(VRFPortInfo) },
	mtu:      [2]uint32{1280, 65575},
	required: attr.SetOf(uapi.IFLA_VRF_TABLE),
	driver:   "vrf",
	defaults: withoutARP + " mtu 65575",
}

// VRFInfo is the kernel's report of a VRF, a routing domain of its own.
type VRFInfo struct {
	// Table is the number of the routing table of its ports (IFLA_VRF_TABLE).
	Table uint32
}

func (v *VRFInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly().Takes("main=254 local=255 default=253"), uapi.IFLA_VRF_TABLE, "table", &v.Table, 1, 1<<32-1)
}

// VRFPortInfo is the kernel's report of a link as a port of a VRF.
type VRFPortInfo struct {
	// Table is the number of the routing table of the VRF (IFLA_VRF_PORT_TABLE).
	Table uint32
}

func (p *VRFPortInfo) attrs(c *attr.Codec) {
	attr.U32(c.ReadOnly(), uapi.IFLA_VRF_PORT_TABLE, "table", &p.Table)
}
