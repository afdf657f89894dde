package iplink

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

var macvlanKind = kind{
	config:         "MACVLAN",
	info:           newMacvlanInfo,
	mtu:            [2]uint32{0, 65535},
	parent:         true,
	family:         KindMacvlan,
	fixed:          macvlanFixed,
	validateChange: macvlanBefore,
	reason:         macvlanReason,

	overhead:     noOverhead,
	counters:     macvlanCounters,
	addressInUse: macvlanAddressInUse,
}

var macvlanCounters = attr.SetOf(uapi.IFLA_MACVLAN_BC_QUEUE_LEN_USED)

const macvlanAddressInUse = "the parent, or another macvlan on it, has the link-layer address: set another, or none"

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
	attr.Custom(c.ValueOnly(), uapi.IFLA_MACVLAN_FLAGS, "flag", (*macvlanFlags)(&m.Flags))
	attr.Enum(c.WriteOnly(), uapi.IFLA_MACVLAN_MACADDR_MODE, "macaddr", &m.SourceMode, macvlanSourceModes)
	attr.MAC(c.WriteOnly().ValueOnly(), uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Source)
	attr.MACs(c.ValueOnly(), uapi.IFLA_MACVLAN_MACADDR_DATA, uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Sources)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_MACADDR_COUNT, "macaddr_count", &m.SourceCount)
	attr.U32(c, uapi.IFLA_MACVLAN_BC_QUEUE_LEN, "bcqueuelen", &m.BCQueueLen)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_BC_QUEUE_LEN_USED, "usedbcqueuelen", &m.BCQueueLenUsed)
	attr.S32(c.Since(6, 4), uapi.IFLA_MACVLAN_BC_CUTOFF, "bclim", &m.BCCutoff)
}

// A MacvlanMode says which other links on the same parent frames reach.
type MacvlanMode uint32

// Modes.
const (
	MacvlanPrivate  MacvlanMode = 1  // none
	MacvlanVEPA     MacvlanMode = 2  // all, by way of a switch that sends frames back
	MacvlanBridge   MacvlanMode = 4  // all, directly
	MacvlanPassthru MacvlanMode = 8  // there is no other: the link takes the parent over
	MacvlanSource   MacvlanMode = 16 // it takes frames from a list of addresses only
)

var macvlanModes = attr.Words{1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source"}

// String returns the word of iproute2.
func (m MacvlanMode) String() string {
	return attr.Word(macvlanModes, m)
}

// MacvlanFlags are details of a mode.
type MacvlanFlags uint16

// Details of modes.
const (
	MacvlanNoPromisc MacvlanFlags = 1 // MacvlanPassthru leaves the parent out of promiscuous mode
	MacvlanNoDst     MacvlanFlags = 2 // MacvlanSource goes by the source address alone
)

var macvlanFlagWords = []string{"nopromisc", "nodst"}

// String returns the words of iproute2 with "|" between.
func (f MacvlanFlags) String() string {
	return attr.BitWords(uint32(f), macvlanFlagWords, "|")
}

// macvlanFlags is MacvlanFlags in its attribute.
type macvlanFlags MacvlanFlags

// AppendPayload appends the whole word, which replaces the one before.
func (f *macvlanFlags) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint16(b, uint16(*f))
}

// ParsePayload reads the word.
func (f *macvlanFlags) ParsePayload(b []byte) error {
	if len(b) != 2 {
		return fmt.Errorf("%d bytes where 2 are due", len(b))
	}
	*f = macvlanFlags(wire.Order.Uint16(b))
	return nil
}

// AppendWords appends the word "flag" with each flag, and with "null" if there
// is none.
func (f *macvlanFlags) AppendWords(b []byte) []byte {
	words := "null"
	if *f != 0 {
		words = attr.BitWords(uint32(*f), macvlanFlagWords, " flag ")
	}
	return append(append(b, "flag "...), words...)
}

// Check refuses flags that the kernel does not have.
func (f *macvlanFlags) Check() error {
	if *f&^macvlanFlags(MacvlanNoPromisc|MacvlanNoDst) != 0 {
		return fmt.Errorf("%#x has bits besides %s", uint16(*f), strings.Join(macvlanFlagWords, ", "))
	}
	return nil
}

// A MacvlanSourceMode is a change of the list of sources.
type MacvlanSourceMode uint32

// Changes of the list of sources.
const (
	MacvlanSourceAdd   MacvlanSourceMode = iota // an address is added
	MacvlanSourceDel                            // an address is taken away
	MacvlanSourceFlush                          // the list is emptied
	MacvlanSourceSet                            // the list is replaced
)

var macvlanSourceModes = attr.Words{"add", "del", "flush", "set"}

// String returns the word of iproute2.
func (m MacvlanSourceMode) String() string {
	return attr.Word(macvlanSourceModes, m)
}

// validate refuses sources in a mode that has none.
func (m *MacvlanInfo) validate(op string, s *spec) error {
	mode := MacvlanSource
	switch now, ok := s.standing.(*MacvlanInfo); {
	case s.asks(uapi.IFLA_MACVLAN_MODE):
		mode = m.Mode
	case ok:
		mode = now.Mode
	case op == "create":
		mode = MacvlanVEPA
	}
	if s.Set.Has(uapi.IFLA_MACVLAN_MACADDR_MODE) && mode != MacvlanSource {
		return &attr.Error{Name: "macaddr", Text: "needs mode source, not " + mode.String()}
	}
	return nil
}

// macvlanFixed returns the mode if it is to change to or from MacvlanPassthru, which
// no link does.
func macvlanFixed(j *job, have info, changed attr.Set) (fixed attr.Set) {
	want, ok := j.spec.Info.(*MacvlanInfo)
	now, is := have.(*MacvlanInfo)
	if ok && is && changed.Has(uapi.IFLA_MACVLAN_MODE) && (want.Mode == MacvlanPassthru) != (now.Mode == MacvlanPassthru) {
		fixed.Add(uapi.IFLA_MACVLAN_MODE)
	}
	return fixed
}

// macvlanBefore leaves out what would not change the list of sources.
func macvlanBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*MacvlanInfo)
	now, is := have.Info.(*MacvlanInfo)
	const mode, data = uapi.IFLA_MACVLAN_MACADDR_MODE, uapi.IFLA_MACVLAN_MACADDR_DATA
	switch {
	case !ok || !is || !j.spec.Set.Has(mode) || j.infoSet.Has(uapi.IFLA_MACVLAN_MODE):
	case j.infoSet.Has(data):
		j.infoSet.Add(mode)
	case want.SourceMode.settled(want.Source, now.Sources):
		j.infoSet.Remove(mode)
		j.infoSet.Remove(uapi.IFLA_MACVLAN_MACADDR)
	case want.SourceMode == MacvlanSourceAdd && (len(now.Sources)+1)*(wire.AttrLen+8) > mostOfKind-32: // which other settings take
		return &attr.Error{Name: "macaddr", Text: fmt.Sprintf("the link has %d already, which leaves no room in what the kernel says of it", len(now.Sources))}
	}
	return nil
}

// settled reports whether the list is as it would be after the act; a list that is
// to be replaced is compared for itself.
func (m MacvlanSourceMode) settled(source net.HardwareAddr, list []net.HardwareAddr) bool {
	has := slices.ContainsFunc(list, func(mac net.HardwareAddr) bool { return slices.Equal(mac, source) })
	switch m {
	case MacvlanSourceAdd:
		return has
	case MacvlanSourceDel:
		return !has
	case MacvlanSourceFlush:
		return len(list) == 0
	}
	return true
}

// macvlanReason says what the driver's bare errnos mean.
func macvlanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent is a port of a bridge, bond or team, or carries ipvlan links"
	case syscall.EINVAL:
		return "a parent carries either one link in mode passthru or others, and it must be Ethernet; sources need mode source"
	case syscall.EADDRNOTAVAIL:
		return "an address must be unicast and not zero"
	}
	return ""
}
