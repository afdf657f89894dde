package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var ipvlanKind = kind{
	config:  "IPVLAN",
	info:    func() info { return new(IPvlanInfo) },
	mtu:     [2]uint32{68, 65535},
	parent:  true,
	family:  KindIPvlan,
	address: ipvlanAddress,
	reason:  ipvlanReason,
}

// IPvlanInfo is what the kernel says of an ipvlan or ipvtap link. All of it
// belongs to the parent: the links on one parent share it.
type IPvlanInfo struct {
	// Mode says by which layer packets find their link (IFLA_IPVLAN_MODE).
	Mode IPvlanMode
	// Flags say which other links on the parent packets reach
	// (IFLA_IPVLAN_FLAGS).
	Flags IPvlanFlags
}

func (i *IPvlanInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_IPVLAN_MODE, "mode", &i.Mode, ipvlanModes)
	attr.Enum(c.Unnamed(), uapi.IFLA_IPVLAN_FLAGS, "flags", &i.Flags, ipvlanFlags)
}
