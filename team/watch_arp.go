package team

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// ARPPing is the link watch that sends ARP requests (RFC 826) through the port and
// waits for ARP messages in return. It detects failures that leave the port's own
// link up. With this watch the kernel also uses the result of the watches
// (UserLinkUpEnabled).
type ARPPing struct {
	// Target is the IPv4 address in the requests, and Source the sender's address;
	// an invalid Source stands for 0.0.0.0, as in probes of RFC 5227.
	Target, Source netip.Addr
	// Interval is the time between probes, and InitWait the time before the first; 1
	// s if Interval is 0. The minimum Interval is 1 ms.
	Interval, InitWait time.Duration
	// MissedMax is the maximum number of consecutive intervals without an answer
	// while the link counts as up; 3 if it is nil.
	MissedMax *uint32
	// ValidateActive restricts the ARP messages that count to those between Source
	// and Target on an enabled port, and ValidateInactive on a disabled one;
	// otherwise all ARP messages count.
	ValidateActive, ValidateInactive bool
	// SendAlways makes ports send that are not enabled. Otherwise they send only
	// while no port is enabled.
	SendAlways bool
	// VLAN is the id of the VLAN for the probes, up to 4095; nil for none.
	VLAN *uint16
}

const mostVLAN = 4095

func (a ARPPing) fault() (field, text string) {
	switch {
	case !a.Target.IsValid():
		return "Target", "there is no default for it"
	case !a.Target.Unmap().Is4():
		return "Target", fmt.Sprintf("%v is not an IPv4 address", a.Target)
	case a.Source.IsValid() && !a.Source.Unmap().Is4():
		return "Source", fmt.Sprintf("%v is not an IPv4 address", a.Source)
	case a.VLAN != nil && *a.VLAN > mostVLAN:
		return "VLAN", fmt.Sprintf("%d is not in 0…%d", *a.VLAN, mostVLAN)
	}
	return a.probing().fault()
}

func (a ARPPing) probing() probing {
	return probing{a.Interval, a.InitWait, a.MissedMax, a.SendAlways}
}

// source returns the sender's address.
func (a ARPPing) source() netip.Addr {
	if !a.Source.IsValid() {
		return netip.IPv4Unspecified()
	}
	return a.Source.Unmap()
}

func (a ARPPing) start(r *runner, p *port) (watch, error) {
	return startProbing(r, p, a.probing(), arpProbe{a})
}

// arpProbe implements probe.
type arpProbe struct{ config ARPPing }

func (arpProbe) name() string { return "arp_ping" }

func (a arpProbe) kind() packetKind {
	return packetKind{purpose: a.name(), filter: arpFilter(a.config.VLAN)}
}

func (a arpProbe) packet(sender net.HardwareAddr) (packet []byte, protocol uint16, to [macLen]byte) {
	m := arpMessage{sender: sender, senderIP: a.config.source(), targetIP: a.config.Target.Unmap()}
	protocol = etherARP
	if a.config.VLAN != nil {
		protocol = etherVLAN
	}
	return m.appendRequest(nil, a.config.VLAN), protocol, [macLen]byte(broadcastAddress)
}

func (a arpProbe) counts(packet []byte, enabled bool) bool {
	validate := a.config.ValidateInactive
	if enabled {
		validate = a.config.ValidateActive
	}
	m := parseARP(packet)
	source, target := a.config.source(), a.config.Target.Unmap()
	between := m.senderIP == target && m.targetIP == source || m.senderIP == source && m.targetIP == target
	return !validate || between
}
