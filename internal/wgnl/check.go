package wgnl

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"time"
)

// A PeerSpec is a peer as a program describes it.
type PeerSpec struct {
	Public    Key
	Preshared []byte // nil for none
	Wiped     bool   // there was a preshared key
	Endpoint  netip.AddrPort
	Allowed   []netip.Prefix
	Replace   bool
	Keepalive time.Duration // 0 for none, KeepaliveOff
	Remove    bool
}

// KeepaliveOff turns keepalive packets off.
const KeepaliveOff time.Duration = -1

// A Flaw is the word of wg(8) for an invalid setting, and the reason.
type Flaw struct{ Word, Text string }

// Check returns the reason why no peer can be so, or nil.
func (p *PeerSpec) Check() *Flaw {
	switch {
	case p.Public.IsZero():
		return &Flaw{"public-key", "the zero key is none"}
	case p.Remove:
		return nil
	case p.Wiped:
		return &Flaw{"preshared-key", "it was wiped"}
	case p.Preshared != nil && len(p.Preshared) != len(p.Public):
		return &Flaw{"preshared-key", LengthFault(len(p.Preshared))}
	}
	if text := endpointFault(p.Endpoint); text != "" {
		return &Flaw{"endpoint", text}
	}
	if text := keepaliveFault(p.Keepalive); text != "" {
		return &Flaw{"persistent-keepalive", text}
	}
	return CheckAllowedIPs(p.Allowed)
}

// LengthFault returns the reason why a secret cannot have so many bytes, or an empty
// string.
func LengthFault(n int) string {
	switch n {
	case len(Key{}):
		return ""
	case 0:
		return "there is none, or it was wiped"
	}
	return fmt.Sprintf("%d bytes, where %d are due", n, len(Key{}))
}

// CheckAllowedIPs returns the reason why no peer can have an allowed IP, or nil.
func CheckAllowedIPs(ips []netip.Prefix) *Flaw {
	for _, ip := range ips {
		if !ip.IsValid() || ip.Addr().Is4In6() {
			return &Flaw{"allowed-ips", fmt.Sprintf("%v is not a prefix of IPv4 or IPv6", ip)}
		}
	}
	return nil
}

func endpointFault(e netip.AddrPort) string {
	zone := e.Addr().Zone()
	switch {
	case e == netip.AddrPort{}:
		return ""
	case !e.IsValid():
		return fmt.Sprintf("port %d has no address", e.Port())
	case e.Port() == 0:
		return fmt.Sprintf("%v has no port: packets go to an address and a UDP port", e.Addr())
	case e.Addr().IsUnspecified():
		return fmt.Sprintf("%v is not an address of a host", e.Addr())
	}
	if _, err := strconv.ParseUint(zone, 10, 31); zone != "" && err != nil {
		return fmt.Sprintf("the zone of %v must be an interface index, as a decimal number", e.Addr())
	}
	return ""
}

func keepaliveFault(d time.Duration) string {
	switch {
	case d == KeepaliveOff:
		return ""
	case d < 0 || d > math.MaxUint16*time.Second:
		return fmt.Sprintf("%v is not in 0s…%ds", d, math.MaxUint16)
	case d%time.Second != 0:
		return fmt.Sprintf("%v is not a whole number of seconds", d)
	}
	return ""
}

// Change returns the peer for a request, with the bytes of the key itself.
func (p *PeerSpec) Change() PeerChange {
	if p.Remove {
		return PeerChange{Public: p.Public, Remove: true}
	}
	c := PeerChange{Public: p.Public, Preshared: p.Preshared, Replace: p.Replace, Allowed: Masked(p.Allowed)}
	if p.Endpoint.IsValid() {
		c.Endpoint = netip.AddrPortFrom(p.Endpoint.Addr().Unmap(), p.Endpoint.Port())
	}
	if p.Keepalive != 0 {
		seconds := uint16(max(p.Keepalive, 0) / time.Second)
		c.Keepalive = &seconds
	}
	return c
}

// Masked returns prefixes without the bits of the host.
func Masked(ips []netip.Prefix) (all []netip.Prefix) {
	for _, ip := range ips {
		all = append(all, ip.Masked())
	}
	return all
}
