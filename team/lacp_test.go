package team

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/lacp"
	"github.com/iplink-go/iplink/internal/teamnl"
)

// partner is the other end of the cables in these tests.
var partner = lacp.Info{SystemPriority: 0x1234, System: lacp.System{2, 0, 0, 0, 0, 0xbb}, Key: 7, PortPriority: 9, Port: 3, State: 0x3d}

func (p *fakeProber) hearPDU(actor lacp.Info, heardUs bool) {
	pdu := lacp.PDU{Actor: actor}
	if sent := p.packet.Load(); sent != nil && heardUs {
		if ours, ok := lacp.ParseFrame(*sent); ok {
			pdu.Partner = ours.Actor
		}
	}
	p.receive(pdu.AppendFrame(nil, lacp.System{2}))
}

func teamUp(k *fakeKernel) {
	k.at[teamIndex] = linkState{index: teamIndex, name: "team0", address: mac(0xff), up: true}
}

const lacpBegun = "mode=loadbalance; bpf_hash_func=1304 bytes; lb_tx_method=hash; carrier team0=false"

func TestLACP(t *testing.T) {
	config := Runner{Mode: LACP, LACP: LACPConfig{FastRate: true, MinPorts: 2}}
	stage(t, config, teamUp, func(k *fakeKernel, r *runner) {
		k.expect(t, lacpBegun)
		k.join(1, 1000)
		k.expect(t, "address team0=02:00:00:00:00:01; enabled eth1=false; user_linkup eth1=true")
		k.join(2, 1000)
		k.expect(t, "enabled eth2=false; address eth2=02:00:00:00:00:01; user_linkup eth2=true")
		k.probers[1].hearPDU(partner, true)
		k.expect(t, "enabled eth1=true")
		other := partner
		other.Port = 4
		k.probers[2].hearPDU(other, true)
		k.expect(t, "enabled eth2=true; carrier team0=true")
		s := ask(r)
		if p := s.Ports[1].LACP; p.State != LACPCurrent || !p.Selected || p.Aggregator != 1 || s.Aggregator != 1 || !s.Carrier {
			t.Errorf("%+v of %+v", p, s)
		}
		const want = "system 02:00:00:00:00:01 system_priority 65535 key 0 port 2 port_priority 255 state 0x3f " +
			"(active,short_timeout,aggregating,in_sync,collecting,distributing)"
		if got := s.Ports[1].LACP.Actor.String(); got != want {
			t.Errorf("actor %s\n want %s", got, want)
		}
		if got := s.Ports[1].LACP.Partner; got.Port != 4 || got.Key != 7 || got.SystemPriority != 0x1234 {
			t.Errorf("partner %v", got)
		}
		time.Sleep(3 * time.Second)
		k.expect(t, "enabled eth1=false; enabled eth2=false; carrier team0=false")
		if got := ask(r).Ports[0].LACP.State; got != LACPExpired {
			t.Errorf("state %v", got)
		}
		time.Sleep(3001 * time.Millisecond)
		if got := ask(r).Ports[0].LACP.State.String(); got != "defaulted" {
			t.Errorf("state %v", got)
		}
		k.expect(t, "")
	})
}

// TestLACPTeamDown takes the team down and up. Other events of the team, such as
// those that VLANs on it cause, change nothing.
func TestLACPTeamDown(t *testing.T) {
	stage(t, Runner{Mode: LACP}, teamUp, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		synctest.Wait()
		k.probers[1].hearPDU(partner, true)
		synctest.Wait()
		k.took()
		frames := k.probers[1].sent.Load()
		for range 10 {
			k.notices <- notice{links: []linkState{{index: teamIndex, name: "team0", address: mac(1), up: true}, {index: 7, name: "team0.5", address: mac(1)}}}
		}
		k.expect(t, "")
		if got := k.probers[1].sent.Load(); got != frames {
			t.Errorf("%d frames after events that mean nothing", got-frames)
		}
		k.notices <- notice{links: []linkState{{index: teamIndex, name: "team0", address: mac(1)}}}
		k.expect(t, "enabled eth1=false; carrier team0=false")
		k.notices <- notice{links: []linkState{{index: teamIndex, name: "team0", address: mac(1), up: true}}}
		synctest.Wait()
		if got := ask(r).Ports[0].LACP.State; got != LACPExpired {
			t.Errorf("state %v", got)
		}
		k.probers[1].hearPDU(partner, true)
		k.expect(t, "enabled eth1=true; carrier team0=true")
		k.leave(1)
		k.expect(t, "carrier team0=false")
	})
}

// TestLACPSendFails has a frame not sent: the port is used all the same.
func TestLACPSendFails(t *testing.T) {
	stage(t, Runner{Mode: LACP}, teamUp, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		synctest.Wait()
		k.probers[1].fault.Store(new(error(syscall.ENOBUFS)))
		k.change(1, false)
		k.change(1, true)
		k.probers[1].hearPDU(partner, false)
		synctest.Wait()
		if s := ask(r).Ports[0]; !s.Enabled || s.Err != nil || !s.LACP.Selected {
			t.Errorf("%+v", s)
		}
	})
}

// TestLACPEnabledByOthers restores the decision.
func TestLACPEnabledByOthers(t *testing.T) {
	stage(t, Runner{Mode: LACP}, teamUp, func(k *fakeKernel, _ *runner) {
		k.join(1, 1000)
		synctest.Wait()
		k.took()
		k.options[optionKey{"enabled", 1, -1}] = true
		k.notices <- notice{options: []teamnl.Option{{Name: "enabled", Port: 1, Index: -1, Value: true}}}
		k.expect(t, "enabled eth1=false")
	})
}

// TestLACPRefused has the kernel refuse a decision.
func TestLACPRefused(t *testing.T) {
	stage(t, Runner{Mode: LACP}, teamUp, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		synctest.Wait()
		k.refuse["enabled eth1=true"] = syscall.ENOMEM
		k.probers[1].hearPDU(partner, true)
		synctest.Wait()
		if s := ask(r); !errors.Is(s.Ports[0].Err, syscall.ENOMEM) || s.Carrier {
			t.Errorf("%+v", s)
		}
		delete(k.refuse, "enabled eth1=true")
		k.took()
		k.change(1, true)
		k.expect(t, "enabled eth1=true; carrier team0=true")
	})
}

// TestLACPTakeOver goes on after another runner: ports in use stay in use until the
// partner has had the time to answer.
func TestLACPTakeOver(t *testing.T) {
	for answers, want := range map[bool]string{true: "", false: "enabled eth1=false; carrier team0=false"} {
		prepare := func(k *fakeKernel) {
			teamUp(k)
			k.options[optionKey{"mode", 0, -1}] = "loadbalance"
			for n := range 2 {
				k.join(n+1, 1000)
				<-k.notices
				k.options[optionKey{"user_linkup", n + 1, -1}] = n == 0
			}
		}
		stage(t, Runner{Mode: LACP}, prepare, func(k *fakeKernel, _ *runner) {
			k.expect(t, strings.TrimSuffix(strings.TrimPrefix(lacpBegun, "mode=loadbalance; "), "; carrier team0=false")+
				"; address eth1=02:00:00:00:00:ff; enabled eth2=false; address eth2=02:00:00:00:00:ff; user_linkup eth2=true; carrier team0=true")
			if answers {
				k.probers[1].hearPDU(partner, true)
			}
			time.Sleep(4 * time.Second)
			k.expect(t, want)
		})
	}
}

// TestLACPPortConfig selects the aggregator by the priorities of ports, which may
// change.
func TestLACPPortConfig(t *testing.T) {
	config := Runner{Mode: LACP, LACP: LACPConfig{Select: ByPortConfig}, Ports: map[string]PortConfig{
		"eth1": {Priority: 5, LACPPriority: new(uint16(0x2345)), LACPKey: 0x3456}, "eth2": {Priority: 3}}}
	stage(t, config, teamUp, func(k *fakeKernel, r *runner) {
		for n := range 2 {
			k.join(n+1, 1000)
			synctest.Wait()
			other := partner
			other.System[0] += byte(n + 1)
			k.probers[n+1].hearPDU(other, true)
		}
		synctest.Wait()
		s := ask(r)
		if a := s.Ports[0].LACP.Actor; s.Aggregator != 1 || a.Key != 0x3456 || a.PortPriority != 0x2345 {
			t.Errorf("aggregator %d, actor %v", s.Aggregator, a)
		}
		k.took()
		k.options[optionKey{"priority", 2, -1}] = int32(9)
		k.notices <- notice{options: []teamnl.Option{{Name: "priority", Port: 2, Index: -1, Value: int32(9)}}}
		k.expect(t, "enabled eth2=true; enabled eth1=false")
	})
}

func TestLACPConfigFaults(t *testing.T) {
	for want, config := range map[string]Runner{
		"LACP is for the mode lacp":                                         {LACP: LACPConfig{FastRate: true}},
		"LACP.MinPorts 1025 is not in 1…1024":                               {Mode: LACP, LACP: LACPConfig{MinPorts: 1025}},
		"LACP.Select there is no policy with the number 5":                  {Mode: LACP, LACP: LACPConfig{Select: 5}},
		"HWAddr by_active is for the mode activebackup":                     {Mode: LACP, HWAddr: ByActive},
		"Ports.eth1.LACPPriority and LACPKey are for the mode lacp":         {Mode: Random, Ports: map[string]PortConfig{"eth1": {LACPKey: 3}}},
		"LinkWatches[0].Target 192.0.2.1 is not the IPv6 address of a host": {LinkWatches: []LinkWatch{NSNAPing{Target: addr("192.0.2.1")}}},
		"LinkWatches[0].Target ff02::1 is not the IPv6 address of a host":   {LinkWatches: []LinkWatch{NSNAPing{Target: addr("ff02::1")}}},
		"LinkWatches[0].Target there is no default for it":                  {LinkWatches: []LinkWatch{&NSNAPing{}}},
		"LinkWatches[0] is nil":                                             {LinkWatches: []LinkWatch{(*NSNAPing)(nil)}},
		"LinkWatches[0].Interval 1µs is less than 1ms":                      {LinkWatches: []LinkWatch{NSNAPing{Target: addr("fe80::1"), Interval: time.Microsecond}}},
	} {
		var got []string
		config.inspect(func(field, format string, args ...any) {
			got = append(got, field+" "+fmt.Sprintf(format, args...))
		})
		if len(got) != 1 || got[0] != want {
			t.Errorf("faults %q, want %q", got, want)
		}
	}
	if fault := (Runner{Mode: LACP, TxHash: []Fragment{HashL4}, Balancer: &Balancer{}, Ports: map[string]PortConfig{"eth0": {Sticky: true, LACPKey: 3}}}); true {
		fault.inspect(func(field, format string, args ...any) { t.Errorf("%s: "+format, append([]any{field}, args...)...) })
	}
	if iplink.TeamMode("lacp") != LACP || LACPPortState(9).String() != "?" || ByPortCount.String() != "count" {
		t.Error("words")
	}
}
