package iplink

import (
	"net"
	"slices"

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

	sourceMode macvlanSourceMode
	source     net.HardwareAddr
}

// newMacvlanInfo returns an info with the cutoff that the kernel does not
// report because it is the default.
func newMacvlanInfo() info {
	return &MacvlanInfo{BCCutoff: 1}
}

func (m *MacvlanInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_MACVLAN_MODE, "mode", &m.Mode, macvlanModes)
	attr.Custom(c.Unnamed(), uapi.IFLA_MACVLAN_FLAGS, "flag", (*macvlanFlags)(&m.Flags))
	attr.Enum(c.WriteOnly(), uapi.IFLA_MACVLAN_MACADDR_MODE, "macaddr", &m.sourceMode, macvlanSourceModes)
	attr.MAC(c.WriteOnly().Unnamed(), uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.source)
	attr.MACs(c.Unnamed(), uapi.IFLA_MACVLAN_MACADDR_DATA, uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Sources)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_MACADDR_COUNT, "macaddr_count", &m.SourceCount)
	attr.U32(c, uapi.IFLA_MACVLAN_BC_QUEUE_LEN, "bcqueuelen", &m.BCQueueLen)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_BC_QUEUE_LEN_USED, "usedbcqueuelen", &m.BCQueueLenUsed)
	attr.S32(c.Since(6, 4), uapi.IFLA_MACVLAN_BC_CUTOFF, "bclim", &m.BCCutoff)
}

// macvlans is what the builders for macvlan and macvtap links share.
type macvlans[Self any] struct {
	builder[Self]
	info MacvlanInfo
}

func (m *macvlans[Self]) settings() info {
	return &m.info
}

// sources notes what is to be done to the list of sources, in place of what was
// noted before.
func (m *macvlans[Self]) sources(mode macvlanSourceMode) *Self {
	m.spec.set.Remove(uapi.IFLA_MACVLAN_MACADDR)
	m.spec.set.Remove(uapi.IFLA_MACVLAN_MACADDR_DATA)
	m.info.sourceMode = mode
	return m.with(uapi.IFLA_MACVLAN_MACADDR_MODE)
}

// Mode says which other links on the same parent frames reach, MacvlanVEPA by
// default. It cannot change to or from MacvlanPassthru (IFLA_MACVLAN_MODE).
func (m *macvlans[Self]) Mode(mode MacvlanMode) *Self {
	m.info.Mode = mode
	return m.with(uapi.IFLA_MACVLAN_MODE)
}

// Flags sets details of the mode, all at once; none by default
// (IFLA_MACVLAN_FLAGS).
func (m *macvlans[Self]) Flags(flags MacvlanFlags) *Self {
	m.info.Flags = flags
	return m.with(uapi.IFLA_MACVLAN_FLAGS)
}

// BCQueueLen sets how many broadcast frames may wait, 1000 by default; more needs
// CAP_NET_ADMIN in the initial user namespace. The most that any link on the
// parent asked for counts (IFLA_MACVLAN_BC_QUEUE_LEN).
func (m *macvlans[Self]) BCQueueLen(frames uint32) *Self {
	m.info.BCQueueLen = frames
	return m.with(uapi.IFLA_MACVLAN_BC_QUEUE_LEN)
}

// BCCutoff sets how many links on the parent must want a multicast group for its
// frames to be queued, 1 by default, negative for never. All links on a parent
// share it; since Linux 6.4 (IFLA_MACVLAN_BC_CUTOFF).
func (m *macvlans[Self]) BCCutoff(links int32) *Self {
	m.info.BCCutoff = links
	return m.with(uapi.IFLA_MACVLAN_BC_CUTOFF)
}

// Sources replaces the list of source addresses that a link in MacvlanSource
// takes frames from; without addresses it empties the list. Of this, AddSource,
// DelSource and FlushSources the last call counts, as a request holds one
// (IFLA_MACVLAN_MACADDR_DATA).
func (m *macvlans[Self]) Sources(macs ...net.HardwareAddr) *Self {
	m.info.Sources = slices.Clone(macs)
	m.sources(macvlanSet)
	return m.with(uapi.IFLA_MACVLAN_MACADDR_DATA)
}

// AddSource adds an address to that list (IFLA_MACVLAN_MACADDR).
func (m *macvlans[Self]) AddSource(mac net.HardwareAddr) *Self {
	m.info.source = slices.Clone(mac)
	m.sources(macvlanAdd)
	return m.with(uapi.IFLA_MACVLAN_MACADDR)
}

// DelSource takes an address from that list; one that is not in it is no error
// (IFLA_MACVLAN_MACADDR).
func (m *macvlans[Self]) DelSource(mac net.HardwareAddr) *Self {
	m.info.source = slices.Clone(mac)
	m.sources(macvlanDel)
	return m.with(uapi.IFLA_MACVLAN_MACADDR)
}

// FlushSources empties that list (IFLA_MACVLAN_MACADDR_MODE).
func (m *macvlans[Self]) FlushSources() *Self {
	return m.sources(macvlanFlush)
}

// Macvlan is the builder for a macvlan link: one with a link-layer address of
// its own on a parent that it shares.
type Macvlan struct {
	macvlans[Macvlan]
}

// NewMacvlan returns the builder for a macvlan link of that name; see package
// macvlan.
func NewMacvlan(name string) *Macvlan {
	m := new(Macvlan)
	return m.start(m, KindMacvlan, name)
}
