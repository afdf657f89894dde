package team

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/teamnl"
)

// TestOptionBytes compares requests with what libteam sends, worked out by hand
// from the kernel's description of the messages.
func TestOptionBytes(t *testing.T) {
	littleEndian(t)
	const head = "0800 0100 34120000" // TEAM_ATTR_TEAM_IFINDEX
	for _, c := range []struct {
		option Option
		want   string
	}{
		{NotifyPeersCount(0x1234), "3000 0280 2c00 0180 1700 0100 6e6f746966795f70656572735f636f756e7400 00 0500 0300 03000000 0800 0400 34120000"},
		{NotifyPeersInterval(4660 * time.Millisecond), "3400 0280 3000 0180 1a00 0100 6e6f746966795f70656572735f696e74657276616c00 0000 0500 0300 03000000 0800 0400 34120000"},
		{Mode(ActiveBackup), "3000 0280 2c00 0180 0900 0100 6d6f646500 000000 0500 0300 05000000 1100 0400 6163746976656261636b757000 000000"},
		{Option{Name: "enabled", Value: true, Port: 0x23, Index: -1}, "2800 0280 2400 0180 0c00 0100 656e61626c656400 0800 0600 23000000 0500 0300 06000000 0400 0400"},
		{Option{Name: "enabled", Value: false, Port: 0x23, Index: -1}, "2400 0280 2000 0180 0c00 0100 656e61626c656400 0800 0600 23000000 0500 0300 06000000"},
		{Option{Name: "priority", Value: int32(-2), Port: 0x23, Index: -1}, "3000 0280 2c00 0180 0d00 0100 7072696f7269747900 000000 0800 0600 23000000 0500 0300 0e000000 0800 0400 feffffff"},
		{HashFunc([]Instruction{{0x15, 3, 4, 0x8100}}), "3000 0280 2c00 0180 1200 0100 6270665f686173685f66756e6300 0000 0500 0300 0b000000 0c00 0400 1500 03 04 00810000"},
		{HashToPort(0x42, 0x1234), "4000 0280 3c00 0180 1f00 0100 6c625f74785f686173685f746f5f706f72745f6d617070696e6700 00 0800 0700 42000000 0500 0300 03000000 0800 0400 34120000"},
	} {
		raw := teamnl.Option{Name: c.option.Name, Port: c.option.Port, Index: c.option.Index}
		if fault := encode(&raw, c.option); fault != "" {
			t.Errorf("%v: %s", c.option, fault)
			continue
		}
		got := hex.EncodeToString(teamnl.AppendSet(nil, 0x1234, raw))
		if want := strings.ReplaceAll(head+c.want, " ", ""); got != want {
			t.Errorf("%v\n goes out as %s\n       want %s", c.option, got, want)
		}
	}
}

// TestOptionsBytes reads an answer of the kernel's.
func TestOptionsBytes(t *testing.T) {
	littleEndian(t)
	answer := "08000100 34120000 5c000280" + // a list
		"3000 0180 0d00 0100 7072696f7269747900 000000 0400 0200 0500 0300 0e000000 0800 0400 feffffff 0800 0600 23000000" +
		"2800 0180 1000 0100 757365725f6c696e6b757000 0500 0300 06000000 0400 0400 0800 0600 23000000"
	b, err := hex.DecodeString(strings.ReplaceAll(answer, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	want := []teamnl.Option{
		{Name: "priority", Value: int32(-2), Port: 0x23, Index: -1, Changed: true},
		{Name: "user_linkup", Value: true, Port: 0x23, Index: -1},
	}
	if got := teamnl.ParseOptions(b); !reflect.DeepEqual(got, want) || teamnl.Team(b) != 0x1234 {
		t.Errorf("got %+v of team %#x, want %+v", got, teamnl.Team(b), want)
	}
}

func TestOptionFaults(t *testing.T) {
	tm := &Team{link: &openlink.Handle{Kind: "team", Name: "team0"}}
	for want, o := range map[string]Option{
		`mode: invalid argument ("lacp" is not one of [broadcast roundrobin random activebackup loadbalance])`: Mode("lacp"),
		"notify_peers_interval: invalid argument (1.5ms is not 0 to 4294967295 times 1ms)":                     NotifyPeersInterval(1500 * time.Microsecond),
		"mcast_rejoin_interval: invalid argument (-1s is not 0 to 4294967295 times 1ms)":                       MCastRejoinInterval(-time.Second),
		"lb_stats_refresh_interval: invalid argument (250ms is not 0 to 4294967295 times 100ms)":               StatsRefreshInterval(250 * time.Millisecond),
		"notify_peers_count: invalid argument (takes a uint32, not a int)":                                     {Name: "notify_peers_count", Value: 5, Index: -1},
		"priority: invalid argument (is about a port: name it)":                                                Priority("", 5),
		"mcast_rejoin_count of port eth0: invalid argument (is about the team, not about a port)":              {Name: "mcast_rejoin_count", PortName: "eth0", Value: uint32(3), Index: -1},
		"mcast_rejoin_count 7: invalid argument (is not an array)":                                             {Name: "mcast_rejoin_count", Value: uint32(3), Index: 7},
		"lb_tx_hash_to_port_mapping 256: invalid argument (the hash 256 is not in 0…255)":                      {Name: "lb_tx_hash_to_port_mapping", Value: 3, Index: 256},
		"lb_tx_hash_to_port_mapping 9: invalid argument (0 is not an interface index)":                         HashToPort(9, 0),
		"activeport: invalid argument (-4 is not an interface index)":                                          ActivePort(-4),
		"lb_hash_stats 3: invalid argument (cannot be set: the kernel counts it)":                              {Name: "lb_hash_stats", Value: uint64(3), Index: 3},
		"lb_port_stats of port 6: invalid argument (cannot be set: the kernel counts it)":                      {Name: "lb_port_stats", Value: uint64(3), Port: 6, Index: -1},
		`lb_tx_method: invalid argument ("even" is not one of [hash hash_to_port_mapping])`:                    Method("even"),
		"bpf_hash_func: invalid argument (4097 instructions, where at most 4096 fit)":                          HashFunc(make([]Instruction, 4097)),
		"queue_id of port eth0: invalid argument (takes a uint16, not a uint32)":                               {Name: "queue_id", PortName: "eth0", Value: uint32(3), Index: -1},
		": invalid argument (a name has 1 to 31 bytes)":                                                        {Index: -1},
		"newer: invalid argument (there is no type for a int64)":                                               {Name: "newer", Value: int64(3), Index: -1},
	} {
		err := tm.SetOption(t.Context(), o)
		if !errors.Is(err, fs.ErrInvalid) || strings.TrimPrefix(err.Error(), "set option of team team0: ") != strings.TrimPrefix(want, ": ") {
			t.Errorf("%v\n gives %v\n want  %s", o, err, want)
		}
	}
}

// TestRunnerFaults refuses what cannot be right before anything is sent.
func TestRunnerFaults(t *testing.T) {
	tm := &Team{link: &openlink.Handle{Kind: "team", Name: "team0"}}
	for want, r := range map[string]Runner{
		`Mode: invalid argument ("best" is not one of broadcast, roundrobin, random, activebackup, loadbalance, lacp)`: {Mode: "best"},
		"HWAddr: invalid argument (by_active is for the mode activebackup)":                                            {HWAddr: ByActive},
		"HWAddr: invalid argument (there is no policy with the number 9)":                                              {Mode: ActiveBackup, HWAddr: 9},
		"Address: invalid argument (2 bytes, where an Ethernet address has 6)":                                         {Address: mac(5)[:2]},
		"Address: invalid argument (00:00:00:00:00:00 is not an address of a single link)":                             {Address: make([]byte, 6)},
		"TxHash: invalid argument (is for the modes loadbalance and lacp)":                                             {Mode: Random, TxHash: []Fragment{HashEth}},
		"TxHash: invalid argument (there is no part of a frame with the number 77)":                                    {Mode: LoadBalance, TxHash: []Fragment{77}},
		"Balancer: invalid argument (is for the modes loadbalance and lacp)":                                           {Balancer: &Balancer{}},
		"Balancer.Interval: invalid argument (1.23s is not 0 to 4294967295 tenths of a second)":                        {Mode: LoadBalance, Balancer: &Balancer{1230 * time.Millisecond}},
		"LinkWatchPolicy: invalid argument (there is no policy with the number 5)":                                     {LinkWatchPolicy: 5},
		"NotifyPeers.Interval: invalid argument (100µs is not 0 to 4294967295 times 1ms)":                              {NotifyPeers: &Burst{3, 100 * time.Microsecond}},
		"LinkWatches[0].DelayUp: invalid argument (-1s is negative)":                                                   {LinkWatches: []LinkWatch{Ethtool{DelayUp: -time.Second}}},
		"LinkWatches[1].Target: invalid argument (there is no default for it)":                                         {LinkWatches: []LinkWatch{Ethtool{}, ARPPing{}}},
		"LinkWatches[0]: invalid argument (is nil)":                                                                    {LinkWatches: []LinkWatch{nil}},
		"Ports.eth0.Sticky: invalid argument (is for the modes activebackup and lacp)":                                 {Ports: map[string]PortConfig{"eth0": {Sticky: true}}},
		"Ports.: invalid argument (a name has 1 to 15 bytes)":                                                          {Ports: map[string]PortConfig{"": {}}},
		"Ports.eth0.LinkWatches[0].DelayDown: invalid argument (-2s is negative)":                                      {Ports: map[string]PortConfig{"eth0": {LinkWatches: []LinkWatch{Ethtool{DelayDown: -2 * time.Second}}}}},
	} {
		err := tm.Run(t.Context(), r)
		if !errors.Is(err, fs.ErrInvalid) || err.Error() != "run team team0: "+want {
			t.Errorf("%+v\n gives %v\n want  %s", r, err, want)
		}
	}
}
