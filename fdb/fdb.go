// Package fdb has the entries of forwarding databases, which bridges (package
// bridge) and VXLAN links (package vxlan) have.
package fdb

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// An Entry is an entry of a forwarding database: which way frames to an
// Ethernet address go. A bridge has one (packages bridge), and so has a VXLAN
// link (package vxlan), where the way is another machine.
//
// A field that is zero is not sent, and was not reported.
type Entry struct {
	// MAC is the Ethernet address, 6 bytes (NDA_LLADDR). In a VXLAN link, zeros
	// stand for all addresses that have no entry, broadcast and multicast.
	MAC net.HardwareAddr
	// Port is the link that the entry leads to, by name or, if the name is
	// empty, PortIndex. In a bridge it is a port, or the bridge itself for
	// frames that the machine takes; with Self alone it may also be a link that
	// has nothing to do with bridges, for an entry of its address filter. In a
	// VXLAN link it is that link and may be left out.
	Port      string
	PortIndex int
	// VLAN is the VLAN that the entry is for, 1 to 4094 (NDA_VLAN). Without one
	// it is for frames without a tag, and also for each VLAN of the port.
	VLAN uint16
	// State is how long the entry stays, Permanent unless said otherwise, as
	// in `bridge fdb add`. In a bridge that means that the machine takes the
	// frames: what leads to another one is Static or Dynamic. With Use or
	// ExternLearn an entry of a bridge is dynamic, whatever the state, and an
	// address filter has only permanent ones.
	State State
	// Flags say which database the entry is in, and what is special about it.
	// Without Self and Master a new entry goes into the database of what
	// was opened.
	Flags Flags

	// Dst is the other end of the tunnel, of IPv4 or IPv6 as the link is, not
	// both (NDA_DST). This and what follows is for VXLAN links.
	Dst netip.Addr
	// DstPort is the UDP port there, the link's own unless given (NDA_PORT).
	DstPort uint16
	// VNI is the network that frames are sent in, 1 to 16777215, the link's own
	// unless given (NDA_VNI).
	VNI uint32
	// SrcVNI is the network that the entry is for, 1 to 16777215, on a link for
	// many networks (NDA_SRC_VNI).
	SrcVNI uint32
	// Via is the link that packets leave by, by name or, if the name is empty,
	// ViaIndex (NDA_IFINDEX).
	Via      string
	ViaIndex int
	// NextHop is the id of a nexthop group of type fdb, in place of Dst,
	// DstPort, VNI and Via (NDA_NH_ID).
	NextHop uint32
	// Notify makes the kernel tell when a static entry of a bridge becomes
	// inactive, not used for the ageing time, and active again; Inactive says
	// that it is (both NFEA_ACTIVITY_NOTIFY).
	Notify, Inactive bool
	// NoRefresh keeps an entry's age when the entry is changed
	// (NFEA_DONT_REFRESH). It is not reported.
	NoRefresh bool

	// Used and Updated are how long ago the entry was used and changed, in
	// steps of 10 ms (NDA_CACHEINFO).
	Used, Updated time.Duration
	// LinkNetNSID is the id of the namespace that Via is in, if that is another
	// one, and HasLinkNetNSID says so (NDA_LINK_NETNSID).
	LinkNetNSID    int
	HasLinkNetNSID bool
}

// An State is how long an entry stays.
type State uint8

// States of an entry.
const (
	Permanent State = iota // it stays, and in a bridge the machine takes the frames
	Static                 // it stays
	Dynamic                // it goes when it is not used for the ageing time, as if learned
	Stale                  // it was not used for that time; only reported
)

var states = [...]string{"permanent", "static", "dynamic", "stale"}

// String returns iproute2's word.
func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// Flags is a set of flags of an entry: NTF_* in the lower 8 bits, NTF_EXT_*
// from bit 8 on.
type Flags uint16

// Flags of an entry.
const (
	Use         Flags = 1 << 0 // use: it is refreshed, as by a frame; in an Filter, somebody added it
	Self        Flags = 1 << 1 // self: in the database of the link itself
	Master      Flags = 1 << 2 // master: in that of the bridge which the link is a port of
	ExternLearn Flags = 1 << 4 // extern_learn: a control plane learned it; it does not age
	Offloaded   Flags = 1 << 5 // offloaded: hardware knows it as well; read only
	Sticky      Flags = 1 << 6 // sticky: it does not move to another port
	Router      Flags = 1 << 7 // router: VXLAN's route short circuiting goes there
	Locked      Flags = 1 << 9 // locked: MAB knows the host but has not let it in; read only
)

var flagWords = []struct {
	flag Flags
	word string
}{
	{Self, "self"}, {Master, "master"}, {Use, "use"}, {Router, "router"}, {ExternLearn, "extern_learn"},
	{Offloaded, "offload"}, {Sticky, "sticky"}, {Locked, "locked"},
}

// String returns iproute2's words with spaces between them.
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

// An Filter chooses entries. The zero value chooses all of them.
type Filter struct {
	// Port, or PortIndex, chooses entries that lead to a link. To see the address
	// filter of one that is no port of the bridge, ask for Self.
	Port      string
	PortIndex int
	// VLAN chooses the entries of a VLAN, 1 to 4094.
	VLAN uint16
	// States chooses entries in any of the states. FlushFDB knows no
	// Stale: stale entries are dynamic ones.
	States []State
	// Flags chooses entries that have all of the flags, Without those that have
	// none of them.
	Flags, Without Flags

	// Dst, DstPort, VNI, SrcVNI, Via, ViaIndex and NextHop choose entries of a
	// VXLAN link by the fields of Entry.
	Dst         netip.Addr
	DstPort     uint16
	VNI, SrcVNI uint32
	Via         string
	ViaIndex    int
	NextHop     uint32
}

// String returns the words that follow `bridge fdb add`, and those of `bridge
// fdb show` for flags that only the kernel sets.
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

// appendLink appends a name, or what iproute2 takes in place of one.
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
