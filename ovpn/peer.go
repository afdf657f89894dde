package ovpn

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// A Peer is the other end of a tunnel, for AddPeer, or a change of it, for SetPeer. In a
// change, fields without a value are left as they are.
type Peer struct {
	// ID identifies the peer, 0 to 2^24-1: the packets that it sends carry the number
	// (OVPN_A_PEER_ID).
	ID uint32
	// TxID is the number that the packets to the peer carry, 0 to 2^24-1. It is ID unless
	// it is set (OVPN_A_PEER_TX_ID).
	TxID *uint32
	// Socket carries the packets: a bound *net.UDPConn, which peers of one link can share,
	// or a connected *net.TCPConn of this peer alone, not one of Multipath TCP. It can be in
	// another network namespace than the link. When it is closed, the kernel removes the peer. The program goes on reading
	// from it and writing to it: it gets the control packets. It cannot change
	// (OVPN_A_PEER_SOCKET).
	Socket syscall.Conn
	// Remote is the address and the UDP port of the peer, which a peer over UDP needs and
	// one over TCP cannot have (OVPN_A_PEER_REMOTE_IPV4, OVPN_A_PEER_REMOTE_IPV6,
	// OVPN_A_PEER_REMOTE_PORT). The kernel replaces it when the peer sends from another
	// address. The zone of a link-local address is an interface index in the namespace of
	// the socket, as a decimal number (OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID).
	Remote netip.AddrPort
	// Local is the source address of packets to Remote, by default the one that routes
	// choose. It goes with Remote only: a change of Remote alone forgets it
	// (OVPN_A_PEER_LOCAL_IPV4, OVPN_A_PEER_LOCAL_IPV6).
	Local netip.Addr
	// VPNIPv4 and VPNIPv6 are the addresses of the peer inside the tunnel. On a link in mode
	// MP a peer needs at least one; in mode P2P all packets go to the only peer
	// (OVPN_A_PEER_VPN_IPV4, OVPN_A_PEER_VPN_IPV6).
	VPNIPv4, VPNIPv6 netip.Addr
	// KeepaliveInterval is the time without a packet to the peer after which the kernel
	// sends one, and KeepaliveTimeout the time without one from the peer after which it
	// removes the peer. Both are set together, in whole seconds, or both to KeepaliveOff
	// (OVPN_A_PEER_KEEPALIVE_INTERVAL, OVPN_A_PEER_KEEPALIVE_TIMEOUT). A new peer has
	// neither.
	KeepaliveInterval, KeepaliveTimeout time.Duration
}

// KeepaliveOff turns off the packets and the removal that KeepaliveInterval and
// KeepaliveTimeout ask for.
const KeepaliveOff time.Duration = -1

// mostID is the largest number of a peer.
const mostID = 1<<24 - 1

// A flaw is the word for an invalid value, and the reason.
type flaw struct{ word, text string }

// subject is the subject of errors about a peer.
func subject(id uint32) string {
	return "peer " + strconv.FormatUint(uint64(id), 10)
}

// checkNew returns the reason why no link in the mode can have such a new peer, or nil.
func (p *Peer) checkNew(mode Mode) *flaw {
	switch {
	case p.Socket == nil:
		return &flaw{"socket", "a peer needs a UDP or TCP socket"}
	case mode == MP && !p.VPNIPv4.IsValid() && !p.VPNIPv6.IsValid():
		return &flaw{"vpn", "in mode MP a peer needs VPNIPv4 or VPNIPv6, by which packets find it"}
	}
	return p.check(mode)
}

// checkChange returns the reason why a peer cannot change so, or nil.
func (p *Peer) checkChange(mode Mode) *flaw {
	if p.Socket != nil {
		return &flaw{"socket", "it cannot change: remove the peer and add it again"}
	}
	return p.check(mode)
}

func (p *Peer) check(mode Mode) *flaw {
	switch {
	case p.ID > mostID:
		return &flaw{"id", fmt.Sprintf("%d is not in 0…%d", p.ID, mostID)}
	case p.TxID != nil && *p.TxID > mostID:
		return &flaw{"tx-id", fmt.Sprintf("%d is not in 0…%d", *p.TxID, mostID)}
	case mode == P2P && (p.VPNIPv4.IsValid() || p.VPNIPv6.IsValid()):
		return &flaw{"vpn", "in mode P2P all packets go to the only peer: leave VPNIPv4 and VPNIPv6 out"}
	}
	for _, check := range []func() *flaw{p.checkRemote, p.checkLocal, p.checkVPN, p.checkKeepalive} {
		if flaw := check(); flaw != nil {
			return flaw
		}
	}
	return nil
}

func (p *Peer) checkRemote() *flaw {
	addr := p.Remote.Addr()
	switch {
	case p.Remote == netip.AddrPort{}:
		return nil
	case !addr.IsValid():
		return &flaw{"remote", fmt.Sprintf("port %d has no address", p.Remote.Port())}
	case p.Remote.Port() == 0:
		return &flaw{"remote", fmt.Sprintf("%v has no port", addr)}
	}
	if zone := addr.Zone(); zone != "" {
		if _, err := strconv.ParseUint(zone, 10, 31); err != nil {
			return &flaw{"remote", fmt.Sprintf("the zone of %v must be an interface index, as a decimal number", addr)}
		}
	}
	return checkHost("remote", addr.WithZone(""))
}

func (p *Peer) checkLocal() *flaw {
	switch {
	case !p.Local.IsValid():
		return nil
	case !p.Remote.IsValid():
		return &flaw{"local", "it goes with Remote only"}
	case p.Local.Is4() != p.Remote.Addr().Is4():
		return &flaw{"local", fmt.Sprintf("%v is of another family than the remote address %v", p.Local, p.Remote.Addr())}
	}
	return checkHost("local", p.Local)
}

func (p *Peer) checkVPN() *flaw {
	switch {
	case p.VPNIPv4.IsValid() && !p.VPNIPv4.Is4():
		return &flaw{"vpn-ipv4", fmt.Sprintf("%v is not an IPv4 address", p.VPNIPv4)}
	case p.VPNIPv6.IsValid() && !p.VPNIPv6.Is6():
		return &flaw{"vpn-ipv6", fmt.Sprintf("%v is not an IPv6 address", p.VPNIPv6)}
	}
	for word, addr := range map[string]netip.Addr{"vpn-ipv4": p.VPNIPv4, "vpn-ipv6": p.VPNIPv6} {
		if flaw := checkHost(word, addr); addr.IsValid() && flaw != nil {
			return flaw
		}
	}
	return nil
}

// checkHost refuses addresses that no host has.
func checkHost(word string, a netip.Addr) *flaw {
	switch {
	case a.Zone() != "":
		return &flaw{word, fmt.Sprintf("%v has a zone, which cannot be told to the kernel", a)}
	case a.Is4In6():
		return &flaw{word, fmt.Sprintf("%v is an IPv4 address in IPv6 clothes: Unmap it", a)}
	case a.IsUnspecified(), a.IsMulticast():
		return &flaw{word, fmt.Sprintf("%v is not an address of a host", a)}
	}
	return nil
}

func (p *Peer) checkKeepalive() *flaw {
	if (p.KeepaliveInterval == KeepaliveOff) != (p.KeepaliveTimeout == KeepaliveOff) || (p.KeepaliveInterval == 0) != (p.KeepaliveTimeout == 0) {
		return &flaw{"keepalive", "KeepaliveInterval and KeepaliveTimeout go together: give both, or both as KeepaliveOff"}
	}
	for word, d := range map[string]time.Duration{"keepalive-interval": p.KeepaliveInterval, "keepalive-timeout": p.KeepaliveTimeout} {
		switch {
		case d == KeepaliveOff:
		case d < 0 || d > math.MaxUint32*time.Second:
			return &flaw{word, fmt.Sprintf("%v is not in 0s…%ds", d, uint32(math.MaxUint32))}
		case d%time.Second != 0:
			return &flaw{word, fmt.Sprintf("%v is not a whole number of seconds", d)}
		}
	}
	return nil
}
