package team_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/team"
)

const arpPing = `{"device":"team7","hwaddr":"02:00:00:00:00:77","runner":{"name":"activebackup","hwaddr_policy":"only_active","fast_rate":true},
 "notify_peers":{"count":4,"interval":30},"mcast_rejoin":{"interval":20},"link_watch_policy":"all",
 "link_watch":[{"name":"ethtool","delay_up":2500,"delay_down":1000},
  {"name":"arp_ping","interval":100,"init_wait":50,"missed_max":30,"source_host":"192.168.23.2","target_host":"192.168.23.1",
   "validate_active":true,"validate_inactive":true,"send_always":true,"vlanid":21}],
 "ports":{"eth2":{"prio":-10,"sticky":true,"queue_id":4,"link_watch":{"name":"ethtool"}},"eth1":{"prio":100,"lacp_prio":3}}}`

func TestParseTeamd(t *testing.T) {
	for text, want := range map[string]*team.Config{
		`{}`: {},
		`{"runner":{"name":"lacp","active":false,"fast_rate":true,"sys_prio":4660,"min_ports":3,"agg_select_policy":"port_config","tx_hash":["l4"],
			"tx_balancer":{"name":"basic","balancing_interval":7}},"link_watch":{"name":"nsna_ping","interval":200,"init_wait":30,"missed_max":7,"target_host":"fe80::21b:21ff:fe21:1"},
			"ports":{"eth1":{"lacp_prio":22136,"lacp_key":39612,"sticky":true}}}`: {Ports: []string{"eth1"}, Runner: team.Runner{Mode: team.LACP,
			LACP:   team.LACPConfig{Passive: true, FastRate: true, SystemPriority: new(uint16(0x1234)), MinPorts: 3, Select: team.ByPortConfig},
			TxHash: []team.Fragment{team.HashL4}, Balancer: &team.Balancer{Interval: 700 * time.Millisecond},
			LinkWatches: []team.LinkWatch{team.NSNAPing{Target: netip.MustParseAddr("fe80::21b:21ff:fe21:1"), Interval: 200 * time.Millisecond,
				InitWait: 30 * time.Millisecond, MissedMax: new(uint32(7))}},
			Ports: map[string]team.PortConfig{"eth1": {LACPPriority: new(uint16(0x5678)), LACPKey: 0x9abc, Sticky: true}}}},
		arpPing: {Device: "team7", Ports: []string{"eth2", "eth1"}, Runner: team.Runner{
			Mode: team.ActiveBackup, HWAddr: team.OnlyActive, Address: net.HardwareAddr{2, 0, 0, 0, 0, 0x77},
			NotifyPeers:     &team.Burst{Count: 4, Interval: 30 * time.Millisecond},
			MCastRejoin:     &team.Burst{Count: 1, Interval: 20 * time.Millisecond},
			LinkWatchPolicy: team.AllWatches,
			LinkWatches: []team.LinkWatch{team.Ethtool{DelayUp: 2500 * time.Millisecond, DelayDown: time.Second}, team.ARPPing{
				Target: netip.MustParseAddr("192.168.23.1"), Source: netip.MustParseAddr("192.168.23.2"),
				Interval: 100 * time.Millisecond, InitWait: 50 * time.Millisecond, MissedMax: new(uint32(30)),
				ValidateActive: true, ValidateInactive: true, SendAlways: true, VLAN: new(uint16(21))}},
			Ports: map[string]team.PortConfig{
				"eth2": {Priority: -10, Sticky: true, QueueID: new(uint16(4)), LinkWatches: []team.LinkWatch{team.Ethtool{}}},
				"eth1": {Priority: 100}},
		}},
		`{"mcast_rejoin":{"interval":20},"runner":{"name":"loadbalance","tx_hash":["l4","eth"],"tx_balancer":{"name":"basic","balancing_interval":33}}}`: {
			Runner: team.Runner{Mode: team.LoadBalance, TxHash: []team.Fragment{team.HashL4, team.HashEth},
				MCastRejoin: &team.Burst{Interval: 20 * time.Millisecond},
				Balancer:    &team.Balancer{Interval: 3300 * time.Millisecond}}},
		`{"runner":{"name":"loadbalance","tx_hash":[],"tx_balancer":{}}}`: {
			Runner: team.Runner{Mode: team.LoadBalance, TxHash: []team.Fragment{}}},
		`{"runner":{"name":"random","tx_hash":["eth"]},"debug_level":3}`: {Runner: team.Runner{Mode: team.Random}},
	} {
		got, err := team.ParseTeamd([]byte(text))
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); err != nil || diff != "" {
			t.Errorf("%s\n error %v\n%s", text, err, diff)
		}
	}
}

func TestParseTeamdFaults(t *testing.T) {
	for text, want := range map[string]string{
		``:                               "parse team: invalid argument (at byte 0: unexpected EOF)",
		`{"runner":`:                     "parse team: invalid argument (at byte 10: unexpected EOF)",
		`{} {}`:                          "parse team: invalid argument (there is more behind the configuration, at byte 4)",
		`[]`:                             "parse team: invalid argument (is a list, not an object)",
		`{"device":5}`:                   "parse team: device: invalid argument (is a number, not a text)",
		`{"device":"a","device":"b"}`:    "parse team: device: invalid argument (is there twice)",
		`{"devise":"a"}`:                 "parse team: devise: invalid argument (teamd has no such key)",
		`{"hwaddr":"02:00"}`:             `parse team: hwaddr: invalid argument ("02:00" is not an Ethernet address)`,
		`{"hwaddr":"03:00:00:00:00:01"}`: "parse team: hwaddr: invalid argument (03:00:00:00:00:01 is not an address of a single link)",
		`{"runner":{"name":"nope"}}`:     `parse team: runner.name: invalid argument (there is no runner "nope")`,
		`{"runner":{"name":"lacp","min_ports":0}}`:                                    "parse team: runner.min_ports: invalid argument (0 is not in 1…1024)",
		`{"runner":{"name":"lacp","sys_prio":65536}}`:                                 "parse team: runner.sys_prio: invalid argument (65536 is not in 0…65535)",
		`{"runner":{"name":"lacp","fast_rate":1}}`:                                    "parse team: runner.fast_rate: invalid argument (is a number, not true or false)",
		`{"runner":{"name":"lacp","agg_select_policy":"best"}}`:                       `parse team: runner.agg_select_policy: invalid argument ("best" is not one of [lacp_prio lacp_prio_stable bandwidth count port_config])`,
		`{"runner":{"name":"lacp"},"ports":{"a":{"lacp_key":-1}}}`:                    "parse team: ports.a.lacp_key: invalid argument (-1 is not in 0…65535)",
		`{"link_watch":{"name":"nsna_ping"}}`:                                         "parse team: link_watch: invalid argument (has no target_host, for which there is no default)",
		`{"link_watch":{"name":"nsna_ping","target_host":"192.0.2.1"}}`:               `parse team: link_watch.target_host: invalid argument ("192.0.2.1" is not the IPv6 address of a host; names of hosts are not looked up)`,
		`{"link_watch":{"name":"nsna_ping","target_host":"fe80::1","vlanid":3}}`:      "parse team: link_watch.vlanid: invalid argument (teamd has no such key)",
		`{"link_watch":{"name":"tipc"}}`:                                              "parse team: link_watch.name: unsupported operation (the link watch tipc is not supported; there are ethtool, arp_ping and nsna_ping)",
		`{"runner":{"name":"activebackup","hwaddr_policy":"some"}}`:                   `parse team: runner.hwaddr_policy: invalid argument ("some" is not one of [same_all by_active only_active])`,
		`{"runner":{"name":"loadbalance","tx_hash":["eth","ipx"]}}`:                   `parse team: runner.tx_hash[1]: invalid argument ("ipx" is not one of [eth vlan ipv4 ipv6 ip l3 tcp udp sctp l4])`,
		`{"runner":{"name":"loadbalance","tx_hash":"eth"}}`:                           "parse team: runner.tx_hash: invalid argument (is a text, not a list)",
		`{"runner":{"name":"loadbalance","tx_balancer":{"name":"best"}}}`:             `parse team: runner.tx_balancer.name: invalid argument ("best" is not one of [basic])`,
		`{"notify_peers":{"count":-1}}`:                                               "parse team: notify_peers.count: invalid argument (-1 is not in 0…2147483647)",
		`{"mcast_rejoin":{"interval":1.5}}`:                                           "parse team: mcast_rejoin.interval: invalid argument (1.5 is not in 0…2147483647)",
		`{"link_watch_policy":"most"}`:                                                `parse team: link_watch_policy: invalid argument ("most" is not one of [any all])`,
		`{"link_watch":{"delay_up":5}}`:                                               "parse team: link_watch: invalid argument (has no name)",
		`{"link_watch":[{"name":"ethtool"},{"name":"mii"}]}`:                          `parse team: link_watch[1].name: invalid argument (there is no link watch "mii")`,
		`{"link_watch":{"name":"ethtool","delay_down":-3}}`:                           "parse team: link_watch.delay_down: invalid argument (-3 is not in 0…2147483647)",
		`{"link_watch":{"name":"arp_ping"}}`:                                          "parse team: link_watch: invalid argument (has no target_host, for which there is no default)",
		`{"link_watch":{"name":"arp_ping","target_host":"gw"}}`:                       `parse team: link_watch.target_host: invalid argument ("gw" is not an IPv4 address; names of hosts are not looked up)`,
		`{"link_watch":{"name":"arp_ping","target_host":"10.0.0.1","interval":0}}`:    "parse team: link_watch.interval: invalid argument (0 is not in 1…2147483647)",
		`{"link_watch":{"name":"arp_ping","target_host":"10.0.0.1","vlanid":4096}}`:   "parse team: link_watch.vlanid: invalid argument (4096 is not in 0…4095)",
		`{"device":"team/0"}`:                                                         `parse team: device: invalid argument ("team/0" is not a name of a link)`,
		`{"link_watch":{"name":"arp_ping","target_host":"10.0.0.1","send_always":1}}`: "parse team: link_watch.send_always: invalid argument (is a number, not true or false)",
		`{"ports":["eth0"]}`:                                                          "parse team: ports: invalid argument (is a list, not an object)",
		`{"ports":{"eth0.10":{"prio":3000000000}}}`:                                   "parse team: ports.eth0.10.prio: invalid argument (3000000000 is not in -2147483648…2147483647)",
		`{"ports":{"a234567890123456":{}}}`:                                           "parse team: ports.a234567890123456: invalid argument (a name has 1 to 15 bytes)",
		`{"ports":{"eth0":{"queue_id":65536}}}`:                                       "parse team: ports.eth0.queue_id: invalid argument (65536 is not in 0…65535)",
		`{"ports":{"eth0":{"link_watch":[null]}}}`:                                    "parse team: ports.eth0.link_watch[0]: invalid argument (has no name)",
	} {
		_, err := team.ParseTeamd([]byte(text))
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || e.Error() != want || !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s\n gives %v\n want  %s", text, err, want)
		}
	}
}

// FuzzParseTeamd looks for a text that makes it panic, or accept what Run would
// refuse.
func FuzzParseTeamd(f *testing.F) {
	for _, text := range []string{arpPing, `{}`, `{"ports":{"a":{"link_watch":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}}}`, `{"runner":{"name":"loadbalance","tx_hash":["eth"]}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := team.ParseTeamd(text)
		if err == nil && len(c.Ports) != len(c.Runner.Ports) {
			t.Errorf("%q: %d ports, %d configurations", text, len(c.Ports), len(c.Runner.Ports))
		}
	})
}
