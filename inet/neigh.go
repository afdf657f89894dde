package inet

import (
	"net"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Neigh is a neighbour: a machine on a link, with a link-layer address that the
// kernel need not ask for. It is the argument of a builder's Neighs setter, and the
// Neighs method of a Link returns it.
type Neigh struct {
	// Addr is the neighbour's IP address (NDA_DST).
	Addr netip.Addr `word:"dst,required"`
	// LLAddr is the neighbour's link-layer address. Its length is that of the link's
	// address: 6 bytes on Ethernet, and 4 or 16 on a tunnel, where it is the IP address of
	// the other end: net.HardwareAddr(addr.AsSlice()) (NDA_LLADDR). It is empty while the kernel does not know it. A managed neighbour
	// and a proxy entry have none to set.
	LLAddr net.HardwareAddr `word:"lladdr"`
	// State is the reachability of the neighbour; NeighPermanent by default.
	// NeighPermanent, NeighNoARP, NeighReachable and NeighStale can be set
	// (ndm_state). A managed neighbour and a proxy entry have none to set.
	State NeighState `word:"nud"`
	// Flags are special properties of the neighbour (NTF_*, NDA_FLAGS_EXT).
	Flags NeighFlags `word:"flags,flags"`
}

// NeighFlags is a set of flags of a neighbour: the kernel's NTF_* in the low 8 bits, and
// NTF_EXT_* above them.
type NeighFlags uint32

// Flags of a neighbour.
const (
	NeighProxy      NeighFlags = uapi.NTF_PROXY            // proxy: the link answers for the address, which is elsewhere; no neighbour of its own
	NeighExtLearned NeighFlags = uapi.NTF_EXT_LEARNED      // extern_learn: found by another program; does not expire
	NeighRouter     NeighFlags = uapi.NTF_ROUTER           // router; only for IPv6
	NeighManaged    NeighFlags = uapi.NTF_EXT_MANAGED << 8 // managed: the kernel finds the link-layer address and keeps it fresh
)

// NeighOffloaded is a flag that only the kernel sets; it is not sent.
const NeighOffloaded NeighFlags = uapi.NTF_OFFLOADED // offload: in hardware

const settableNeighFlags = NeighProxy | NeighExtLearned | NeighRouter | NeighManaged

// neighFlagWords has the words that follow `ip neigh add ADDRESS`.
var neighFlagWords = []string{4: "extern_learn", 5: "offload", 7: "router", 8: "managed"}

// String returns the names that iproute2 uses, separated by commas.
func (f NeighFlags) String() string {
	return attr.BitWords(uint32(f), allNeighFlagWords(), ",")
}

// allNeighFlagWords returns the words with the one that precedes the address.
func allNeighFlagWords() []string {
	words := slices.Clone(neighFlagWords)
	words[3] = "proxy"
	return words
}

// MarshalText returns the result of String.
func (f NeighFlags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *NeighFlags) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(allNeighFlagWords(), "neighbour flag", text, f)
}

// Settable returns the flags that a program can set.
func (f NeighFlags) Settable() NeighFlags {
	return f & settableNeighFlags
}

// A NeighState is the reachability of a neighbour.
type NeighState uint16

// States of a neighbour: those in RFC 4861, section 7.3.2, and three more of Linux.
const (
	NeighIncomplete NeighState = uapi.NUD_INCOMPLETE // address resolution is in progress
	NeighReachable  NeighState = uapi.NUD_REACHABLE  // answered recently
	NeighStale      NeighState = uapi.NUD_STALE      // to be probed when it is next used
	NeighDelay      NeighState = uapi.NUD_DELAY      // used, and to be probed soon
	NeighProbe      NeighState = uapi.NUD_PROBE      // being probed
	NeighFailed     NeighState = uapi.NUD_FAILED     // does not answer
	NeighNoARP      NeighState = uapi.NUD_NOARP      // no address resolution; the entry may expire
	NeighPermanent  NeighState = uapi.NUD_PERMANENT  // no address resolution; the entry does not expire
)

var neighStates = attr.Words{0: "none", NeighIncomplete: "incomplete", NeighReachable: "reachable", NeighStale: "stale",
	NeighDelay: "delay", NeighProbe: "probe", NeighFailed: "failed", NeighNoARP: "noarp", NeighPermanent: "permanent"}

// String returns the name that iproute2 uses, or the number if there is no name.
func (s NeighState) String() string {
	return attr.Word(neighStates, s)
}

// MarshalText returns the result of String.
func (s NeighState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *NeighState) UnmarshalText(text []byte) error {
	return attr.ReadWord(neighStates, "neighbour state", text, s)
}

// String returns the arguments that follow `ip neigh add`, without the link.
func (n Neigh) String() string {
	var b []byte
	if n.Flags&NeighProxy != 0 {
		b = append(b, "proxy "...)
	}
	b = n.Addr.AppendTo(b)
	if len(n.LLAddr) > 0 {
		b = append(append(b, " lladdr "...), lladdrText(n.LLAddr)...)
	}
	if n.State != 0 {
		b = append(append(b, " nud "...), n.State.String()...)
	}
	for i, word := range neighFlagWords {
		if word != "" && n.Flags.Settable()&(1<<i) != 0 {
			b = append(append(b, ' '), word...)
		}
	}
	return string(b)
}

// lladdrText returns a link-layer address as `ip` reads it: one of 4 bytes is an IPv4
// address.
func lladdrText(a net.HardwareAddr) string {
	if len(a) != net.IPv4len {
		return a.String()
	}
	return netip.AddrFrom4([4]byte(a)).String()
}
