package iplink_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/team"
)

func addrs(texts ...string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

func TestBondString(t *testing.T) {
	for _, test := range []struct {
		bond *bond.Builder
		want string
	}{
		{bond.New("b0"), ""},
		{bond.New("b0").Mode(bond.ActiveBackup).ActiveSlave("eth0").Primary("eth1").PrimaryReselect(bond.ReselectBetter),
			"mode active-backup active_slave eth0 primary eth1 primary_reselect better"},
		{bond.New("b0").ActiveSlave("eth0").ClearActiveSlave(), "clear_active_slave"},
		{bond.New("b0").ActiveSlaveIndex(7).PrimaryIndex(8), "active_slave if7 primary if8"},
		{bond.New("b0").PrimaryIndex(0), "# ip has no word for: primary"},
		{bond.New("b0").MIIMon(50 * time.Millisecond).UpDelay(150 * time.Millisecond).DownDelay(250 * time.Millisecond).
			PeerNotifDelay(300 * time.Millisecond).UseCarrier(true),
			"miimon 50 updelay 150 downdelay 250 peer_notify_delay 300 use_carrier 1"},
		{bond.New("b0").ARPInterval(1234 * time.Millisecond).ARPIPTargets(addrs("192.0.2.1", "198.51.100.2")...).
			ARPValidate(bond.ValidateFilterBackup).ARPAllTargets(bond.ARPAll).ARPMissedMax(3),
			"arp_interval 1234 arp_ip_target 192.0.2.1,198.51.100.2 arp_validate filter_backup arp_all_targets all arp_missed_max 3"},
		{bond.New("b0").NSIP6Targets(addrs("2001:db8::1", "2001:db8::2")...), "ns_ip6_target 2001:db8::1,2001:db8::2"},
		{bond.New("b0").ARPIPTargets().MinLinks(2), "arp_ip_target '' min_links 2"},
		{bond.New("b0").FailOverMAC(bond.FailOverFollow).XmitHashPolicy(bond.HashVLANSrcMAC).ResendIGMP(9).NumPeerNotif(8),
			"fail_over_mac follow xmit_hash_policy vlan+srcmac resend_igmp 9 num_grat_arp 8"},
		{bond.New("b0").AllSlavesActive(true).LPInterval(7 * time.Second).PacketsPerSlave(5).TLBDynamicLB(false),
			"all_slaves_active 1 lp_interval 7 packets_per_slave 5 tlb_dynamic_lb 0"},
		{bond.New("b0").LACPRate(bond.LACPFast).LACPActive(false).ADSelect(bond.ADActorPortPrio).ADActorSysPrio(0x1234).
			ADUserPortKey(0x123).ADActorSystem(net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}),
			"lacp_rate fast lacp_active off ad_select actor_port_prio ad_actor_sys_prio 4660 ad_user_port_key 291 ad_actor_system 02:00:00:00:12:34"},
		{bond.New("b0").CoupledControl(false).BroadcastNeighbor(true), "coupled_control off broadcast_neighbor on"},
		{bond.New("b0").LACPStrict(true), "# ip has no word for: lacp_strict"},
	} {
		want := strings.TrimRight("ip link add b0 type bond "+test.want, " ")
		if got := test.bond.String(); got != want {
			t.Errorf("\n%s, want\n%s", got, want)
		}
	}
}

// TestBondRefused has a case for each refusal before anything is sent.
func TestBondRefused(t *testing.T) {
	many := slices.Repeat(addrs("192.0.2.1"), 17)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})
	}
	const ms = time.Millisecond
	for _, test := range []struct {
		bond *bond.Builder
		want string
	}{
		{bond.New("b0").Mode(7), "mode: invalid argument (7 is not one of balance-rr, active-backup"},
		{bond.New("b0").MIIMon(1500 * time.Microsecond), "miimon: invalid argument (1.5ms is not a multiple of 1ms"},
		{bond.New("b0").MIIMon((1 << 31) * ms), "miimon: invalid argument (596h31m23.648s is not in 0s…596h31m23.647s)"},
		{bond.New("b0").MIIMon(100 * ms).ARPInterval(ms), "arp_interval: invalid argument (cannot go with MIIMon)"},
		{bond.New("b0").MIIMon(100 * ms).ARPValidate(bond.ValidateAll), "arp_validate: invalid argument (cannot go with MIIMon)"},
		{bond.New("b0").MIIMon(100 * ms).UpDelay(150 * ms), "updelay: invalid argument (150ms is not a multiple of MIIMon, which is 100ms: the kernel would round it down)"},
		{bond.New("b0").MIIMon(100 * ms).DownDelay(10 * ms), "downdelay: invalid argument (10ms is not a multiple of MIIMon"},
		{bond.New("b0").MIIMon(0).DownDelay(0), "downdelay: invalid argument (needs MIIMon, which is off)"},
		{bond.New("b0").MIIMon(100 * ms).PeerNotifDelay(101 * ms), "peer_notify_delay: invalid argument (101ms is not a multiple of MIIMon"},
		{bond.New("b0").PeerNotifDelay(301 * time.Second), "peer_notify_delay: invalid argument (5m1s is not in 0s…5m0s)"},
		{bond.New("b0").ARPIPTargets(many...), "arp_ip_target: invalid argument (17 targets, where at most 16 fit)"},
		{bond.New("b0").ARPIPTargets(addrs("192.0.2.1", "192.0.2.2", "192.0.2.1")...), "arp_ip_target: invalid argument (192.0.2.1 is there twice)"},
		{bond.New("b0").ARPIPTargets(addrs("2001:db8::1")...), "arp_ip_target: invalid argument (2001:db8::1 is not an IPv4 address)"},
		{bond.New("b0").ARPIPTargets(netip.Addr{}), "arp_ip_target: invalid argument (invalid IP is not an IPv4 address)"},
		{bond.New("b0").ARPIPTargets(addrs("0.1.2.3")...), "arp_ip_target: invalid argument (0.1.2.3 is not an address of a host)"},
		{bond.New("b0").ARPIPTargets(addrs("255.255.255.255")...), "arp_ip_target: invalid argument (255.255.255.255 is not an address of a host)"},
		{bond.New("b0").NSIP6Targets(addrs("192.0.2.1")...), "ns_ip6_target: invalid argument (192.0.2.1 is not an IPv6 address)"},
		{bond.New("b0").NSIP6Targets(addrs("::ffff:192.0.2.1")...), "ns_ip6_target: invalid argument (::ffff:192.0.2.1 is not an IPv6 address)"},
		{bond.New("b0").NSIP6Targets(addrs("fe80::1%eth0")...), "ns_ip6_target: invalid argument (fe80::1%eth0 is an address with a zone"},
		{bond.New("b0").NSIP6Targets(addrs("ff02::1")...), "ns_ip6_target: invalid argument (ff02::1 is not an address of another host)"},
		{bond.New("b0").ARPMissedMax(0), "arp_missed_max: invalid argument (0 is not in 1…255)"},
		{bond.New("b0").ResendIGMP(256), "resend_igmp: invalid argument (256 is not in 0…255)"},
		{bond.New("b0").MinLinks(1 << 31), "min_links: invalid argument (2147483648 is not in 0…2147483647)"},
		{bond.New("b0").LPInterval(0), "lp_interval: invalid argument (0s is not in 1s…"},
		{bond.New("b0").PacketsPerSlave(65536), "packets_per_slave: invalid argument (65536 is not in 0…65535)"},
		{bond.New("b0").ADActorSysPrio(0), "ad_actor_sys_prio: invalid argument (0 is not in 1…65535)"},
		{bond.New("b0").ADUserPortKey(1024), "ad_user_port_key: invalid argument (1024 is not in 0…1023)"},
		{bond.New("b0").Mode(bond.IEEE8023AD).ADActorSystem(net.HardwareAddr{1, 0, 0, 0, 0, 1}), "ad_actor_system: invalid argument (01:00:00:00:00:01 is a multicast address)"},
		{bond.New("b0").ADActorSystem(net.HardwareAddr{2}), "ad_actor_system: invalid argument (1 bytes, where 6 are due)"},
		{bond.New("b0").ADSelect(4), "ad_select: invalid argument (4 is not one of stable"},
		{bond.New("b0").MTU(67), "mtu: invalid argument (67 is not in 68…65535)"},
	} {
		refuses(t, test.bond, "create bond b0: "+test.want)
	}
}

// refuses demands an error that begins as told.
func refuses(t *testing.T, s iplink.Spec, want string) {
	t.Helper()
	err := iplink.CheckSpec(s, "create")
	if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("%v:\nerror %v, want\n%s", s, err, want)
	}
}

// bondRow returns the name of a setting.
func bondRow(typ uint16) string {
	for _, r := range iplink.KindRows(iplink.KindBond) {
		if r.Type == typ {
			return r.Name
		}
	}
	return ""
}

// TestBondModes demands that exactly the settings that a mode does not have are
// refused with it; the lists are those of the kernel's bond_opts.
func TestBondModes(t *testing.T) {
	rows := map[uint16]string{
		uapi.IFLA_BOND_PACKETS_PER_SLAVE: "balance-rr",
		uapi.IFLA_BOND_ACTIVE_SLAVE:      "active-backup, balance-tlb, balance-alb",
		uapi.IFLA_BOND_PRIMARY:           "active-backup, balance-tlb, balance-alb",
		uapi.IFLA_BOND_ARP_INTERVAL:      "balance-rr, active-backup, balance-xor, broadcast",
		uapi.IFLA_BOND_ARP_VALIDATE:      "balance-rr, active-backup, balance-xor, broadcast",
		uapi.IFLA_BOND_MISSED_MAX:        "balance-rr, active-backup, balance-xor, broadcast",
		uapi.IFLA_BOND_TLB_DYNAMIC_LB:    "balance-tlb, balance-alb",
		uapi.IFLA_BOND_AD_LACP_RATE:      "802.3ad",
		uapi.IFLA_BOND_AD_LACP_ACTIVE:    "802.3ad",
		uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO: "802.3ad",
		uapi.IFLA_BOND_AD_USER_PORT_KEY:  "802.3ad",
		uapi.IFLA_BOND_AD_ACTOR_SYSTEM:   "802.3ad",
		uapi.IFLA_BOND_COUPLED_CONTROL:   "802.3ad",
		uapi.IFLA_BOND_BROADCAST_NEIGH:   "802.3ad",
		uapi.IFLA_BOND_LACP_STRICT:       "802.3ad",
	}
	for typ := range uint16(uapi.IFLA_BOND_LACP_STRICT + 1) {
		for mode := bond.BalanceRR; mode <= bond.BalanceALB; mode++ {
			b, word := bond.New("b0"), mode.String()
			b.Own(b).Set = attr.SetOf(typ, uapi.IFLA_BOND_MODE)
			err := iplink.RequireBondMode(b, mode)
			modes, limited := rows[typ]
			want := limited && !slices.Contains(strings.Split(modes, ", "), word)
			if (err != nil) != want {
				t.Errorf("%s in mode %s: error %v, want one: %v", bondRow(typ), word, err, want)
			}
			if err != nil && !strings.HasSuffix(err.Error(), "not for mode "+word+", only for "+modes) {
				t.Errorf("%v", err)
			}
		}
	}
	refuses(t, bond.New("b0").Mode(bond.BalanceRR).LACPRate(bond.LACPFast),
		"create bond b0: lacp_rate: invalid argument (not for mode balance-rr, only for 802.3ad)")
	refuses(t, bond.New("b0").LACPRate(bond.LACPFast),
		"create bond b0: lacp_rate: invalid argument (needs Mode 802.3ad)")
	if err := iplink.CheckSpec(bond.New("b0").LACPRate(bond.LACPFast), "update"); err != nil {
		t.Errorf("a bond that exists has a mode: %v", err)
	}
}

// TestBondNeedsMode demands that a bond is made in the default mode only with what
// that mode has, and that the modes are named which have the rest.
func TestBondNeedsMode(t *testing.T) {
	for typ := range uint16(uapi.IFLA_BOND_LACP_STRICT + 1) {
		b := bond.New("b0")
		b.Own(b).Set.Add(typ)
		err := iplink.RequireBondMode(b, bond.BalanceRR)
		without := iplink.BondWithout(bond.BalanceRR)
		if without.Has(typ) != (err != nil) || err != nil && !strings.Contains(err.Error(), "needs Mode ") {
			t.Errorf("%s: error %v, want one: %v", bondRow(typ), err, without.Has(typ))
		}
	}
	for _, delay := range []*bond.Builder{bond.New("b0").UpDelay(time.Second), bond.New("b0").DownDelay(time.Second), bond.New("b0").PeerNotifDelay(time.Second)} {
		if err := iplink.CheckSpec(delay, "create"); err == nil || !strings.Contains(err.Error(), "needs MIIMon, which is off") {
			t.Errorf("%v: error %v", delay, err)
		}
		if err := iplink.CheckSpec(delay.Mode(bond.IEEE8023AD), "create"); err != nil {
			t.Errorf("%v, in a mode that monitors: %v", delay, err)
		}
	}
}

// TestBondAllFaults demands that every fault is told of, not just the first.
func TestBondAllFaults(t *testing.T) {
	err := iplink.CheckSpec(bond.New("b0").Mode(bond.Broadcast).LACPActive(true).PacketsPerSlave(3).MIIMon(0).UpDelay(0), "create")
	for _, word := range []string{"lacp_active", "packets_per_slave", "updelay"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not name %s", err, word)
		}
	}
}

func TestBondEncoding(t *testing.T) {
	for _, test := range []struct {
		bond *bond.Builder
		want []byte
	}{
		{bond.New("b0").ARPIPTargets(addrs("192.0.2.1", "198.51.100.2")...), []byte{
			20, 0, 8, 0,
			8, 0, 0, 0, 192, 0, 2, 1,
			8, 0, 1, 0, 198, 51, 100, 2}},
		{bond.New("b0").ARPIPTargets(), []byte{4, 0, 8, 0}},
		{bond.New("b0").NSIP6Targets(addrs("2001:db8::12:34")...), []byte{
			24, 0, 31, 0,
			20, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0, 0x34}},
		{bond.New("b0").LPInterval(0x1234 * time.Second).MIIMon(0x4321 * time.Millisecond), []byte{
			8, 0, 3, 0, 0x21, 0x43, 0, 0,
			8, 0, 19, 0, 0x34, 0x12, 0, 0}},
		{bond.New("b0").ClearActiveSlave(), []byte{8, 0, 2, 0, 0, 0, 0, 0}},
		{bond.New("b0").UseCarrier(false), []byte{5, 0, 6, 0, 0, 0, 0, 0}},
	} {
		if got := iplink.InfoData(test.bond); !bytes.Equal(got, test.want) {
			t.Errorf("%v: % x, want % x", test.bond, got, test.want)
		}
	}
}

// TestBondDecoding reads what no request holds: the kernel's own slots, the
// aggregator and the states of a port.
func TestBondDecoding(t *testing.T) {
	var b iplink.BondInfo
	_, err := iplink.DecodeInfo([]byte{
		20, 0, 8, 0, 8, 0, 0, 0, 192, 0, 2, 1, 8, 0, 1, 0, 198, 51, 100, 2,
		28, 0, 23, 0, 6, 0, 1, 0, 0x34, 0x12, 0, 0, 6, 0, 3, 0, 0x21, 0x43, 0, 0, 8, 0, 9, 0, 1, 1, 1, 1,
	}, &b)
	if err != nil || !slices.Equal(b.ARPIPTargets, addrs("192.0.2.1", "198.51.100.2")) {
		t.Errorf("targets %v, error %v", b.ARPIPTargets, err)
	}
	if b.ADInfo.Aggregator != 0x1234 || b.ADInfo.ActorKey != 0x4321 {
		t.Errorf("%+v", b.ADInfo)
	}
	var p iplink.BondPortInfo
	_, err = iplink.DecodeInfo([]byte{
		5, 0, 7, 0, 0x4f, 0, 0, 0,
		6, 0, 8, 0, 0x82, 0, 0, 0,
		8, 0, 9, 0, 0xfe, 0xff, 0xff, 0xff,
		5, 0, 2, 0, 3, 0, 0, 0,
	}, &p)
	if err != nil || p.Prio != -2 || p.MIIStatus.String() != "GOING_BACK" ||
		p.ActorOperPortState.String() != "active,short_timeout,aggregating,in_sync,defaulted" ||
		p.PartnerOperPortState != iplink.LACPTimeout|iplink.LACPExpired {
		t.Errorf("%+v, error %v", p, err)
	}
	if _, err = iplink.DecodeInfo([]byte{10, 0, 8, 0, 6, 0, 0, 0, 192, 0, 0, 0}, &b); err == nil {
		t.Error("a target of two bytes is taken")
	}
}

// TestBondBefore tries changes of bonds that exist.
func TestBondBefore(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		want    *bond.Builder
		have    iplink.BondInfo
		differ  attr.Set
		sends   attr.Set
		refusal string
	}{
		{want: bond.New("b0").MIIMon(50 * ms).UpDelay(200 * ms), have: iplink.BondInfo{MIIMon: 100 * ms, UpDelay: 200 * ms},
			differ: attr.SetOf(uapi.IFLA_BOND_MIIMON), sends: attr.SetOf(uapi.IFLA_BOND_MIIMON, uapi.IFLA_BOND_UPDELAY)},
		{want: bond.New("b0").Mode(bond.ActiveBackup).ARPValidate(bond.ValidateAll), have: iplink.BondInfo{ARPValidate: bond.ValidateAll},
			differ: attr.SetOf(uapi.IFLA_BOND_MODE), sends: attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_ARP_VALIDATE)},
		{want: bond.New("b0").UpDelay(150 * ms), have: iplink.BondInfo{MIIMon: 100 * ms},
			differ: attr.SetOf(uapi.IFLA_BOND_UPDELAY), refusal: "updelay: 150ms is not a multiple of MIIMon, which is 100ms: the kernel would round it down"},
		{want: bond.New("b0").UpDelay(150 * ms), differ: attr.SetOf(uapi.IFLA_BOND_UPDELAY), refusal: "updelay: needs MIIMon, which is off"},
		{want: bond.New("b0").Mode(bond.IEEE8023AD).UpDelay(300 * ms), differ: attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_UPDELAY),
			sends: attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_UPDELAY)},
		{want: bond.New("b0").Mode(bond.IEEE8023AD).PacketsPerSlave(1).ARPInterval(0), have: iplink.BondInfo{PacketsPerSlave: 1},
			differ: attr.SetOf(uapi.IFLA_BOND_MODE), sends: attr.SetOf(uapi.IFLA_BOND_MODE)},
		{want: bond.New("b0").Mode(bond.IEEE8023AD).ARPInterval(100 * ms), have: iplink.BondInfo{ARPInterval: 100 * ms},
			differ: attr.SetOf(uapi.IFLA_BOND_MODE), refusal: "arp_interval: not for mode 802.3ad, only for balance-rr, active-backup, balance-xor, broadcast"},
		{want: bond.New("b0").LACPActive(false), have: iplink.BondInfo{Mode: bond.Broadcast, LACPActive: true},
			differ: attr.SetOf(uapi.IFLA_BOND_AD_LACP_ACTIVE), refusal: "lacp_active: not for mode broadcast, only for 802.3ad"},
	} {
		sends, err := iplink.Permitted(test.want, &iplink.Link{Info: &test.have}, test.differ)
		refusal := ""
		if fault, ok := errors.AsType[*iplink.Error](err); ok {
			refusal = fault.Attr + ": " + fault.Message
		}
		if refusal != test.refusal || err == nil && sends != test.sends {
			t.Errorf("%v: sends %v, error %v; want %v, %s", test.want, sends, err, test.sends, test.refusal)
		}
	}
}

func goldenBond() []goldenSpec {
	base := func(mode iplink.BondMode) *bond.Builder { return bond.New("t0").Index(goldenIndex).Mode(mode) }
	return []goldenSpec{
		{"plain", bond.New("t0").Index(goldenIndex)},
		{"ports", base(bond.ActiveBackup).Primary("under").PrimaryReselect(bond.ReselectBetter).ClearActiveSlave().
			FailOverMAC(bond.FailOverFollow).AllSlavesActive(true).MinLinks(0x1234)},
		{"miimon", base(bond.BalanceXOR).MIIMon(50 * time.Millisecond).UpDelay(150 * time.Millisecond).
			DownDelay(350 * time.Millisecond).PeerNotifDelay(450 * time.Millisecond).UseCarrier(true)},
		{"arp", base(bond.ActiveBackup).ARPInterval(1234 * time.Millisecond).ARPIPTargets(addrs("192.0.2.18", "198.51.100.52")...).
			ARPValidate(bond.ValidateFilterBackup).ARPAllTargets(bond.ARPAll).ARPMissedMax(7)},
		{"ns", base(bond.ActiveBackup).NSIP6Targets(addrs("2001:db8::12", "fe80::1234")...)},
		{"no-targets", base(bond.ActiveBackup).NSIP6Targets().ARPIPTargets().MinLinks(3)},
		{"traffic", base(bond.BalanceRR).XmitHashPolicy(bond.HashEncap34).ResendIGMP(0x12).NumPeerNotif(0x34).
			LPInterval(0x1234 * time.Second).PacketsPerSlave(0x4321)},
		{"tlb", base(bond.BalanceTLB).TLBDynamicLB(false)},
		{"lacp", base(bond.IEEE8023AD).LACPRate(bond.LACPFast).LACPActive(false).ADSelect(bond.ADCount).
			ADActorSysPrio(0x1234).ADUserPortKey(0x321).ADActorSystem(lab.MAC)},
	}
}

func byHandBond() []written {
	b := bond.New("t0")
	return []written{
		{32, b.Clone().CoupledControl(true), "01"},
		{33, b.Clone().BroadcastNeighbor(true), "01"},
		{34, b.Clone().LACPStrict(true), "01"},
	}
}

// byHandBondPort are requests about ports, whose settings `ip` gives only to a link
// that the kernel knows as one.
func byHandBondPort() []written {
	port := func(p *bond.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	return []written{
		{5, port(bond.Port().QueueID(0x1234)), "34 12"},
		{9, port(bond.Port().Prio(-0x1234)), "cc ed ff ff"},
		{10, port(bond.Port().ActorPortPrio(0x4321)), "21 43"},
	}
}

func TestTeamRefused(t *testing.T) {
	for _, r := range []badSpec{
		{spec: team.New("t0").Mode("lacp"), message: `mode: "lacp" is not one of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: team.New("t0").Mode(""), message: `mode: "" is not one of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: team.New("t0").Mode(iplink.TeamMode(strings.Repeat("x", 32))), message: "mode: 32 bytes, where at most 31 fit"},
		{spec: team.New("t0").Mode("*NOMODE*"), op: "update", message: `mode: "*NOMODE*" is not one of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: team.New("t0").MTU(67), message: "mtu: 67 is not in 68…65535"},
	} {
		r.test(t)
	}
	accepted(t, "create", team.New("t0"), team.New("t0").Mode(team.Random), team.New("t0").Mode(team.ActiveBackup).Up())
}

// TestTeamAside sends the mode another way: the request that makes a team has
// none of it.
func TestTeamAside(t *testing.T) {
	for _, s := range []iplink.Spec{team.New("t0"), team.New("t0").Mode(team.Random)} {
		p := iplink.PlanCreate(s)
		body := string(p.Body)
		if strings.Contains(body, "random") || !strings.Contains(body, "team") {
			t.Errorf("%v: %q", s, body)
		}
		if set, _, _ := iplink.SetOf(s); p.Aside != set.Has(own.TeamMode) || p.Aside != p.NeedsIndex {
			t.Errorf("%v: aside %v, needs its index %v", s, p.Aside, p.NeedsIndex)
		}
	}
}

// TestTeamModeWithPorts is refused as long as the ports are there; without a
// difference nothing is.
func TestTeamModeWithPorts(t *testing.T) {
	have := &iplink.Link{Index: 7, Name: "t0", Kind: iplink.KindTeam, Info: &iplink.TeamInfo{Mode: team.Random}}
	p := refusedChange(t, team.New("t0").Mode(team.Random), have, "")
	if !p.Info.Empty() {
		t.Error("a mode that is so already is to be set")
	}
}
