package iplink

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// An FDBEntry is an entry of a forwarding database: which way frames to an
// Ethernet address go. A bridge has one (packages bridge), and so has a VXLAN
// link (package vxlan), where the way is another machine.
//
// A field that is zero is not sent, and was not reported.
type FDBEntry struct {
	// MAC is the Ethernet address, 6 bytes (NDA_LLADDR). In a VXLAN link, zeros
	// stand for all addresses that have no entry, broadcast and multicast.
	MAC net.HardwareAddr
	// Port is the link that the entry leads to, by name or, if the name is
	// empty, PortIndex. In a bridge it is a port, or the bridge itself for
	// frames that the machine takes; with FDBSelf alone it may also be a link that
	// has nothing to do with bridges, for an entry of its address filter. In a
	// VXLAN link it is that link and may be left out.
	Port      string
	PortIndex int
	// VLAN is the VLAN that the entry is for, 1 to 4094 (NDA_VLAN). Without one
	// it is for frames without a tag, and also for each VLAN of the port.
	VLAN uint16
	// State is how long the entry stays, FDBPermanent unless said otherwise, as
	// in `bridge fdb add`. In a bridge that means that the machine takes the
	// frames: what leads to another one is FDBStatic or FDBDynamic. With FDBUse or
	// FDBExternLearn an entry of a bridge is dynamic, whatever the state, and an
	// address filter has only permanent ones.
	State FDBState
	// Flags say which database the entry is in, and what is special about it.
	// Without FDBSelf and FDBMaster a new entry goes into the database of what
	// was opened.
	Flags FDBFlags

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

// An FDBState is how long an entry stays.
type FDBState uint8

// States of an entry.
const (
	FDBPermanent FDBState = iota // it stays, and in a bridge the machine takes the frames
	FDBStatic                    // it stays
	FDBDynamic                   // it goes when it is not used for the ageing time, as if learned
	FDBStale                     // it was not used for that time; only reported
)

var fdbStates = [...]string{"permanent", "static", "dynamic", "stale"}

// String returns iproute2's word.
func (s FDBState) String() string {
	if int(s) < len(fdbStates) {
		return fdbStates[s]
	}
	return "FDBState(" + strconv.Itoa(int(s)) + ")"
}

// FDBFlags is a set of flags of an entry: NTF_* in the lower 8 bits, NTF_EXT_*
// from bit 8 on.
type FDBFlags uint16

// Flags of an entry.
const (
	FDBUse         FDBFlags = 1 << 0 // use: it is refreshed, as by a frame; in an FDBFilter, somebody added it
	FDBSelf        FDBFlags = 1 << 1 // self: in the database of the link itself
	FDBMaster      FDBFlags = 1 << 2 // master: in that of the bridge which the link is a port of
	FDBExternLearn FDBFlags = 1 << 4 // extern_learn: a control plane learned it; it does not age
	FDBOffloaded   FDBFlags = 1 << 5 // offloaded: hardware knows it as well; read only
	FDBSticky      FDBFlags = 1 << 6 // sticky: it does not move to another port
	FDBRouter      FDBFlags = 1 << 7 // router: VXLAN's route short circuiting goes there
	FDBLocked      FDBFlags = 1 << 9 // locked: MAB knows the host but has not let it in; read only
)

var fdbFlags = []struct {
	flag FDBFlags
	word string
}{
	{FDBSelf, "self"}, {FDBMaster, "master"}, {FDBUse, "use"}, {FDBRouter, "router"}, {FDBExternLearn, "extern_learn"},
	{FDBOffloaded, "offload"}, {FDBSticky, "sticky"}, {FDBLocked, "locked"},
}

// String returns iproute2's words with spaces between them.
func (f FDBFlags) String() string {
	var words []string
	for _, known := range fdbFlags {
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

// An FDBFilter chooses entries. The zero value chooses all of them.
type FDBFilter struct {
	// Port, or PortIndex, chooses entries that lead to a link. To see the address
	// filter of one that is no port of the bridge, ask for FDBSelf.
	Port      string
	PortIndex int
	// VLAN chooses the entries of a VLAN, 1 to 4094.
	VLAN uint16
	// States chooses entries in any of the states. FlushFDB knows no
	// FDBStale: stale entries are dynamic ones.
	States []FDBState
	// Flags chooses entries that have all of the flags, Without those that have
	// none of them.
	Flags, Without FDBFlags

	// Dst, DstPort, VNI, SrcVNI, Via, ViaIndex and NextHop choose entries of a
	// VXLAN link by the fields of FDBEntry.
	Dst         netip.Addr
	DstPort     uint16
	VNI, SrcVNI uint32
	Via         string
	ViaIndex    int
	NextHop     uint32
}

// String returns the words that follow `bridge fdb add`, and those of `bridge
// fdb show` for flags that only the kernel sets.
func (e FDBEntry) String() string {
	b := append([]byte(nil), e.MAC.String()...)
	b = appendFDBLink(b, "dev", e.Port, e.PortIndex)
	if e.Flags != 0 {
		b = append(append(b, ' '), e.Flags.String()...)
	}
	b = append(append(b, ' '), e.State.String()...)
	b = appendFDBNumber(b, "vlan", uint64(e.VLAN))
	if e.Dst.IsValid() {
		b = e.Dst.AppendTo(append(b, " dst "...))
	}
	b = appendFDBNumber(b, "port", uint64(e.DstPort))
	b = appendFDBNumber(b, "vni", uint64(e.VNI))
	b = appendFDBNumber(b, "nhid", uint64(e.NextHop))
	b = appendFDBLink(b, "via", e.Via, e.ViaIndex)
	b = appendFDBNumber(b, "src_vni", uint64(e.SrcVNI))
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

func appendFDBNumber(b []byte, word string, v uint64) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendUint(append(append(append(b, ' '), word...), ' '), v, 10)
}

// appendFDBLink appends a name, or what iproute2 takes in place of one.
func appendFDBLink(b []byte, word, name string, index int) []byte {
	if name == "" && index == 0 {
		return b
	}
	b = append(append(append(b, ' '), word...), ' ')
	if name == "" {
		return strconv.AppendInt(append(b, "if"...), int64(index), 10)
	}
	return append(b, attr.Quote(name)...)
}
