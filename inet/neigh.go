package inet

import (
	"net"
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Neigh is a neighbour: a machine on a link, whose link-layer address the
// kernel need not ask for. It is for the Neighs setter of a builder, and as
// Neighs of a Link reports it.
type Neigh struct {
	// Addr is the neighbour's IP address (NDA_DST).
	Addr netip.Addr
	// LLAddr is its link-layer address, as long as the link's: 6 bytes on Ethernet
	// (NDA_LLADDR). It is empty as long as the kernel does not know it.
	LLAddr net.HardwareAddr
	// State is how sure the kernel is of it; NeighPermanent by default. An entry
	// can be given NeighPermanent, NeighNoARP, NeighReachable and NeighStale
	// (ndm_state).
	State NeighState
	// Router says that the neighbour is a router; only for IPv6 (NTF_ROUTER).
	Router bool
}

// A NeighState says how sure the kernel is of a neighbour.
type NeighState uint16

// States of a neighbour, RFC 4861, section 7.3.2, and three of Linux.
const (
	NeighIncomplete NeighState = uapi.NUD_INCOMPLETE // it is being asked for
	NeighReachable  NeighState = uapi.NUD_REACHABLE  // it answered a while ago at most
	NeighStale      NeighState = uapi.NUD_STALE      // it will be asked before it is relied on
	NeighDelay      NeighState = uapi.NUD_DELAY      // it was relied on and will be asked soon
	NeighProbe      NeighState = uapi.NUD_PROBE      // it is being asked again
	NeighFailed     NeighState = uapi.NUD_FAILED     // it does not answer
	NeighNoARP      NeighState = uapi.NUD_NOARP      // nobody is asked; the entry may go
	NeighPermanent  NeighState = uapi.NUD_PERMANENT  // nobody is asked, and the entry stays
)

var neighStates = attr.Words{0: "none", NeighIncomplete: "incomplete", NeighReachable: "reachable", NeighStale: "stale",
	NeighDelay: "delay", NeighProbe: "probe", NeighFailed: "failed", NeighNoARP: "noarp", NeighPermanent: "permanent"}

// String returns the word of iproute2, or the number where it has none.
func (s NeighState) String() string {
	return attr.Word(neighStates, s)
}

// String returns the words that follow `ip neigh add`, without those for the
// link.
func (n Neigh) String() string {
	b := n.Addr.AppendTo(nil)
	if len(n.LLAddr) > 0 {
		b = append(append(b, " lladdr "...), n.LLAddr.String()...)
	}
	if n.State != 0 {
		b = append(append(b, " nud "...), n.State.String()...)
	}
	if n.Router {
		b = append(b, " router"...)
	}
	return string(b)
}
