package inetnl

import (
	"fmt"

	"github.com/iplink-go/iplink/inet"
)

// NeighFault returns the reason why a neighbour is invalid, or an empty string.
// addrLen is the length of the link's link-layer addresses in bytes, 0 if unknown.
func NeighFault(n *inet.Neigh, addrLen int) string {
	if fault := NeighKeyFault(n.Addr); fault != "" {
		return fault
	}
	if fault := neighFlagsFault(n); fault != "" {
		return fault
	}
	const settable = inet.NeighPermanent | inet.NeighNoARP | inet.NeighReachable | inet.NeighStale
	switch state := neighState(n); {
	case n.Flags&(inet.NeighManaged|inet.NeighProxy) != 0:
		return ""
	case state&settable == 0 || state&(state-1) != 0:
		return fmt.Sprintf("nud: %v is not a state that an entry can be given", state)
	}
	return lladdrFault(n, addrLen)
}

// neighFlagsFault rejects flags that the kernel would refuse or ignore, and properties
// that it would ignore because of a flag.
func neighFlagsFault(n *inet.Neigh) string {
	const known = inet.NeighFlags(1<<16 - 1)
	proxy, managed := n.Flags&inet.NeighProxy != 0, n.Flags&inet.NeighManaged != 0
	switch {
	case n.Flags&^known != 0:
		return fmt.Sprintf("%v are no flags that are known", n.Flags&^known)
	case n.Flags&inet.NeighRouter != 0 && n.Addr.Is4():
		return fmt.Sprintf("%v is IPv4, where neighbours are not known to be routers", n.Addr)
	case proxy && managed:
		return fmt.Sprintf("%v is a proxy entry, which the kernel does not manage", n.Addr)
	case proxy && (len(n.LLAddr) > 0 || n.State != 0):
		return fmt.Sprintf("%v is a proxy entry, which has neither a link-layer address nor a state", n.Addr)
	case managed && (len(n.LLAddr) > 0 || n.State != 0):
		return fmt.Sprintf("%v is managed: the kernel finds its link-layer address and its state, and ignores any given", n.Addr)
	}
	return ""
}

// lladdrFault checks the link-layer address.
func lladdrFault(n *inet.Neigh, due int) string {
	const longest = 32
	switch got := len(n.LLAddr); {
	case got == 0:
		return fmt.Sprintf("%v lacks its link-layer address", n.Addr)
	case due != 0 && got != due:
		return fmt.Sprintf("a link-layer address of %d bytes is due, %v has %d", due, n.LLAddr, got)
	case got > longest:
		return fmt.Sprintf("no link-layer address has %d bytes", got)
	}
	return ""
}
