package inet

// DisableIPv6 sets whether IPv6 is off. Turning it off removes all IPv6 addresses and
// routes of the link (net.ipv6.conf.LINK.disable_ipv6).
func (c IPv6Conf) DisableIPv6(on bool) IPv6Conf { return c.with("disable_ipv6", number(on)) }

// Forwarding sets whether the link belongs to a router: it accepts no router
// advertisements unless AcceptRA is 2. Packets are forwarded if
// net.ipv6.conf.all.forwarding is on (net.ipv6.conf.LINK.forwarding).
func (c IPv6Conf) Forwarding(on bool) IPv6Conf { return c.with("forwarding", number(on)) }

// AcceptRA sets whether router advertisements are accepted: 0 never, 1 unless
// Forwarding is on, 2 always (net.ipv6.conf.LINK.accept_ra).
func (c IPv6Conf) AcceptRA(n int) IPv6Conf { return c.with("accept_ra", n) }

// AcceptRADefRtr sets whether the default route is learnt from router advertisements
// (net.ipv6.conf.LINK.accept_ra_defrtr).
func (c IPv6Conf) AcceptRADefRtr(on bool) IPv6Conf { return c.with("accept_ra_defrtr", number(on)) }

// AcceptRAPInfo sets whether prefixes are learnt from router advertisements
// (net.ipv6.conf.LINK.accept_ra_pinfo).
func (c IPv6Conf) AcceptRAPInfo(on bool) IPv6Conf { return c.with("accept_ra_pinfo", number(on)) }

// AcceptRARtrPref sets whether the preference of a router is accepted (RFC 4191)
// (net.ipv6.conf.LINK.accept_ra_rtr_pref).
func (c IPv6Conf) AcceptRARtrPref(on bool) IPv6Conf { return c.with("accept_ra_rtr_pref", number(on)) }

// AcceptRAMTU sets whether the MTU is learnt from router advertisements
// (net.ipv6.conf.LINK.accept_ra_mtu).
func (c IPv6Conf) AcceptRAMTU(on bool) IPv6Conf { return c.with("accept_ra_mtu", number(on)) }

// AcceptRAFromLocal sets whether router advertisements of this host are accepted
// (net.ipv6.conf.LINK.accept_ra_from_local).
func (c IPv6Conf) AcceptRAFromLocal(on bool) IPv6Conf {
	return c.with("accept_ra_from_local", number(on))
}

// AcceptRAMinHopLimit sets the smallest hop limit that is accepted from router
// advertisements, 0 to 255 (net.ipv6.conf.LINK.accept_ra_min_hop_limit).
func (c IPv6Conf) AcceptRAMinHopLimit(n int) IPv6Conf { return c.with("accept_ra_min_hop_limit", n) }

// AcceptRedirects sets whether ICMPv6 redirects are accepted
// (net.ipv6.conf.LINK.accept_redirects).
func (c IPv6Conf) AcceptRedirects(on bool) IPv6Conf { return c.with("accept_redirects", number(on)) }

// AcceptSourceRoute sets whether packets with a routing header of type 2 are accepted:
// 0 or more accepts them, -1 does not (net.ipv6.conf.LINK.accept_source_route).
func (c IPv6Conf) AcceptSourceRoute(n int) IPv6Conf { return c.with("accept_source_route", n) }

// AcceptDAD sets whether duplicates of addresses are looked for: 0 not, 1 yes, 2 yes,
// and a duplicate link-local address from the link-layer address turns IPv6 off
// (net.ipv6.conf.LINK.accept_dad).
func (c IPv6Conf) AcceptDAD(n int) IPv6Conf { return c.with("accept_dad", n) }

// DADTransmits sets the number of probes for a duplicate address, 0 or more
// (net.ipv6.conf.LINK.dad_transmits).
func (c IPv6Conf) DADTransmits(n int) IPv6Conf { return c.with("dad_transmits", n) }

// EnhancedDAD sets whether the probes carry a nonce, to recognise those that come back
// (RFC 7527) (net.ipv6.conf.LINK.enhanced_dad).
func (c IPv6Conf) EnhancedDAD(on bool) IPv6Conf { return c.with("enhanced_dad", number(on)) }

// OptimisticDAD sets whether an address is used before the search for duplicates ends
// (RFC 4429) (net.ipv6.conf.LINK.optimistic_dad).
func (c IPv6Conf) OptimisticDAD(on bool) IPv6Conf { return c.with("optimistic_dad", number(on)) }

// UseOptimistic sets whether such an address may be chosen as a source
// (net.ipv6.conf.LINK.use_optimistic).
func (c IPv6Conf) UseOptimistic(on bool) IPv6Conf { return c.with("use_optimistic", number(on)) }

// Autoconf sets whether addresses are made from the prefixes of router advertisements
// (net.ipv6.conf.LINK.autoconf).
func (c IPv6Conf) Autoconf(on bool) IPv6Conf { return c.with("autoconf", number(on)) }

// UseTempAddr sets whether temporary addresses are made (RFC 8981): 0 or less not, 1
// yes, 2 yes, and preferred. The kernel's default for the loopback interface is -1
// (net.ipv6.conf.LINK.use_tempaddr).
func (c IPv6Conf) UseTempAddr(n int) IPv6Conf { return c.with("use_tempaddr", n) }

// MaxAddresses sets the largest number of addresses from router advertisements; 0 is
// unlimited (net.ipv6.conf.LINK.max_addresses).
func (c IPv6Conf) MaxAddresses(n int) IPv6Conf { return c.with("max_addresses", n) }

// KeepAddrOnDown sets whether addresses that a user added stay while the link is down:
// 1 yes, 0 as net.ipv6.conf.all says, -1 not (net.ipv6.conf.LINK.keep_addr_on_down).
func (c IPv6Conf) KeepAddrOnDown(n int) IPv6Conf { return c.with("keep_addr_on_down", n) }

// ProxyNDP sets whether the link answers for addresses in its list of proxy neighbours
// (net.ipv6.conf.LINK.proxy_ndp).
func (c IPv6Conf) ProxyNDP(on bool) IPv6Conf { return c.with("proxy_ndp", number(on)) }

// NDiscNotify sets whether the addresses are announced when the link comes up or its
// link-layer address changes (net.ipv6.conf.LINK.ndisc_notify).
func (c IPv6Conf) NDiscNotify(on bool) IPv6Conf { return c.with("ndisc_notify", number(on)) }

// NDiscTClass sets the traffic class of neighbour discovery packets, 0 to 255
// (net.ipv6.conf.LINK.ndisc_tclass).
func (c IPv6Conf) NDiscTClass(n int) IPv6Conf { return c.with("ndisc_tclass", n) }

// NDiscEvictNoCarrier sets whether neighbours are removed when the carrier is lost
// (net.ipv6.conf.LINK.ndisc_evict_nocarrier).
func (c IPv6Conf) NDiscEvictNoCarrier(on bool) IPv6Conf {
	return c.with("ndisc_evict_nocarrier", number(on))
}

// DropUnsolicitedNA sets whether unsolicited neighbour advertisements are dropped
// (net.ipv6.conf.LINK.drop_unsolicited_na).
func (c IPv6Conf) DropUnsolicitedNA(on bool) IPv6Conf {
	return c.with("drop_unsolicited_na", number(on))
}

// AcceptUntrackedNA sets whether a neighbour advertisement makes a neighbour: 0 not, 1
// yes, 2 if it is in a network of the link (net.ipv6.conf.LINK.accept_untracked_na).
func (c IPv6Conf) AcceptUntrackedNA(n int) IPv6Conf { return c.with("accept_untracked_na", n) }

// DropUnicastInL2Multicast sets whether unicast packets in link-layer multicast frames
// are dropped (net.ipv6.conf.LINK.drop_unicast_in_l2_multicast).
func (c IPv6Conf) DropUnicastInL2Multicast(on bool) IPv6Conf {
	return c.with("drop_unicast_in_l2_multicast", number(on))
}

// SuppressFragNDisc sets whether fragmented neighbour discovery packets are dropped
// (RFC 6980) (net.ipv6.conf.LINK.suppress_frag_ndisc).
func (c IPv6Conf) SuppressFragNDisc(on bool) IPv6Conf {
	return c.with("suppress_frag_ndisc", number(on))
}

// ForceTLLAO sets whether unicast neighbour advertisements carry the link-layer address
// (net.ipv6.conf.LINK.force_tllao).
func (c IPv6Conf) ForceTLLAO(on bool) IPv6Conf { return c.with("force_tllao", number(on)) }

// IgnoreRoutesWithLinkdown sets whether routes through the link are ignored while it
// has no carrier (net.ipv6.conf.LINK.ignore_routes_with_linkdown).
func (c IPv6Conf) IgnoreRoutesWithLinkdown(on bool) IPv6Conf {
	return c.with("ignore_routes_with_linkdown", number(on))
}

// UseOIFAddrsOnly sets whether only addresses of the link are chosen as the source of
// packets that leave by it (net.ipv6.conf.LINK.use_oif_addrs_only).
func (c IPv6Conf) UseOIFAddrsOnly(on bool) IPv6Conf { return c.with("use_oif_addrs_only", number(on)) }

// HopLimit sets the hop limit of packets, 1 to 255 (net.ipv6.conf.LINK.hop_limit).
func (c IPv6Conf) HopLimit(n int) IPv6Conf { return c.with("hop_limit", n) }

// RouterSolicitations sets the number of router solicitations that are sent; -1 is
// unlimited (net.ipv6.conf.LINK.router_solicitations).
func (c IPv6Conf) RouterSolicitations(n int) IPv6Conf { return c.with("router_solicitations", n) }

// DisablePolicy sets whether IPsec policies are off for packets that arrive on the link
// (net.ipv6.conf.LINK.disable_policy).
func (c IPv6Conf) DisablePolicy(on bool) IPv6Conf { return c.with("disable_policy", number(on)) }

// Seg6Enabled sets whether packets with a segment routing header are accepted
// (net.ipv6.conf.LINK.seg6_enabled).
func (c IPv6Conf) Seg6Enabled(on bool) IPv6Conf { return c.with("seg6_enabled", number(on)) }
