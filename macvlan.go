package iplink

import (
	"net"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var macvlanKind = kind{
	config: "MACVLAN",
	info:   newMacvlanInfo,
	mtu:    [2]uint32{0, 65535},
	parent: true,
	family: KindMacvlan,
	fixed:  macvlanFixed,
	before: macvlanBefore,
	reason: macvlanReason,

	overhead: noOverhead,
}

// MacvlanInfo is what the kernel says of a macvlan or macvtap link.
type MacvlanInfo struct {
	// Mode says which other links on the same parent frames reach
	// (IFLA_MACVLAN_MODE).
	Mode MacvlanMode
	// Flags are details of MacvlanPassthru and MacvlanSource
	// (IFLA_MACVLAN_FLAGS).
	Flags MacvlanFlags
	// Sources are the source addresses that a link in MacvlanSource takes
	// frames from, in ascending order (IFLA_MACVLAN_MACADDR_DATA), and
	// SourceCount their number (IFLA_MACVLAN_MACADDR_COUNT).
	Sources     []net.HardwareAddr
	SourceCount uint32
	// BCQueueLen is how many broadcast frames may wait, as asked for by this
	// link (IFLA_MACVLAN_BC_QUEUE_LEN), and BCQueueLenUsed the most that any
	// link on the parent asked for, which counts
	// (IFLA_MACVLAN_BC_QUEUE_LEN_USED).
	BCQueueLen, BCQueueLenUsed uint32
	// BCCutoff is how many links on the parent must want a multicast group for
	// its frames to be queued rather than sent at once; negative for never
	// (IFLA_MACVLAN_BC_CUTOFF). All links on a parent share it.
	BCCutoff int32

	// SourceMode is the change of Sources that a builder asks for, and Source the
	// address of MacvlanSourceAdd and MacvlanSourceDel; the kernel reports
	// neither (IFLA_MACVLAN_MACADDR_MODE, IFLA_MACVLAN_MACADDR).
	SourceMode MacvlanSourceMode
	Source     net.HardwareAddr
}

// newMacvlanInfo returns an info with the cutoff that the kernel does not
// report because it is the default.
func newMacvlanInfo() info {
	return &MacvlanInfo{BCCutoff: 1}
}

func (m *MacvlanInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_MACVLAN_MODE, "mode", &m.Mode, macvlanModes)
	attr.Custom(c.Unnamed(), uapi.IFLA_MACVLAN_FLAGS, "flag", (*macvlanFlags)(&m.Flags))
	attr.Enum(c.WriteOnly(), uapi.IFLA_MACVLAN_MACADDR_MODE, "macaddr", &m.SourceMode, macvlanSourceModes)
	attr.MAC(c.WriteOnly().Unnamed(), uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Source)
	attr.MACs(c.Unnamed(), uapi.IFLA_MACVLAN_MACADDR_DATA, uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Sources)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_MACADDR_COUNT, "macaddr_count", &m.SourceCount)
	attr.U32(c, uapi.IFLA_MACVLAN_BC_QUEUE_LEN, "bcqueuelen", &m.BCQueueLen)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_BC_QUEUE_LEN_USED, "usedbcqueuelen", &m.BCQueueLenUsed)
	attr.S32(c.Since(6, 4), uapi.IFLA_MACVLAN_BC_CUTOFF, "bclim", &m.BCCutoff)
}
