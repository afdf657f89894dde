package iplink_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/uapi"
)

func TestBondSettings(t *testing.T) {
	subject[*bond.Builder]{
		kind:     iplink.KindBond,
		rows:     iplink.KindRows(iplink.KindBond),
		prepare:  []string{"link add p1 index 71 type dummy", "link add p2 index 72 type dummy"},
		start:    newBond,
		settings: slices.Concat(bondModes, bondPorts, bondMonitor, bondProbes, bondTraffic, bondLACP),
	}.test(t)
}

func newBond(bool) (*bond.Builder, iplink.Spec) {
	b := bond.New(link)
	return b, b
}

// inMode returns what sets a mode.
func inMode(mode iplink.BondMode) func(*bond.Builder) {
	return func(b *bond.Builder) { b.Mode(mode) }
}

// withMIIMon sets what delays are multiples of.
func withMIIMon(b *bond.Builder) {
	b.MIIMon(50 * time.Millisecond)
}

var bondModes = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_MODE, (*bond.Builder).Mode, bond.BalanceXOR, bond.BalanceALB, "Info.Mode",
		inData("mode", "balance-xor", "balance-alb")),
	set(uapi.IFLA_BOND_MODE, (*bond.Builder).Mode, bond.Broadcast, bond.BalanceTLB, "Info.Mode",
		inData("mode", "broadcast", "balance-tlb")).variant("others"),
	set(uapi.IFLA_BOND_MODE, (*bond.Builder).Mode, bond.ActiveBackup, bond.IEEE8023AD, "Info.Mode",
		inData("mode", "active-backup", "802.3ad")).variant("more"),
	set(uapi.IFLA_BOND_FAIL_OVER_MAC, (*bond.Builder).FailOverMAC, bond.FailOverFollow, bond.FailOverActive, "Info.FailOverMAC",
		inData("fail_over_mac", "follow", "active")).needs(inMode(bond.ActiveBackup)),
	set(uapi.IFLA_BOND_XMIT_HASH_POLICY, (*bond.Builder).XmitHashPolicy, bond.HashLayer34, bond.HashVLANSrcMAC,
		"Info.XmitHashPolicy", inData("xmit_hash_policy", "layer3+4", "vlan+srcmac")),
	set(uapi.IFLA_BOND_XMIT_HASH_POLICY, (*bond.Builder).XmitHashPolicy, bond.HashEncap23, bond.HashLayer23,
		"Info.XmitHashPolicy", inData("xmit_hash_policy", "encap2+3", "layer2+3")).variant("others"),
	set(uapi.IFLA_BOND_TLB_DYNAMIC_LB, (*bond.Builder).TLBDynamicLB, false, true, "Info.TLBDynamicLB",
		inData("tlb_dynamic_lb", 0, 1)).needs(inMode(bond.BalanceTLB)),
	set(uapi.IFLA_BOND_PACKETS_PER_SLAVE, (*bond.Builder).PacketsPerSlave, 0x1234, 0x4321, "Info.PacketsPerSlave",
		inData("packets_per_slave", 4660, 17185)).needs(inMode(bond.BalanceRR)),
}

var bondPorts = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_ACTIVE_SLAVE, (*bond.Builder).ActiveSlave, "p2", "p1", "Info.ActiveSlave",
		inData("active_slave", "p2", "p1")).reads(72, 71).needs(inMode(bond.ActiveBackup)).
		after("link set p1 master "+link, "link set p2 master "+link, "link set up dev "+link),
	set(uapi.IFLA_BOND_ACTIVE_SLAVE, (*bond.Builder).ActiveSlaveIndex, 72, 71, "Info.ActiveSlave",
		inData("active_slave", "p2", "p1")).needs(inMode(bond.BalanceALB)).variant("index").
		after("link set p1 master "+link, "link set p2 master "+link, "link set up dev "+link),
	set(uapi.IFLA_BOND_PRIMARY, (*bond.Builder).Primary, "p2", "p1", "Info.Primary",
		inData("primary", "p2", "p1")).reads(72, 71).needs(inMode(bond.ActiveBackup)).
		after("link set p1 master "+link, "link set p2 master "+link),
	set(uapi.IFLA_BOND_PRIMARY, (*bond.Builder).PrimaryIndex, 72, 0, "Info.Primary",
		inData("primary", "p2", nil)).needs(inMode(bond.BalanceTLB)).variant("none").
		after("link set p1 master "+link, "link set p2 master "+link),
	set(uapi.IFLA_BOND_PRIMARY_RESELECT, (*bond.Builder).PrimaryReselect, bond.ReselectBetter, bond.ReselectFailure,
		"Info.PrimaryReselect", inData("primary_reselect", "better", "failure")),
	set(uapi.IFLA_BOND_ALL_SLAVES_ACTIVE, (*bond.Builder).AllSlavesActive, true, false, "Info.AllSlavesActive",
		inData("all_slaves_active", 1, 0)),
	set(uapi.IFLA_BOND_MIN_LINKS, (*bond.Builder).MinLinks, 0x1234, 0x4321, "Info.MinLinks",
		inData("min_links", 4660, 17185)),
}

var bondMonitor = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_MIIMON, (*bond.Builder).MIIMon, 1234*time.Millisecond, 4321*time.Millisecond, "Info.MIIMon",
		inData("miimon", 1234, 4321)),
	set(uapi.IFLA_BOND_UPDELAY, (*bond.Builder).UpDelay, 150*time.Millisecond, 350*time.Millisecond, "Info.UpDelay",
		inData("updelay", 150, 350)).needs(withMIIMon),
	set(uapi.IFLA_BOND_DOWNDELAY, (*bond.Builder).DownDelay, 250*time.Millisecond, 450*time.Millisecond, "Info.DownDelay",
		inData("downdelay", 250, 450)).needs(withMIIMon),
	set(uapi.IFLA_BOND_PEER_NOTIF_DELAY, (*bond.Builder).PeerNotifDelay, 550*time.Millisecond, 650*time.Millisecond,
		"Info.PeerNotifDelay", inData("peer_notify_delay", 550, 650)).needs(withMIIMon),
	set(uapi.IFLA_BOND_USE_CARRIER, (*bond.Builder).UseCarrier, true, true, "Info.UseCarrier",
		inData("use_carrier", 1, 1)),
}

var bondProbes = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_ARP_INTERVAL, (*bond.Builder).ARPInterval, 1234*time.Millisecond, 4321*time.Millisecond, "Info.ARPInterval",
		inData("arp_interval", 1234, 4321)),
	targets(uapi.IFLA_BOND_ARP_IP_TARGET, (*bond.Builder).ARPIPTargets, "Info.ARPIPTargets", "arp_ip_target",
		[]string{"192.0.2.18", "198.51.100.52"}, []string{"203.0.113.86"}),
	targets(uapi.IFLA_BOND_ARP_IP_TARGET, (*bond.Builder).ARPIPTargets, "Info.ARPIPTargets", "arp_ip_target",
		[]string{"10.1.2.1", "10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5", "10.1.2.6", "10.1.2.7", "10.1.2.8", "10.1.2.9",
			"10.1.2.10", "10.1.2.11", "10.1.2.12", "10.1.2.13", "10.1.2.14", "10.1.2.15", "10.1.2.16"}, nil).variant("many"),
	targets(uapi.IFLA_BOND_NS_IP6_TARGET, (*bond.Builder).NSIP6Targets, "Info.NSIP6Targets", "ns_ip6_target",
		[]string{"2001:db8::12", "fe80::1234"}, []string{"2001:db8::56"}),
	set(uapi.IFLA_BOND_ARP_VALIDATE, (*bond.Builder).ARPValidate, bond.ValidateFilterBackup, bond.ValidateActive,
		"Info.ARPValidate", inData("arp_validate", "filter_backup", "active")).needs(inMode(bond.ActiveBackup)),
	set(uapi.IFLA_BOND_ARP_ALL_TARGETS, (*bond.Builder).ARPAllTargets, bond.ARPAll, bond.ARPAny, "Info.ARPAllTargets",
		inData("arp_all_targets", "all", "any")),
	set(uapi.IFLA_BOND_MISSED_MAX, (*bond.Builder).ARPMissedMax, 0x12, 0xfe, "Info.ARPMissedMax",
		inData("arp_missed_max", 18, 254)),
}

// targets returns the entry for a list of addresses.
func targets(row uint16, setter func(*bond.Builder, ...netip.Addr) *bond.Builder, field, word string, first, second []string) setting[*bond.Builder] {
	var lists [2][]netip.Addr
	var said [2]any
	for i, texts := range [][]string{first, second} {
		for _, text := range texts {
			lists[i] = append(lists[i], netip.MustParseAddr(text))
		}
		if texts != nil {
			said[i] = texts
		}
	}
	one := func(b *bond.Builder, addrs []netip.Addr) *bond.Builder { return setter(b, addrs...) }
	return set(row, one, lists[0], lists[1], field, inData(word, said[0], said[1]))
}

var bondTraffic = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_RESEND_IGMP, (*bond.Builder).ResendIGMP, 0x12, 0xfe, "Info.ResendIGMP",
		inData("resend_igmp", 18, 254)),
	set(uapi.IFLA_BOND_NUM_PEER_NOTIF, (*bond.Builder).NumPeerNotif, 0x12, 0xfe, "Info.NumPeerNotif",
		inData("num_peer_notif", 18, 254)),
	set(uapi.IFLA_BOND_LP_INTERVAL, (*bond.Builder).LPInterval, 0x1234*time.Second, 0x4321*time.Second, "Info.LPInterval",
		inData("lp_interval", 4660, 17185)),
}

var bondLACP = in8023AD(
	set(uapi.IFLA_BOND_AD_LACP_RATE, (*bond.Builder).LACPRate, bond.LACPFast, bond.LACPSlow, "Info.LACPRate",
		inData("ad_lacp_rate", "fast", "slow")),
	set(uapi.IFLA_BOND_AD_LACP_ACTIVE, (*bond.Builder).LACPActive, false, true, "Info.LACPActive",
		inData("ad_lacp_active", "off", "on")),
	set(uapi.IFLA_BOND_AD_SELECT, (*bond.Builder).ADSelect, bond.ADCount, bond.ADBandwidth, "Info.ADSelect",
		inData("ad_select", "count", "bandwidth")),
	set(uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO, (*bond.Builder).ADActorSysPrio, 0x1234, 0x4321, "Info.ADActorSysPrio",
		inData("ad_actor_sys_prio", 4660, 17185)),
	set(uapi.IFLA_BOND_AD_USER_PORT_KEY, (*bond.Builder).ADUserPortKey, 0x123, 0x321, "Info.ADUserPortKey",
		inData("ad_user_port_key", 291, 801)),
	set(uapi.IFLA_BOND_AD_ACTOR_SYSTEM, (*bond.Builder).ADActorSystem,
		net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, net.HardwareAddr{2, 0, 0, 0, 0x43, 0x21}, "Info.ADActorSystem",
		inData("ad_actor_system", "02:00:00:00:12:34", "02:00:00:00:43:21")),
	set(uapi.IFLA_BOND_COUPLED_CONTROL, (*bond.Builder).CoupledControl, false, true, "Info.CoupledControl",
		rawData([]byte{0}, []byte{1}, uapi.IFLA_BOND_COUPLED_CONTROL)),
	set(uapi.IFLA_BOND_BROADCAST_NEIGH, (*bond.Builder).BroadcastNeighbor, true, false, "Info.BroadcastNeighbor",
		rawData([]byte{1}, []byte{0}, uapi.IFLA_BOND_BROADCAST_NEIGH)),
	set(uapi.IFLA_BOND_LACP_STRICT, (*bond.Builder).LACPStrict, true, false, "Info.LACPStrict",
		rawData([]byte{1}, []byte{0}, uapi.IFLA_BOND_LACP_STRICT)),
)

// in8023AD gives entries the one mode that has them.
func in8023AD(settings ...setting[*bond.Builder]) []setting[*bond.Builder] {
	for i := range settings {
		settings[i] = settings[i].needs(inMode(bond.IEEE8023AD))
	}
	return settings
}

// joined is a port of a bond beside its settings as a port.
type joined struct {
	link *dummy.Builder
	port *bond.PortBuilder
}

func TestBondPortSettings(t *testing.T) {
	subject[*joined]{
		kind:    iplink.KindBond,
		rows:    iplink.PortRows(iplink.KindBond),
		prepare: []string{"link add b1 type bond mode active-backup", "link add b2 type bond mode 802.3ad"},
		start: func(bool) (*joined, iplink.Spec) {
			j := &joined{dummy.New(link).Master("b1"), bond.Port()}
			return j, j.link.PortSettings(j.port)
		},
		settings: []setting[*joined]{
			set(uapi.IFLA_BOND_SLAVE_QUEUE_ID, onPort((*bond.PortBuilder).QueueID), 3, 12, "PortInfo.QueueID",
				inPort("queue_id", 3, 12)),
			set(uapi.IFLA_BOND_SLAVE_PRIO, onPort((*bond.PortBuilder).Prio), -0x1234, 0x4321, "PortInfo.Prio",
				rawPort([]byte{0xcc, 0xed, 0xff, 0xff}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BOND_SLAVE_PRIO)),
			set(uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO, onPort((*bond.PortBuilder).ActorPortPrio), 0x1234, 0x4321, "PortInfo.ActorPortPrio",
				rawPort([]byte{0x34, 0x12}, []byte{0x21, 0x43}, uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO)).
				needs(func(j *joined) { j.link.Master("b2") }),
		},
	}.test(t)
}

// onPort applies a setter to the settings as a port.
func onPort[V any](setter func(*bond.PortBuilder, V) *bond.PortBuilder) func(*joined, V) *joined {
	return func(j *joined, v V) *joined {
		setter(j.port, v)
		return j
	}
}
