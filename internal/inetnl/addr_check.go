package inetnl

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/uapi"
)

// AddrFault returns the reason why an address is invalid, or an empty string.
func AddrFault(x *inet.Addr) string {
	a := (*addr)(x)
	if !a.Prefix.IsValid() {
		return "the zero netip.Prefix is not an address"
	}
	if a.Prefix.Bits() == 0 {
		return fmt.Sprintf("%v: no network has a prefix of length 0", a.Prefix)
	}
	return firstFault(a.localFault, a.peerFault, a.inet4Fault, a.scopeFault, a.flagsFault, a.lifetimesFault)
}

// HostFault returns the reason why an address cannot belong to a host in its network, or
// an empty string. The kernel accepts the first and the last address of an IPv4 network,
// but other machines do not answer to them (RFC 1122, section 3.2.1.3, and RFC 3021). The
// first address of an IPv6 network may be a router's (RFC 4291, section 2.6.1).
func HostFault(a *inet.Addr) string {
	const pair = 31 // a network of two hosts
	local, bits := a.Prefix.Addr(), a.Prefix.Bits()
	if !a.Prefix.IsValid() || !local.Is4() || bits >= pair || a.Peer.IsValid() || local.IsMulticast() {
		return ""
	}
	host := binary.BigEndian.Uint32(local.AsSlice()) << bits >> bits
	switch host {
	case 0:
		return fmt.Sprintf("%v is the network itself, and no host in it", a.Prefix)
	case math.MaxUint32 >> bits:
		return fmt.Sprintf("%v is the broadcast address of the network, and no host in it", a.Prefix)
	}
	return ""
}

// addr has the checks of an inet.Addr as methods.
type addr inet.Addr

func (a *addr) value() *inet.Addr {
	return (*inet.Addr)(a)
}

// firstFault returns the first fault found by a check.
func firstFault(checks ...func() string) string {
	for _, check := range checks {
		if fault := check(); fault != "" {
			return fault
		}
	}
	return ""
}

func (a *addr) localFault() string {
	local, group := a.Prefix.Addr(), a.Flags&inet.AddrMCAutoJoin != 0
	switch fault := hostFault(local); {
	case local.Unmap().IsMulticast() && !local.Is4In6() && group:
		return ""
	case fault != "":
		return fault
	case group:
		return fmt.Sprintf("%v is not a multicast address, whose group AddrMCAutoJoin could join", local)
	}
	return ""
}

// formFault returns the reason why an address is invalid or cannot be sent to the
// kernel.
func formFault(ip netip.Addr) string {
	switch {
	case ip.Zone() != "":
		return fmt.Sprintf("the zone of %v cannot be told to the kernel, which has the link", ip)
	case ip.Is4In6():
		return fmt.Sprintf("%v is an IPv4 address in IPv6 clothes: Unmap it", ip)
	case ip.IsUnspecified():
		return fmt.Sprintf("%v is not an address of a machine", ip)
	}
	return ""
}

// hostFault returns the reason why an address cannot be a host's.
func hostFault(ip netip.Addr) string {
	if fault := formFault(ip); fault != "" {
		return fault
	}
	switch {
	case ip.IsMulticast():
		return fmt.Sprintf("%v is the address of a group", ip)
	case ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Sprintf("%v is the broadcast address", ip)
	}
	return ""
}

func (a *addr) peerFault() string {
	local, peer := a.Prefix.Addr(), a.Peer
	switch {
	case !peer.IsValid():
		return ""
	case familyOf(peer) != familyOf(local):
		return fmt.Sprintf("the peer %v is of another family than %v", peer, local)
	case peer == local:
		return fmt.Sprintf("%v is its own peer", peer)
	}
	if fault := hostFault(peer); fault != "" {
		return "peer: " + fault
	}
	return ""
}

// inet4Fault checks the properties that only IPv4 addresses have.
func (a *addr) inet4Fault() string {
	switch is4 := a.Prefix.Addr().Is4(); {
	case a.Broadcast.IsValid() && !is4:
		return fmt.Sprintf("%v is IPv6, which has no broadcast", a.Prefix)
	case a.Broadcast.IsValid() && !a.Broadcast.Is4():
		return fmt.Sprintf("the broadcast address %v is of another family than %v", a.Broadcast, a.Prefix.Addr())
	case a.Label != "" && !is4:
		return fmt.Sprintf("%v is IPv6, which has no labels", a.Prefix)
	case len(a.Label) >= uapi.IFNAMSIZ:
		return fmt.Sprintf("the label %q has %d bytes, more than %d", a.Label, len(a.Label), uapi.IFNAMSIZ-1)
	case strings.ContainsRune(a.Label, 0):
		return "a label has no NUL byte"
	}
	return ""
}

// scopeFault rejects a scope that the kernel would ignore.
func (a *addr) scopeFault() string {
	switch local := a.Prefix.Addr(); {
	case a.Scope > inet.ScopeGlobal:
		return fmt.Sprintf("%v is not a scope: the kernel has 0 (ScopeGlobal) to 255", a.Scope)
	case local.Is4() || a.Scope == 0 || a.Scope == a.value().DefaultScope():
		return ""
	default:
		return fmt.Sprintf("the scope of %v is %v: an IPv6 address itself says it", local, a.value().DefaultScope())
	}
}

func (a *addr) flagsFault() string {
	const known = inet.AddrStablePrivacy<<1 - 1
	only6 := a.Flags.Inet6()
	switch {
	case a.Flags&^known != 0:
		return fmt.Sprintf("%v are no flags that are known", a.Flags&^known)
	case only6 != 0 && a.Prefix.Addr().Is4():
		return fmt.Sprintf("%v: IPv4 addresses have no flag %v", a.Prefix, only6)
	case a.Flags&inet.AddrNoDAD != 0 && a.Flags&inet.AddrOptimistic != 0:
		return "nodad and optimistic exclude one another"
	case a.Flags&inet.AddrManageTemp != 0 && a.Prefix.Bits() != 64:
		return fmt.Sprintf("mngtmpaddr needs a prefix of length 64, %v has another", a.Prefix)
	}
	return ""
}

func (a *addr) lifetimesFault() string {
	if fault := durationFault("valid_lft", a.ValidLifetime); fault != "" {
		return fault
	}
	if fault := durationFault("preferred_lft", a.PreferredLifetime); fault != "" {
		return fault
	}
	valid, preferred, _ := a.value().Lifetimes()
	switch {
	case a.Flags&inet.AddrDeprecated != 0 && a.PreferredLifetime != 0:
		return "a deprecated address has no preferred lifetime"
	case preferred > valid:
		return fmt.Sprintf("it would be preferred longer, %v, than valid, %v", lifetimeText(a.PreferredLifetime), lifetimeText(a.ValidLifetime))
	}
	return ""
}

func lifetimeText(d time.Duration) string {
	if d == inet.Forever {
		return "forever"
	}
	return d.String()
}

func durationFault(word string, d time.Duration) string {
	const most = (math.MaxUint32 - 1) * time.Second
	switch {
	case d == inet.Forever:
		return ""
	case d < 0 || d > most:
		return fmt.Sprintf("%s: %v is not in 1s…%v, nor Forever", word, d, most)
	case d%time.Second != 0:
		return fmt.Sprintf("%s: %v is not in whole seconds", word, d)
	}
	return ""
}
