package vmtest

import (
	"maps"
	"slices"
	"strings"
)

// wantedModules returns the kernel modules that a guest has if its kernel has them.
// Their dependencies are added, too. Modules that are built in, or that are newer
// than the kernel, may be missing.
func wantedModules() []string {
	return strings.Fields(`
		bonding batman-adv crc32c_generic team team_mode_activebackup team_mode_broadcast team_mode_loadbalance team_mode_random team_mode_roundrobin
		bridge br_netfilter 8021q vxlan geneve macvlan macvtap ipvlan ipvtap macsec veth nlmon dummy ifb vrf wireguard tun
		vsockmon vsock_loopback
		netkit hsr ovpn ip_gre ip6_gre ipip sit ip6_tunnel ip_vti ip6_vti fou fou6 xfrm_interface esp4 esp6 gtp
		vcan vxcan can can_raw can_bcm can_gw can_isotp can_dev slcan sja1000 kvaser_pci
		ib_core ib_cm ib_ipoib
		mac802154_hwsim ieee802154_6lowpan nhc_udp mac80211_hwsim wwan ppp_generic
		l2tp_eth l2tp_netlink openvswitch crc32c_generic
		virtio_pci virtio_net net_failover failover e1000e
		gcm ccm chacha chacha20poly1305 ghash_generic aes_generic ctr seqiv echainiv cmac authenc drbg jitterentropy_rng hmac sha512_generic sha256_generic
		mpls_router mpls_iptunnel
		act_mirred act_gact act_police act_vlan act_tunnel_key act_skbedit act_pedit
		cls_u32 cls_flower cls_matchall cls_basic cls_bpf
		sch_ingress sch_fq sch_fq_codel sch_htb sch_prio sch_mqprio sch_multiq sch_netem sch_tbf sch_sfq sch_etf sch_taprio
		af_packet_diag netlink_diag psample xfrm_user
	`)
}

// moduleOptions returns the parameters with which a module is always loaded. Most keep
// the module from creating links by itself, so that a test's first link is the first
// link.
func moduleOptions(module string) string {
	switch module {
	case "bonding":
		return "max_bonds=0"
	case "ib_core":
		// Otherwise each network namespace has a copy of each InfiniBand device, with a
		// file for each of 65536 partitions, which takes much time and memory.
		return "netns_mode=0"
	case "dummy":
		return "numdummies=0"
	case "ifb":
		return "numifbs=0"
	}
	return ""
}

// wantedPrograms returns the programs of the guest, starting with the tests'
// independent witnesses. All must exist.
func wantedPrograms() []string {
	return strings.Fields(`ip bridge tc ethtool teamd teamdctl teamnl tcpdump candump cansend ping dash wg batctl`)
}

// wantedPackages returns the packages of these programs.
func wantedPackages() []string {
	return strings.Fields(`iproute2 ethtool libteam-utils tcpdump can-utils iputils-ping dash wireguard-tools batctl`)
}

// wantedData returns the directories of tables that the programs read.
func wantedData() []string {
	return strings.Fields(`etc/iproute2 usr/share/iproute2 usr/lib/iproute2 usr/lib/tc`)
}

// keptPackages matches the packages of a plan that are fetched: the programs, their
// libraries and the kernel, but not the rest of an operating system that they depend
// on (the generator of initial RAM disks, systemd, perl).
const keptPackages = `^(lib.*|zlib1g|iproute2|ethtool|tcpdump|can-utils|iputils-ping|dash|wireguard-tools|batctl|linux-(image|binary|modules)-[0-9].*)$`

// keptHeaders matches the headers needed to build modules.
const keptHeaders = `^linux-(headers|kbuild)-[0-9].*$`

// driverSources returns the drivers that Debian's kernels are built without, with
// their source files in the kernel's tree. They are built from Debian's package of the
// kernel's source. A kernel that lacks a file lacks the driver.
func driverSources() map[string][]string {
	const rmnet = "drivers/net/ethernet/qualcomm/rmnet/"
	return map[string][]string{
		"amt":     {"drivers/net/amt.c"},
		"bareudp": {"drivers/net/bareudp.c"},
		"pfcp":    {"drivers/net/pfcp.c"}, // since Linux 6.10
		"rmnet": {rmnet + "rmnet_config.c", rmnet + "rmnet_vnd.c", rmnet + "rmnet_handlers.c", rmnet + "rmnet_map_data.c", rmnet + "rmnet_map_command.c",
			rmnet + "rmnet_config.h", rmnet + "rmnet_vnd.h", rmnet + "rmnet_handlers.h", rmnet + "rmnet_map.h", rmnet + "rmnet_private.h"},
	}
}

// builtDrivers returns the names of these drivers.
func builtDrivers() []string {
	return slices.Sorted(maps.Keys(driverSources()))
}
