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

// ipvlans is what the builders for ipvlan and ipvtap links share.
type ipvlans[Self any] struct {
	builder[Self]
	info IPvlanInfo
}

func (i *ipvlans[Self]) settings() info {
	return &i.info
}

// Mode says by which layer packets find their link. It belongs to the parent:
// to set it changes all links on the parent. Without Mode, Create keeps the mode
// of those that it can see, which are the ones in the namespaces of the parent
// and of the link; on a parent without any it is IPvlanL3 (IFLA_IPVLAN_MODE).
func (i *ipvlans[Self]) Mode(mode IPvlanMode) *Self {
	i.info.Mode = mode
	return i.with(uapi.IFLA_IPVLAN_MODE)
}

// Flags says which other links on the parent packets reach, IPvlanBridge by
// default. It belongs to the parent: to set it changes all links on the parent
// (IFLA_IPVLAN_FLAGS).
func (i *ipvlans[Self]) Flags(flags IPvlanFlags) *Self {
	i.info.Flags = flags
	return i.with(uapi.IFLA_IPVLAN_FLAGS)
}

// IPvlan is the builder for an ipvlan link: one with IP addresses of its own on
// a parent whose link-layer address it shares.
type IPvlan struct {
	ipvlans[IPvlan]
}

// NewIPvlan returns the builder for an ipvlan link of that name; see package
// ipvlan.
func NewIPvlan(name string) *IPvlan {
	i := new(IPvlan)
	return i.start(i, KindIPvlan, name)
}
