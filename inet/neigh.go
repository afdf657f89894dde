package inet

import (
	"net"
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Neigh is a neighbour: a machine on a link, with a link-layer address that the
// kernel need not ask for. It is the argument of a builder's Neighs setter, and the
// Neighs method of a Link returns it.
type Neigh struct {
	// Addr is the neighbour's IP address (NDA_DST).
	Addr netip.Addr
	// LLAddr is the neighbour's link-layer address. Its length is that of the link's
	// address: 6 bytes on Ethernet (NDA_LLADDR). It is empty while the kernel does
	// not know it.
	LLAddr net.HardwareAddr
	// State is the reachability of the neighbour; NeighPermanent by default.
	// NeighPermanent, NeighNoARP, NeighReachable and NeighStale can be set
	// (ndm_state).
	State NeighState
	// Router reports that the neighbour is a router; only for IPv6 (NTF_ROUTER).
	Router bool
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

// String returns the arguments that follow `ip neigh add`, without the link.
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
