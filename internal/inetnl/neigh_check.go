package inetnl

import (
	"fmt"

	"github.com/iplink-go/iplink/inet"
)

// NeighFault returns the reason why a neighbour is invalid, or an empty string.
// addrLen is the length of the link's link-layer addresses in bytes, 0 if unknown.
func NeighFault(n *inet.Neigh, addrLen int) string {
	const settable = inet.NeighPermanent | inet.NeighNoARP | inet.NeighReachable | inet.NeighStale
	if !n.Addr.IsValid() {
		return "the zero netip.Addr is no neighbour"
	}
	if fault := formFault(n.Addr); fault != "" {
		return fault
	}
	state := neighState(n)
	switch {
	case state&settable == 0 || state&(state-1) != 0:
		return fmt.Sprintf("nud: %v is no state that an entry can be given", state)
	case n.Router && n.Addr.Is4():
		return fmt.Sprintf("%v is IPv4, where neighbours are not known to be routers", n.Addr)
	}
	return lladdrFault(n, addrLen)
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
