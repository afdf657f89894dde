package iplink

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

var macvlanKind = kind{
	config:         "MACVLAN",
	info:           newMacvlanInfo,
	mtu:            [2]uint32{0, 65535},
	parent:         true,
	family:         KindMacvlan,
	fixed:          macvlanFixed,
	notBeside:      syscall.EINVAL, // one of the two is in mode passthru
	validateChange: macvlanBefore,
	reason:         macvlanReason,

	copied:       macvlanCopied,
	overhead:     noOverhead,
	addressInUse: macvlanAddressInUse,
	defaults:     "mode vepa flag null bcqueuelen 1000",
}

// macvlanCopied makes the list of sources the whole list of the link that is made again.
func macvlanCopied(_ *Link, s *own.Settings) {
	m := s.Info.(*MacvlanInfo)
	if s.Set.Remove(uapi.IFLA_MACVLAN_MACADDR_DATA); len(m.Sources) > 0 {
		m.SourceMode = MacvlanSourceSet
		s.Set = s.Set.Or(attr.SetOf(uapi.IFLA_MACVLAN_MACADDR_MODE, uapi.IFLA_MACVLAN_MACADDR_DATA))
	}
}

const macvlanAddressInUse = "the parent, or another macvlan on it, has the link-layer address: set another, or none"

// MacvlanInfo is the kernel's report of a macvlan or macvtap link.
type MacvlanInfo struct {
	// Mode determines which other links on the same parent frames reach
	// (IFLA_MACVLAN_MODE).
	Mode MacvlanMode
	// Flags are details of MacvlanPassthru and MacvlanSource
	// (IFLA_MACVLAN_FLAGS).
	Flags MacvlanFlags
	// Sources are the source addresses from which a link in MacvlanSource accepts
	// frames, in ascending order (IFLA_MACVLAN_MACADDR_DATA), and SourceCount is
	// their number (IFLA_MACVLAN_MACADDR_COUNT).
	Sources     []net.HardwareAddr
	SourceCount uint32
	// BCQueueLen is the number of broadcast frames that may wait, as requested by
	// this link (IFLA_MACVLAN_BC_QUEUE_LEN). BCQueueLenUsed is the largest number
	// that any link on the parent requested, which is in effect
	// (IFLA_MACVLAN_BC_QUEUE_LEN_USED).
	BCQueueLen, BCQueueLenUsed uint32
	// BCCutoff is the number of links on the parent that must want a multicast group
	// for its frames to be queued rather than sent at once; if negative, they are
	// never queued (IFLA_MACVLAN_BC_CUTOFF). All links on a parent share it.
	BCCutoff int32

	// SourceMode is the change of Sources that a builder requests, and Source is the
	// address for MacvlanSourceAdd and MacvlanSourceDel; the kernel reports neither
	// (IFLA_MACVLAN_MACADDR_MODE, IFLA_MACVLAN_MACADDR).
	SourceMode MacvlanSourceMode
	Source     net.HardwareAddr
}

// newMacvlanInfo returns an info with the default cutoff, which the kernel does not
// report.
func newMacvlanInfo() info {
	return &MacvlanInfo{BCCutoff: 1}
}

func (m *MacvlanInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_MACVLAN_MODE, "mode", &m.Mode, macvlanModes)
	attr.Custom(c.ValueOnly(), uapi.IFLA_MACVLAN_FLAGS, "flag", (*macvlanFlags)(&m.Flags))
	attr.Enum(c.WriteOnly().Key("macaddr_mode"), uapi.IFLA_MACVLAN_MACADDR_MODE, "macaddr", &m.SourceMode, macvlanSourceModes)
	attr.MAC(c.WriteOnly().ValueOnly(), uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Source)
	attr.MACs(c.ValueOnly().Key("macaddr_data"), uapi.IFLA_MACVLAN_MACADDR_DATA, uapi.IFLA_MACVLAN_MACADDR, "macaddr", &m.Sources)
	attr.U32(c.ReadOnly(), uapi.IFLA_MACVLAN_MACADDR_COUNT, "macaddr_count", &m.SourceCount)
	attr.U32(c, uapi.IFLA_MACVLAN_BC_QUEUE_LEN, "bcqueuelen", &m.BCQueueLen)
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_MACVLAN_BC_QUEUE_LEN_USED, "usedbcqueuelen", &m.BCQueueLenUsed)
	attr.S32(c.Since(6, 4), uapi.IFLA_MACVLAN_BC_CUTOFF, "bclim", &m.BCCutoff)
}

// A MacvlanMode determines which other links on the same parent frames reach.
type MacvlanMode uint32

// Modes.
const (
	MacvlanPrivate  MacvlanMode = 1  // none
	MacvlanVEPA     MacvlanMode = 2  // all, through a switch that sends frames back
	MacvlanBridge   MacvlanMode = 4  // all, directly
	MacvlanPassthru MacvlanMode = 8  // there are no others: the link takes over the parent
	MacvlanSource   MacvlanMode = 16 // it accepts frames from a list of addresses only
)

var macvlanModes = attr.Words{1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source"}

// String returns the word of iproute2.
func (m MacvlanMode) String() string {
	return attr.Word(macvlanModes, m)
}

// MarshalText returns the result of String.
func (m MacvlanMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *MacvlanMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(macvlanModes, "macvlan mode", text, m)
}

// MacvlanFlags are details of a mode.
type MacvlanFlags uint16

// Details of modes.
const (
	MacvlanNoPromisc MacvlanFlags = 1 // MacvlanPassthru does not make the parent promiscuous
	MacvlanNoDst     MacvlanFlags = 2 // MacvlanSource considers the source address alone
)

var macvlanFlagWords = []string{"nopromisc", "nodst"}

// String returns the words of iproute2, separated by "|".
func (f MacvlanFlags) String() string {
	return attr.BitWords(uint32(f), macvlanFlagWords, "|")
}

// MarshalText returns the result of String.
func (f MacvlanFlags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *MacvlanFlags) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(macvlanFlagWords, "macvlan flags", text, f)
}

// macvlanFlags is MacvlanFlags in its attribute.
type macvlanFlags MacvlanFlags

// AppendPayload appends the whole word, which replaces the previous one.
func (f *macvlanFlags) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint16(b, uint16(*f))
}

// ParsePayload reads the word.
func (f *macvlanFlags) ParsePayload(b []byte) error {
	if err := attr.Width(b, 2); err != nil {
		return err
	}
	*f = macvlanFlags(wire.Order.Uint16(b))
	return nil
}

// AppendWords appends the word "flag" with each flag, or with "null" if there is
// none.
func (f *macvlanFlags) AppendWords(b []byte) []byte {
	words := "null"
	if *f != 0 {
		words = attr.BitWords(uint32(*f), macvlanFlagWords, " flag ")
	}
	return append(append(b, "flag "...), words...)
}

// Begins returns the words that can begin a flag.
func (f *macvlanFlags) Begins() []string {
	return append([]string{"flag"}, macvlanFlagWords...)
}

// ReadWords reads a flag, which adds to the others, or "null" for none.
func (f *macvlanFlags) ReadWords(word string, args *words.Args) (err error) {
	if word == "flag" {
		word, err = args.Value()
	}
	i := slices.Index(macvlanFlagWords, word)
	switch {
	case err != nil:
		return err
	case word == "null":
		*f = 0
	case i < 0:
		return args.Unknown(append([]string{"null"}, macvlanFlagWords...))
	default:
		*f |= 1 << i
	}
	return nil
}

// JSONValue returns the flags.
func (f *macvlanFlags) JSONValue() any { return jsonform.Flags((*MacvlanFlags)(f)) }

// readWord reads a change of the list of sources.
func (m *MacvlanInfo) readWord(s *own.Settings, word string, args *words.Args) (bool, error) {
	if word != "macaddr" {
		return false, nil
	}
	verb, err := args.Value()
	if err != nil {
		return true, err
	}
	if err := m.SourceMode.UnmarshalText([]byte(verb)); err != nil {
		return true, args.Unknown(macvlanSourceModes)
	}
	s.Set = s.Set.Minus(attr.SetOf(uapi.IFLA_MACVLAN_MACADDR, uapi.IFLA_MACVLAN_MACADDR_DATA))
	s.Set.Add(uapi.IFLA_MACVLAN_MACADDR_MODE)
	switch m.SourceMode {
	case MacvlanSourceAdd, MacvlanSourceDel:
		s.Set.Add(uapi.IFLA_MACVLAN_MACADDR)
		m.Source, err = args.HardwareAddr()
	case MacvlanSourceSet:
		s.Set.Add(uapi.IFLA_MACVLAN_MACADDR_DATA)
		m.Sources, err = readMACs(args)
	}
	return true, err
}

// moreWords returns the words of readWord.
func (m *MacvlanInfo) moreWords() []string { return []string{"macaddr"} }

// readMACs reads all Ethernet addresses that follow.
func readMACs(args *words.Args) (all []net.HardwareAddr, err error) {
	for strings.Contains(args.Peek(), ":") {
		mac, err := args.HardwareAddr()
		if err != nil {
			return nil, err
		}
		all = append(all, mac)
	}
	return all, nil
}

// Check rejects flags that the kernel does not have.
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
	MacvlanSourceDel                            // an address is removed
	MacvlanSourceFlush                          // the list is emptied
	MacvlanSourceSet                            // the list is replaced
)

var macvlanSourceModes = attr.Words{"add", "del", "flush", "set"}

// String returns the word of iproute2.
func (m MacvlanSourceMode) String() string {
	return attr.Word(macvlanSourceModes, m)
}

// MarshalText returns the result of String.
func (m MacvlanSourceMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *MacvlanSourceMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(macvlanSourceModes, "macvlan source mode", text, m)
}

// validate rejects sources in a mode without sources.
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

// macvlanFixed returns the mode if it would change to or from MacvlanPassthru, which
// is impossible.
func macvlanFixed(j *job, have info, changed attr.Set) (fixed attr.Set) {
	want, ok := j.spec.Info.(*MacvlanInfo)
	now, is := have.(*MacvlanInfo)
	if ok && is && changed.Has(uapi.IFLA_MACVLAN_MODE) && (want.Mode == MacvlanPassthru) != (now.Mode == MacvlanPassthru) {
		fixed.Add(uapi.IFLA_MACVLAN_MODE)
	}
	return fixed
}

// macvlanBefore leaves out settings that would not change the list of sources.
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
	case want.SourceMode == MacvlanSourceAdd && (len(now.Sources)+1)*(wire.AttrLen+8) > mostOfKind-32: // room for other settings
		return &attr.Error{Name: "macaddr", Text: fmt.Sprintf("the link has %d already, which leaves no room in what the kernel says of it", len(now.Sources))}
	}
	return nil
}

// settled reports whether the list is already in the state after the change. A list
// that replaces another is compared elsewhere.
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

// macvlanReason returns the meaning of the driver's bare errnos.
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
