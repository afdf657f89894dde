// Package fdb describes the entries of forwarding databases. Bridges (package
// bridge) and VXLAN links (package vxlan) have such databases.
package fdb

import (
	"math/bits"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// An Entry is an entry of a forwarding database: the destination of frames to an
// Ethernet address. A bridge has one database (package bridge), and so has a VXLAN
// link (package vxlan), where the destination is another machine.
//
// A zero field is not sent, and was not reported.
type Entry struct {
	// MAC is the Ethernet address, 6 bytes (NDA_LLADDR). In a VXLAN link, all zeros
	// stand for every address without an entry, broadcast and multicast.
	MAC net.HardwareAddr `word:"mac,required,short"`
	// Port is the destination link's name; if it is empty, PortIndex identifies the
	// link. In a bridge it is a port, or the bridge itself for frames that the
	// machine receives. With Self alone it may also be a link without any bridge,
	// for an entry in its address filter. In a VXLAN link it is that link, and may
	// be omitted.
	Port      string `word:"dev"`
	PortIndex int    `word:"dev_index"`
	// VLAN is the entry's VLAN, 1 to 4094 (NDA_VLAN). Without one, the entry is for
	// untagged frames, and also for each VLAN of the port.
	VLAN uint16 `word:"vlan"`
	// State is the entry's lifetime, Permanent by default, as in `bridge fdb add`.
	// In a bridge, Permanent means that the machine receives the frames: an entry
	// for another machine is Static or Dynamic. With Use or ExternLearn, an entry of
	// a bridge is dynamic regardless of State. An address filter has only permanent
	// entries.
	State State `word:"state"`
	// Flags select the database of the entry and its special properties. Without
	// Self and Master, a new entry goes into the database of the opened link.
	Flags Flags `word:"flags,flags"`

	// Dst is the remote end of the tunnel, IPv4 or IPv6 like the link, which cannot
	// mix both (NDA_DST). This field and the following ones are for VXLAN links.
	Dst netip.Addr `word:"dst"`
	// DstPort is the remote UDP port, by default the link's own (NDA_PORT).
	DstPort uint16 `word:"port"`
	// VNI is the network in which frames are sent, 1 to 16777215, by default the
	// link's own (NDA_VNI).
	VNI uint32 `word:"vni"`
	// SrcVNI is the network of the entry, 1 to 16777215, on a link for many networks
	// (NDA_SRC_VNI).
	SrcVNI uint32 `word:"src_vni"`
	// Via is the name of the link through which packets leave; if it is empty,
	// ViaIndex identifies the link (NDA_IFINDEX).
	Via      string `word:"via"`
	ViaIndex int    `word:"via_index"`
	// NextHop is the ID of a nexthop group of type fdb, which replaces Dst, DstPort,
	// VNI and Via (NDA_NH_ID).
	NextHop uint32 `word:"nhid"`
	// Notify makes the kernel send a notification when a static entry of a bridge
	// becomes inactive, which means unused for the ageing time, and when it becomes
	// active again. Inactive reports that the entry is inactive (both
	// NFEA_ACTIVITY_NOTIFY).
	Notify   bool `word:"activity_notify"`
	Inactive bool `word:"inactive"` // see Notify
	// NoRefresh keeps the entry's age when the entry is changed (NFEA_DONT_REFRESH).
	// It is not reported.
	NoRefresh bool `word:"norefresh"`

	// Used and Updated are the times since the entry was last used and last changed,
	// in steps of 10 ms (NDA_CACHEINFO).
	Used, Updated time.Duration
	// LinkNetNSID is the ID of Via's namespace if it is another namespace.
	// HasLinkNetNSID reports whether it is set (NDA_LINK_NETNSID).
	LinkNetNSID    int
	HasLinkNetNSID bool
}

// A State is the lifetime of an entry.
type State uint8

// States of an entry.
const (
	Permanent State = iota // does not expire; in a bridge the machine receives the frames
	Static                 // does not expire
	Dynamic                // expires after the ageing time without use, like a learned entry
	Stale                  // unused for the ageing time; only reported
)

var states = [...]string{"permanent", "static", "dynamic", "stale"}

// String returns the name that iproute2 uses.
func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText returns the result of String.
func (s State) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *State) UnmarshalText(text []byte) error {
	return attr.ReadWord(states[:], "state of an entry", text, s)
}

// Flags is a set of entry flags: NTF_* in the lower 8 bits, NTF_EXT_* from bit 8.
type Flags uint16

// Flags of an entry.
const (
	Use         Flags = 1 << 0 // use: refresh the entry, like a received frame; in a Filter, a user program added it
	Self        Flags = 1 << 1 // self: in the link's own database
	Master      Flags = 1 << 2 // master: in the database of the link's bridge
	ExternLearn Flags = 1 << 4 // extern_learn: learned by a control plane; does not age
	Offloaded   Flags = 1 << 5 // offloaded: hardware has it as well; read-only
	Sticky      Flags = 1 << 6 // sticky: does not move to another port
	Router      Flags = 1 << 7 // router: the target of VXLAN's route short circuiting
	Locked      Flags = 1 << 9 // locked: MAB knows the host but has not admitted it; read-only
)

var flagWords = []struct {
	flag Flags
	word string
}{
	{Self, "self"}, {Master, "master"}, {Use, "use"}, {Router, "router"}, {ExternLearn, "extern_learn"},
	{Offloaded, "offload"}, {Sticky, "sticky"}, {Locked, "locked"},
}

// String returns the names that iproute2 uses, separated by spaces.
func (f Flags) String() string {
	var words []string
	for _, known := range flagWords {
		if f&known.flag != 0 {
			words = append(words, known.word)
			f &^= known.flag
		}
	}
	if f != 0 {
		words = append(words, "0x"+strconv.FormatUint(uint64(f), 16))
	}
	return strings.Join(words, " ")
}

// MarshalText returns the result of String.
func (f Flags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *Flags) UnmarshalText(text []byte) error {
	words := make([]string, 16)
	for _, known := range flagWords {
		words[bits.TrailingZeros16(uint16(known.flag))] = known.word
	}
	return attr.ReadBitWords(words, "flag of an entry", text, f)
}

// A Filter selects entries. The zero value selects all entries.
type Filter struct {
	// Port, or PortIndex, selects the entries that lead to a link. Use Self to see
	// the address filter of a link that is not a port of the bridge.
	Port      string
	PortIndex int
	// VLAN selects the entries of a VLAN, 1 to 4094.
	VLAN uint16
	// States selects entries in any of the given states. FlushFDB does not
	// distinguish Stale: stale entries are dynamic entries.
	States []State
	// Flags selects entries that have all of the given flags, and Without selects
	// entries that have none of the given flags.
	Flags, Without Flags

	// Dst, DstPort, VNI, SrcVNI, Via, ViaIndex and NextHop select entries of a VXLAN
	// link by the fields of Entry.
	Dst         netip.Addr
	DstPort     uint16
	VNI, SrcVNI uint32
	Via         string
	ViaIndex    int
	NextHop     uint32
}

// String returns the arguments that follow `bridge fdb add`. For flags that only the
// kernel sets, it uses the words of `bridge fdb show`.
func (e Entry) String() string {
	b := append([]byte(nil), e.MAC.String()...)
	b = appendLink(b, "dev", e.Port, e.PortIndex)
	if e.Flags != 0 {
		b = append(append(b, ' '), e.Flags.String()...)
	}
	b = append(append(b, ' '), e.State.String()...)
	b = appendNumber(b, "vlan", uint64(e.VLAN))
	if e.Dst.IsValid() {
		b = e.Dst.AppendTo(append(b, " dst "...))
	}
	b = appendNumber(b, "port", uint64(e.DstPort))
	b = appendNumber(b, "vni", uint64(e.VNI))
	b = appendNumber(b, "nhid", uint64(e.NextHop))
	b = appendLink(b, "via", e.Via, e.ViaIndex)
	b = appendNumber(b, "src_vni", uint64(e.SrcVNI))
	for _, word := range []struct {
		set  bool
		text string
	}{{e.Notify, " activity_notify"}, {e.Inactive, " inactive"}, {e.NoRefresh, " norefresh"}} {
		if word.set {
			b = append(b, word.text...)
		}
	}
	return string(b)
}

func appendNumber(b []byte, word string, v uint64) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendUint(append(append(append(b, ' '), word...), ' '), v, 10)
}

// appendLink appends a link's name, or iproute2's notation for an index if the name
// is empty.
func appendLink(b []byte, word, name string, index int) []byte {
	if name == "" && index == 0 {
		return b
	}
	b = append(append(append(b, ' '), word...), ' ')
	if name == "" {
		return strconv.AppendInt(append(b, "if"...), int64(index), 10)
	}
	return append(b, attr.Quote(name)...)
}
