package inet

// RPFilter is a check of the source address of received packets (RFC 3704).
type RPFilter int

// The checks of a source address.
const (
	RPFilterOff    RPFilter = iota // none
	RPFilterStrict                 // packets to it leave by the link
	RPFilterLoose                  // packets to it leave by some link
)

// Forwarding sets whether packets that arrive on the link are forwarded to other links
// (net.ipv4.conf.LINK.forwarding).
func (c IPv4Conf) Forwarding(on bool) IPv4Conf { return c.with("forwarding", number(on)) }

// BCForwarding sets whether packets to the broadcast address of another network are
// forwarded (net.ipv4.conf.LINK.bc_forwarding).
func (c IPv4Conf) BCForwarding(on bool) IPv4Conf { return c.with("bc_forwarding", number(on)) }

// ProxyARP sets whether the link answers ARP requests for addresses that are reached by
// another link (net.ipv4.conf.LINK.proxy_arp).
func (c IPv4Conf) ProxyARP(on bool) IPv4Conf { return c.with("proxy_arp", number(on)) }

// ProxyARPPVLAN sets whether the link answers ARP requests for addresses that are
// reached by the link itself, for ports that cannot reach each other (RFC 3069)
// (net.ipv4.conf.LINK.proxy_arp_pvlan).
func (c IPv4Conf) ProxyARPPVLAN(on bool) IPv4Conf { return c.with("proxy_arp_pvlan", number(on)) }

// RPFilter sets how the source address of a received packet is checked. The larger of
// this value and net.ipv4.conf.all.rp_filter applies (net.ipv4.conf.LINK.rp_filter).
func (c IPv4Conf) RPFilter(mode RPFilter) IPv4Conf { return c.with("rp_filter", int(mode)) }

// AcceptLocal sets whether packets with a source address of this host are accepted
// (net.ipv4.conf.LINK.accept_local).
func (c IPv4Conf) AcceptLocal(on bool) IPv4Conf { return c.with("accept_local", number(on)) }

// RouteLocalnet sets whether addresses in 127.0.0.0/8 are routed like others
// (net.ipv4.conf.LINK.route_localnet).
func (c IPv4Conf) RouteLocalnet(on bool) IPv4Conf { return c.with("route_localnet", number(on)) }

// SrcValidMark sets whether the check of the source address considers the mark of the
// packet (net.ipv4.conf.LINK.src_valid_mark).
func (c IPv4Conf) SrcValidMark(on bool) IPv4Conf { return c.with("src_valid_mark", number(on)) }

// LogMartians sets whether packets with impossible addresses are logged
// (net.ipv4.conf.LINK.log_martians).
func (c IPv4Conf) LogMartians(on bool) IPv4Conf { return c.with("log_martians", number(on)) }

// AcceptRedirects sets whether ICMP redirects are accepted
// (net.ipv4.conf.LINK.accept_redirects).
func (c IPv4Conf) AcceptRedirects(on bool) IPv4Conf { return c.with("accept_redirects", number(on)) }

// SecureRedirects sets whether only redirects to known gateways are accepted
// (net.ipv4.conf.LINK.secure_redirects).
func (c IPv4Conf) SecureRedirects(on bool) IPv4Conf { return c.with("secure_redirects", number(on)) }

// SendRedirects sets whether ICMP redirects are sent
// (net.ipv4.conf.LINK.send_redirects).
func (c IPv4Conf) SendRedirects(on bool) IPv4Conf { return c.with("send_redirects", number(on)) }

// SharedMedia sets whether hosts of several networks share the link (RFC 1620)
// (net.ipv4.conf.LINK.shared_media).
func (c IPv4Conf) SharedMedia(on bool) IPv4Conf { return c.with("shared_media", number(on)) }

// AcceptSourceRoute sets whether packets with source routes are accepted
// (net.ipv4.conf.LINK.accept_source_route).
func (c IPv4Conf) AcceptSourceRoute(on bool) IPv4Conf {
	return c.with("accept_source_route", number(on))
}

// ARPFilter sets whether ARP requests are answered only if packets to the sender leave
// by this link (net.ipv4.conf.LINK.arp_filter).
func (c IPv4Conf) ARPFilter(on bool) IPv4Conf { return c.with("arp_filter", number(on)) }

// ARPAnnounce sets the choice of the source address of ARP requests: 0 is any, 1
// prefers one of the target's network, 2 is the best for the target
// (net.ipv4.conf.LINK.arp_announce).
func (c IPv4Conf) ARPAnnounce(n int) IPv4Conf { return c.with("arp_announce", n) }

// ARPIgnore sets which ARP requests are answered, 0 to 8: 0 those for any address of
// this host, 1 those for an address of the link, 2 as 1 if the sender is in its
// network, 3 those for addresses that are not of scope host, 8 none; 4 to 7 are
// reserved (net.ipv4.conf.LINK.arp_ignore).
func (c IPv4Conf) ARPIgnore(n int) IPv4Conf { return c.with("arp_ignore", n) }

// ARPNotify sets whether the addresses are announced when the link comes up or its
// link-layer address changes (net.ipv4.conf.LINK.arp_notify).
func (c IPv4Conf) ARPNotify(on bool) IPv4Conf { return c.with("arp_notify", number(on)) }

// ARPAccept sets whether gratuitous ARP makes a neighbour: 0 never, 1 always, 2 if the
// sender is in a network of the link (net.ipv4.conf.LINK.arp_accept).
func (c IPv4Conf) ARPAccept(n int) IPv4Conf { return c.with("arp_accept", n) }

// ARPEvictNoCarrier sets whether neighbours are removed when the carrier is lost
// (net.ipv4.conf.LINK.arp_evict_nocarrier).
func (c IPv4Conf) ARPEvictNoCarrier(on bool) IPv4Conf {
	return c.with("arp_evict_nocarrier", number(on))
}

// DropGratuitousARP sets whether gratuitous ARP is dropped
// (net.ipv4.conf.LINK.drop_gratuitous_arp).
func (c IPv4Conf) DropGratuitousARP(on bool) IPv4Conf {
	return c.with("drop_gratuitous_arp", number(on))
}

// DropUnicastInL2Multicast sets whether unicast packets in link-layer multicast frames
// are dropped (net.ipv4.conf.LINK.drop_unicast_in_l2_multicast).
func (c IPv4Conf) DropUnicastInL2Multicast(on bool) IPv4Conf {
	return c.with("drop_unicast_in_l2_multicast", number(on))
}

// IgnoreRoutesWithLinkdown sets whether routes through the link are ignored while it
// has no carrier (net.ipv4.conf.LINK.ignore_routes_with_linkdown).
func (c IPv4Conf) IgnoreRoutesWithLinkdown(on bool) IPv4Conf {
	return c.with("ignore_routes_with_linkdown", number(on))
}

// PromoteSecondaries sets whether a secondary address takes the place of a removed
// primary one, rather than being removed with it
// (net.ipv4.conf.LINK.promote_secondaries).
func (c IPv4Conf) PromoteSecondaries(on bool) IPv4Conf {
	return c.with("promote_secondaries", number(on))
}

// DisableXFRM sets whether IPsec is off for packets that leave by the link
// (net.ipv4.conf.LINK.disable_xfrm).
func (c IPv4Conf) DisableXFRM(on bool) IPv4Conf { return c.with("disable_xfrm", number(on)) }

// DisablePolicy sets whether IPsec policies are off for packets that arrive on the link
// (net.ipv4.conf.LINK.disable_policy).
func (c IPv4Conf) DisablePolicy(on bool) IPv4Conf { return c.with("disable_policy", number(on)) }

// ForceIGMPVersion sets the version of IGMP, 1 to 3; 0 adapts to the querier
// (net.ipv4.conf.LINK.force_igmp_version).
func (c IPv4Conf) ForceIGMPVersion(n int) IPv4Conf { return c.with("force_igmp_version", n) }

// MediumID sets the number of the medium for proxy ARP: links of the same medium have
// the same number, 0 is a medium of its own, and -1 turns proxy ARP off
// (net.ipv4.conf.LINK.medium_id).
func (c IPv4Conf) MediumID(n int) IPv4Conf { return c.with("medium_id", n) }
