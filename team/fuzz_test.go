package team

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// FuzzMessages looks for bytes that make one of the parsers panic, or give what
// cannot be.
func FuzzMessages(f *testing.F) {
	f.Add(teamnl.AppendSet(nil, 0x1234, teamnl.Option{Name: "priority", Value: int32(-2), Port: 0x23, Index: -1}))
	f.Add(teamnl.AppendSet(nil, 0x1234, teamnl.Option{Name: "lb_hash_stats", Value: []byte{1, 2, 3}, Index: 0x42}))
	f.Add(arpMessage{sender: mac(1)}.appendRequest(nil, new(uint16(5))))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := collect(teamnl.ParseOptions(b))
		if n := len(o.HashToPort); n != 0 && n != hashes {
			t.Errorf("%d hashes", n)
		}
		for _, p := range teamnl.ParsePorts(b) {
			if p.Speed > 0 && knownSpeed(p.Speed) == 0 && p.Speed != 1<<32-1 {
				t.Errorf("speed %d", p.Speed)
			}
		}
		if m := parseARP(b); len(m.sender) != 0 && (len(m.sender) != macLen || !m.targetIP.Is4()) {
			t.Errorf("%+v", m)
		}
		if l := parseLinkState(b); len(b) < 16 && l.index != 0 {
			t.Errorf("%+v", l)
		}
	})
}

// FuzzDocument looks for a configuration that is another one once it was written and
// parsed again.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"runner":{"name":"activebackup"},"link_watch":[{"name":"ethtool","delay_up":3},{"name":"arp_ping","target_host":"10.0.0.1","vlanid":0}],"notify_peers":{}}`))
	f.Add([]byte(`{"runner":{"name":"lacp","min_ports":1,"tx_balancer":{"name":"basic"},"tx_hash":[]},"ports":{"a":{"lacp_key":3,"queue_id":0,"link_watch":[{"name":"ethtool"}]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseTeamd(text)
		if err != nil {
			return
		}
		written := c.Runner.document().String()
		again, err := ParseTeamd([]byte(written))
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if got := again.Runner.document().String(); got != written {
			t.Errorf("%s\nbecomes %s", written, got)
		}
	})
}

func TestARPRequest(t *testing.T) {
	m := arpMessage{sender: mac(0xa1), senderIP: netip.AddrFrom4([4]byte{192, 0, 2, 23}), targetIP: netip.AddrFrom4([4]byte{192, 0, 2, 1})}
	const want = "\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\xa1\xc0\x00\x02\x17\xff\xff\xff\xff\xff\xff\xc0\x00\x02\x01"
	if got := string(m.appendRequest(nil, nil)); got != want {
		t.Errorf("%x, want %x", got, want)
	}
	if got := string(m.appendRequest(nil, new(uint16(0x234)))); got != "\x02\x34\x08\x06"+want {
		t.Errorf("in a VLAN: %x", got)
	}
	back := parseARP([]byte(want))
	if back.senderIP != m.senderIP || back.targetIP != m.targetIP || back.sender.String() != m.sender.String() {
		t.Errorf("read back as %+v", back)
	}
	if got := parseARP([]byte(want)[:27]); len(got.sender) > 0 || got.senderIP.IsValid() {
		t.Errorf("cut off: %+v", got)
	}
}

// TestStateString has the text of teamdctl 1.31 for such a state.
func TestStateString(t *testing.T) {
	s := State{Mode: LACP, LACP: LACPConfig{FastRate: true}, Ports: []PortState{
		{Port: Port{Name: "eth1"}, Watches: []WatchState{{Name: "ethtool", DownCount: 0x12}, {Name: "arp_ping", Up: true}}, LACP: &LACPPort{}},
		{Port: Port{Name: "eth0"}, Up: true, LACP: &LACPPort{State: LACPCurrent, Aggregator: 3, Selected: true}},
	}}
	const want = `setup:
  runner: lacp
ports:
  eth0
    link watches:
      link summary: up
    runner:
      aggregator ID: 3, Selected
      selected: yes
      state: current
  eth1
    link watches:
      link summary: down
      instance[link_watch_0]:
        name: ethtool
        link: down
        down count: 18
      instance[link_watch_1]:
        name: arp_ping
        link: up
        down count: 0
    runner:
      aggregator ID: 0
      selected: no
      state: disabled
runner:
  active: yes
  fast rate: yes
`
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (State{Mode: ActiveBackup, ActivePort: "eth7"}).String(); got != "setup:\n  runner: activebackup\nrunner:\n  active port: eth7\n" {
		t.Errorf("%q", got)
	}
}
