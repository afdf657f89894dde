package team

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// NSNAPing is the link watch that sends neighbour solicitations (RFC 4861) through the
// port and waits for advertisements of the target. It is ARPPing for IPv6. The sender
// has the link-local address that belongs to the port's link-layer address (RFC 4291,
// appendix A); no link needs to have it.
type NSNAPing struct {
	// Target is the IPv6 address of a host on the link.
	Target netip.Addr
	// Interval is the time between probes, and InitWait the time before the first; 1
	// s if Interval is 0. The minimum Interval is 1 ms.
	Interval, InitWait time.Duration
	// MissedMax is the maximum number of consecutive intervals without an answer
	// while the link counts as up; 3 if it is nil.
	MissedMax *uint32
	// SendAlways makes ports send that are not enabled. Otherwise they send only
	// while no port is enabled. teamd has no such setting.
	SendAlways bool
}

func (n NSNAPing) fault() (field, text string) {
	switch a := n.Target; {
	case !a.IsValid():
		return "Target", "there is no default for it"
	case !a.Is6() || a.Is4In6() || a.IsMulticast() || a.IsUnspecified():
		return "Target", fmt.Sprintf("%v is not the IPv6 address of a host", a)
	}
	return n.probing().fault()
}

func (n NSNAPing) probing() probing {
	return probing{n.Interval, n.InitWait, n.MissedMax, n.SendAlways}
}

func (n NSNAPing) start(r *runner, p *port) (watch, error) {
	return startProbing(r, p, n.probing(), nsnaProbe{n.Target.WithZone("")})
}

// nsnaProbe implements probe.
type nsnaProbe struct{ target netip.Addr }

func (nsnaProbe) name() string { return "nsna_ping" }

func (n nsnaProbe) kind() packetKind {
	return packetKind{purpose: n.name(), filter: advertisementFilter()}
}

func (n nsnaProbe) packet(sender net.HardwareAddr) (packet []byte, protocol uint16, to [macLen]byte) {
	return appendSolicitation(nil, sender, n.target), etherIPv6, multicastMAC(solicitedNode(n.target))
}

func (n nsnaProbe) counts(packet []byte, _ bool) bool {
	return advertises(packet, n.target)
}
