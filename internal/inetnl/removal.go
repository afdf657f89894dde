package inetnl

import (
	"bytes"
	"cmp"
	"net"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// AppendAddrKey appends the message that removes the address, as `ip address del` does.
func AppendAddrKey(b []byte, a *inet.Addr, index int) []byte {
	local := a.Prefix.Addr()
	b = wire.Order.AppendUint32(append(b, familyOf(local), byte(a.Prefix.Bits()), 0, 0), uint32(index)) // struct ifaddrmsg
	b = wire.AppendAttr(b, uapi.IFA_LOCAL, local.AsSlice())
	return wire.AppendAttr(b, uapi.IFA_ADDRESS, a.PeerPrefix().Addr().AsSlice())
}

// AppendNeighKey appends the message that removes the neighbour, or the proxy entry, with
// the IP address of n.
func AppendNeighKey(b []byte, n *inet.Neigh, index int) []byte {
	b = appendNeighHeader(b, familyOf(n.Addr), 0, n.Flags&inet.NeighProxy, index)
	return wire.AppendAttr(b, uapi.NDA_DST, n.Addr.AsSlice())
}

// PrefixFault returns the reason why no address can have the prefix, or an empty string.
func PrefixFault(p netip.Prefix) string {
	a := inet.Addr{Prefix: p}
	if p.IsValid() && p.Addr().IsMulticast() {
		a.Flags = inet.AddrMCAutoJoin
	}
	return AddrFault(&a)
}

// NeighKeyFault returns the reason why a neighbour cannot have the IP address, or an empty
// string.
func NeighKeyFault(a netip.Addr) string {
	if !a.IsValid() {
		return "the zero netip.Addr is not a neighbour"
	}
	return formFault(a)
}

// Present are the addresses of a link.
type Present struct {
	keys        map[keyOfAddr]bool
	scopes      map[netip.Prefix][]byte // of the addresses in a network of IPv4, each once
	secondaries map[netip.Prefix][]inet.Addr
}

// NewPresent returns the addresses that a link has.
func NewPresent(all []inet.Addr) *Present {
	p := &Present{map[keyOfAddr]bool{}, map[netip.Prefix][]byte{}, map[netip.Prefix][]inet.Addr{}}
	for i := range all {
		p.Add(&all[i])
	}
	return p
}

// Add adds an address.
func (p *Present) Add(a *inet.Addr) {
	key := addrKey(a)
	p.keys[key] = true
	if !key.network.IsValid() {
		return
	}
	if scope := addrScope(a); !slices.Contains(p.scopes[key.network], scope) {
		p.scopes[key.network] = append(p.scopes[key.network], scope)
	}
	if a.Flags&inet.AddrSecondary != 0 {
		p.secondaries[key.network] = append(p.secondaries[key.network], *a)
	}
}

// Excludes reports whether the link cannot get another address: it has the same, or one in
// the same IPv4 network with another scope.
func (p *Present) Excludes(a *inet.Addr) bool {
	key, scope := addrKey(a), addrScope(a)
	return p.keys[key] || slices.ContainsFunc(p.scopes[key.network], func(other byte) bool { return other != scope })
}

// LostWith returns the addresses that the kernel may remove together with another one: the
// secondary addresses in the network of the primary address gone.
func (p *Present) LostWith(gone *inet.Addr) []inet.Addr {
	if gone.Flags&inet.AddrSecondary != 0 {
		return nil
	}
	return p.secondaries[addrKey(gone).network]
}

// RouteByKernel reports whether the kernel made a route by itself, also on behalf of a
// router. With such routes in the local table it knows its own addresses.
func RouteByKernel(r *inet.Route) bool {
	switch r.Proto {
	case inet.RouteProtoKernel, inet.RouteProtoRA, inet.RouteProtoRedirect:
		return true
	}
	return false
}

// RouteOfAddr reports whether a route is one that the kernel makes for each address: with
// another type than unicast. For groups of IPv6, it makes one a link.
func RouteOfAddr(r inet.Route) bool {
	return r.Proto == inet.RouteProtoKernel && typeOf(&r) != inet.RouteUnicast
}

// NeighByProgram reports whether a program made the neighbour on a link with the given
// link-layer addresses. The kernel makes neighbours without address resolution for groups
// and for broadcasts, and on links without address resolution.
func NeighByProgram(n *inet.Neigh, own, broadcast net.HardwareAddr) bool {
	switch {
	case n.Flags&(inet.NeighProxy|inet.NeighManaged|inet.NeighExtLearned) != 0 || n.State&inet.NeighPermanent != 0:
		return true
	case n.State&inet.NeighNoARP == 0 || n.Addr.IsMulticast():
		return false
	}
	zero := len(bytes.Trim(n.LLAddr, "\x00")) == 0
	return !zero && !bytes.Equal(n.LLAddr, own) && !bytes.Equal(n.LLAddr, broadcast)
}

// IsRoute reports whether a route of the link is the one that r describes. Fields of r
// that are zero fit any route, except that the table is then the default one, and
// that the kernel has not made the route for an address of the link.
func IsRoute(r, had *inet.Route) bool {
	return r.Is6() == had.Is6() && Target(r) == Target(had) && tableOf(r) == tableOf(had) &&
		(r.Type == 0 && !RouteOfAddr(*had) || r.Type == typeOf(had)) &&
		(r.Metric == 0 || r.Metric == Metric(had)) &&
		(!r.Via.IsValid() || r.Via == had.Via) &&
		(r.Proto == 0 || r.Proto == cmp.Or(had.Proto, inet.RouteProtoBoot)) && hasSettings(r, had)
}

// NeighExists reports whether the kernel has an entry that can be removed. An entry whose
// address resolution failed remains for some time, and so does a removed one in use. A
// managed one is there in every state.
func NeighExists(n *inet.Neigh) bool {
	return n.State&^(inet.NeighIncomplete|inet.NeighFailed) != 0 || n.Flags&(inet.NeighProxy|inet.NeighManaged) != 0
}
