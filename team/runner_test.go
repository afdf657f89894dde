package team

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/teamnl"
)

const begun = "mode=activebackup; notify_peers_count=1; notify_peers_interval=0; mcast_rejoin_count=1; mcast_rejoin_interval=0"

func TestActiveBackup(t *testing.T) {
	stage(t, Runner{Mode: ActiveBackup}, noPorts, func(k *fakeKernel, _ *runner) {
		k.expect(t, begun)
		k.join(1, 1000)
		k.expect(t, "address team0=02:00:00:00:00:01; enabled eth1=false; user_linkup eth1=true; enabled eth1=true; activeport=1")
		k.join(2, 1000)
		k.expect(t, "enabled eth2=false; address eth2=02:00:00:00:00:01; user_linkup eth2=true")
		k.change(1, false)
		k.expect(t, "enabled eth1=false; enabled eth2=true; activeport=2; user_linkup eth1=false")
		k.change(1, true)
		k.expect(t, "user_linkup eth1=true")
		k.join(3, 2500)
		k.expect(t, "enabled eth3=false; address eth3=02:00:00:00:00:01; user_linkup eth3=true; enabled eth2=false; enabled eth3=true; activeport=3")
		k.leave(3)
		k.expect(t, "enabled eth2=true; activeport=2")
		k.options[optionKey{"priority", 1, -1}] = int32(7)
		k.notices <- notice{options: []teamnl.Option{{Name: "priority", Port: 1, Index: -1, Value: int32(7)}}}
		k.expect(t, "enabled eth2=false; enabled eth1=true; activeport=1")
	})
}

func TestActiveBackupSticky(t *testing.T) {
	config := Runner{Mode: ActiveBackup, Ports: map[string]PortConfig{
		"eth1": {Sticky: true}, "eth2": {Priority: 9}}}
	stage(t, config, noPorts, func(k *fakeKernel, _ *runner) {
		k.join(1, 1000)
		k.join(2, 1000)
		synctest.Wait()
		k.took()
		k.change(1, false)
		k.expect(t, "enabled eth1=false; enabled eth2=true; activeport=2; user_linkup eth1=false")
	})
}

// TestActiveBackupFaster has one port of a higher priority and another that is
// faster: the first to join is used, as in teamd.
func TestActiveBackupFaster(t *testing.T) {
	config := Runner{Mode: ActiveBackup, Ports: map[string]PortConfig{"eth1": {Priority: 9}, "eth2": {}}}
	speeds := map[int]uint32{1: 1000, 2: 10000}
	for first, second := range map[int]int{1: 2, 2: 1} {
		stage(t, config, noPorts, func(k *fakeKernel, r *runner) {
			k.join(first, speeds[first])
			k.join(second, speeds[second])
			synctest.Wait()
			want := fmt.Sprint("eth", first)
			if s := ask(r); s.ActivePort != want || len(s.Ports) != 2 || !s.Ports[0].Enabled || s.Ports[1].Enabled {
				t.Errorf("state %+v, want %s in use", s, want)
			}
		})
	}
}

func TestActiveBackupOnlyActive(t *testing.T) {
	stage(t, Runner{Mode: ActiveBackup, HWAddr: OnlyActive, Address: mac(0x77)}, noPorts, func(k *fakeKernel, _ *runner) {
		k.expect(t, begun+"; address team0=02:00:00:00:00:77")
		k.join(1, 1000)
		k.expect(t, "enabled eth1=false; user_linkup eth1=true; enabled eth1=true; activeport=1; address eth1=02:00:00:00:00:77")
		k.join(2, 1000)
		k.change(1, false)
		k.expect(t, "enabled eth2=false; user_linkup eth2=true; enabled eth1=false; "+
			"enabled eth2=true; activeport=2; address eth1=02:00:00:00:00:01; address eth2=02:00:00:00:00:77; user_linkup eth1=false")
	})
}

// TestPortFault has a port refuse its address: another is used.
func TestPortFault(t *testing.T) {
	stage(t, Runner{Mode: ActiveBackup}, noPorts, func(k *fakeKernel, r *runner) {
		k.refuse["address eth2=02:00:00:00:00:01"] = syscall.EOPNOTSUPP
		k.join(1, 1000)
		k.join(2, 10000)
		synctest.Wait()
		s := ask(r)
		if s.ActivePort != "eth1" || !errors.Is(s.Ports[1].Err, syscall.EOPNOTSUPP) || s.Ports[1].Up {
			t.Errorf("state %+v", s)
		}
	})
}

// TestTakeOver goes on with the port that is in use, without touching it.
func TestTakeOver(t *testing.T) {
	prepare := func(k *fakeKernel) {
		k.options[optionKey{"mode", 0, -1}] = "activebackup"
		k.options[optionKey{"activeport", 0, -1}] = uint32(1)
		for n := range 3 {
			k.join(n+1, 1000)
			<-k.notices
			k.options[optionKey{"user_linkup", n + 1, -1}] = true
			k.options[optionKey{"enabled", n + 1, -1}] = n == 0
		}
		k.at[1] = linkState{index: 1, name: "eth1", address: mac(0xff)}
	}
	stage(t, Runner{Mode: ActiveBackup}, prepare, func(k *fakeKernel, r *runner) {
		k.expect(t, strings.TrimPrefix(begun, "mode=activebackup; ")+"; enabled eth2=false; address eth2=02:00:00:00:00:ff; "+
			"enabled eth3=false; address eth3=02:00:00:00:00:ff")
		if got := ask(r).ActivePort; got != "eth1" {
			t.Errorf("%q is in use", got)
		}
	})
}

// TestUsurped has somebody else put another port to use. At the next decision
// the runner notices, and one late echo does not mislead it.
func TestUsurped(t *testing.T) {
	stage(t, Runner{Mode: ActiveBackup}, noPorts, func(k *fakeKernel, _ *runner) {
		k.join(1, 1000)
		k.join(2, 1000)
		synctest.Wait()
		k.took()
		k.notices <- notice{options: []teamnl.Option{{Name: "activeport", Index: -1, Value: uint32(2)}}}
		k.change(2, false)
		k.expect(t, "user_linkup eth2=false")
		k.options[activePort] = uint32(2)
		k.notices <- notice{options: []teamnl.Option{{Name: "activeport", Index: -1, Value: uint32(2)}}}
		k.change(2, true)
		k.expect(t, "user_linkup eth2=true; enabled eth1=false; enabled eth2=true; activeport=2")
	})
}

func TestEthtoolDelays(t *testing.T) {
	config := Runner{Mode: ActiveBackup, LinkWatches: []LinkWatch{Ethtool{DelayUp: 300 * time.Millisecond, DelayDown: 70 * time.Millisecond}}}
	stage(t, config, noPorts, func(k *fakeKernel, _ *runner) {
		k.join(1, 1000)
		k.expect(t, begun+"; address team0=02:00:00:00:00:01; enabled eth1=false")
		time.Sleep(299 * time.Millisecond)
		k.expect(t, "")
		time.Sleep(time.Millisecond)
		k.expect(t, "user_linkup eth1=true; enabled eth1=true; activeport=1")
		k.change(1, false)
		time.Sleep(69 * time.Millisecond)
		k.change(1, true)
		time.Sleep(time.Second)
		k.expect(t, "")
		k.change(1, false)
		time.Sleep(70 * time.Millisecond)
		k.expect(t, "enabled eth1=false; user_linkup eth1=false")
	})
}

func TestARPPing(t *testing.T) {
	target, source := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.23")
	config := Runner{Mode: ActiveBackup, LinkWatches: []LinkWatch{ARPPing{Target: target, Source: source,
		Interval: 100 * time.Millisecond, MissedMax: new(uint32(2)), ValidateActive: true}}}
	reply := arpMessage{senderIP: target, targetIP: source}
	other := arpMessage{senderIP: target, targetIP: netip.MustParseAddr("192.0.2.99")}
	stage(t, config, noPorts, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		k.expect(t, begun+"; address team0=02:00:00:00:00:01; user_linkup_enabled eth1=true; enabled eth1=false")
		p := k.probers[1]
		time.Sleep(50 * time.Millisecond) // to the middle of an interval
		p.heard(other)                    // counts: the port is not in use
		time.Sleep(100 * time.Millisecond)
		k.expect(t, "user_linkup eth1=true; enabled eth1=true; activeport=1")
		for range 2 {
			p.heard(other)
			time.Sleep(100 * time.Millisecond)
		}
		p.heard(reply)
		time.Sleep(100 * time.Millisecond)
		k.expect(t, "")
		for range 2 {
			p.heard(other)
			time.Sleep(100 * time.Millisecond)
		}
		k.expect(t, "")
		if m := ask(r).Ports[0].Watches[0]; m != (WatchState{Name: "arp_ping", Up: true, Missed: 2}) {
			t.Errorf("%+v", m)
		}
		time.Sleep(100 * time.Millisecond)
		k.expect(t, "enabled eth1=false; user_linkup eth1=false")
		if n := p.sent.Load(); n < 6 {
			t.Errorf("%d probes", n)
		}
	})
}

// TestARPPingLate has the runner busy for a while: what it has missed is not made
// up for, which would count as probes without a reply.
func TestARPPingLate(t *testing.T) {
	config := Runner{LinkWatches: []LinkWatch{ARPPing{Target: netip.MustParseAddr("192.0.2.1"), Interval: 100 * time.Millisecond}}}
	stage(t, config, noPorts, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		synctest.Wait()
		r.post(func() { time.Sleep(350 * time.Millisecond) })
		for i, want := range []int32{2, 3, 4} { // at 350, 400 and 500 ms
			time.Sleep([]time.Duration{360, 60, 100}[i] * time.Millisecond)
			synctest.Wait()
			if got := k.probers[1].sent.Load(); got != want {
				t.Errorf("%d probes, want %d", got, want)
			}
		}
	})
}

// TestProbesOfPortsNotInUse has only the port in use send, as long as there is
// one.
func TestProbesOfPortsNotInUse(t *testing.T) {
	for always, want := range map[bool]int32{false: 0, true: 10} {
		config := Runner{Mode: ActiveBackup, LinkWatches: []LinkWatch{Ethtool{}, ARPPing{Target: netip.MustParseAddr("192.0.2.1"), SendAlways: always}}}
		stage(t, config, noPorts, func(k *fakeKernel, _ *runner) {
			k.join(1, 1000)
			k.join(2, 1000)
			time.Sleep(time.Second / 2)
			synctest.Wait()
			k.probers[2].sent.Store(0)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := k.probers[2].sent.Load(); got != want || k.probers[1].sent.Load() < 10 {
				t.Errorf("SendAlways %v: %d probes, want %d; the port in use %d", always, got, want, k.probers[1].sent.Load())
			}
		})
	}
}

func TestAllWatches(t *testing.T) {
	config := Runner{Mode: ActiveBackup, LinkWatchPolicy: AllWatches, LinkWatches: []LinkWatch{Ethtool{}, ARPPing{Target: netip.MustParseAddr("192.0.2.1")}}}
	stage(t, config, noPorts, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		time.Sleep(time.Second / 2)
		synctest.Wait()
		if s := ask(r); s.ActivePort != "" || s.Ports[0].Up {
			t.Errorf("up by one watch of two: %+v", s)
		}
		k.probers[1].heard(arpMessage{})
		time.Sleep(time.Second)
		synctest.Wait()
		if s := ask(r); s.ActivePort != "eth1" || !s.Ports[0].Up {
			t.Errorf("not up by both: %+v", s)
		}
	})
}

func TestLoadBalance(t *testing.T) {
	stage(t, Runner{Mode: LoadBalance}, noPorts, func(k *fakeKernel, _ *runner) {
		k.expect(t, "mode=loadbalance; bpf_hash_func=1304 bytes; lb_tx_method=hash")
		k.join(1, 1000)
		k.expect(t, "address team0=02:00:00:00:00:01; user_linkup eth1=true")
		k.change(1, false)
		k.expect(t, "enabled eth1=false; user_linkup eth1=false")
		k.options[optionKey{"enabled", 1, -1}] = true
		k.notices <- notice{options: []teamnl.Option{{Name: "enabled", Port: 1, Index: -1, Value: true}}}
		k.expect(t, "enabled eth1=false")
	})
}

func TestBalancer(t *testing.T) {
	stats := func(bytes ...byte) (n notice) {
		for hash, b := range bytes {
			n.options = append(n.options, teamnl.Option{Name: "lb_hash_stats", Index: hash, Value: []byte{b, 0, 0, 0, 0, 0, 0, 0}})
		}
		return n
	}
	littleEndian(t)
	stage(t, Runner{Mode: LoadBalance, Balancer: &Balancer{}}, noPorts, func(k *fakeKernel, _ *runner) {
		k.expect(t, "mode=loadbalance; bpf_hash_func=1304 bytes; lb_tx_method=hash_to_port_mapping; lb_stats_refresh_interval=50")
		k.join(1, 1000)
		k.join(2, 1000)
		k.notices <- stats(1, 1, 1)
		synctest.Wait()
		for hash := range 256 {
			if got := k.options[optionKey{"lb_tx_hash_to_port_mapping", 0, hash}]; got != uint32(2) {
				t.Fatalf("hash %d goes to port %v before there is traffic", hash, got)
			}
		}
		k.took()
		k.notices <- stats(101, 71, 51)
		k.expect(t, "lb_tx_hash_to_port_mapping=1; lb_tx_hash_to_port_mapping=1")
		for hash, want := range []uint32{2, 1, 1, 2} {
			if got := k.options[optionKey{"lb_tx_hash_to_port_mapping", 0, hash}]; got != want {
				t.Errorf("hash %d goes to port %v, want %d", hash, got, want)
			}
		}
	})
}

func littleEndian(t *testing.T) {
	t.Helper()
	if !bytes.Equal(appendProgram(nil, []Instruction{{Op: 1}})[:2], []byte{1, 0}) {
		t.Skip("the expected bytes are those of a little-endian host")
	}
}

// TestBasicRunners leave all to the kernel.
func TestBasicRunners(t *testing.T) {
	for _, mode := range []iplink.TeamMode{Broadcast, "", Random} {
		stage(t, Runner{Mode: mode}, noPorts, func(k *fakeKernel, _ *runner) {
			k.join(1, 1000)
			k.change(1, false)
			want := mode
			if want == "" {
				want = RoundRobin
			}
			k.expect(t, fmt.Sprintf("mode=%s; address team0=02:00:00:00:00:01; user_linkup eth1=true; user_linkup eth1=false", want))
		})
	}
}

// TestBeginFails gives the options back what they had.
func TestBeginFails(t *testing.T) {
	k := newFakeKernel()
	k.options[optionKey{"mode", 0, -1}] = "random"
	k.options[optionKey{"notify_peers_count", 0, -1}] = uint32(5)
	k.refuse["mcast_rejoin_count=1"] = syscall.ENOMEM
	r := newRunner(t.Context(), k, teamIndex, Runner{Mode: ActiveBackup}.withDefaults())
	err := r.begin()
	fault, ok := errors.AsType[*optionError](err)
	if !ok || fault.name != "mcast_rejoin_count" || !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("error %v", err)
	}
	k.expectNow(t, "mode=activebackup; notify_peers_count=1; notify_peers_interval=0; notify_peers_count=5; mode=random")
	r.close()
}

func (k *fakeKernel) expectNow(t *testing.T, want string) {
	t.Helper()
	if got := k.took(); got != want {
		t.Errorf("the runner did\n     %s\nwant %s", got, want)
	}
}

func TestModeWithPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKernel()
		k.options[optionKey{"mode", 0, -1}] = "random"
		k.join(1, 1000)
		r := newRunner(t.Context(), k, teamIndex, Runner{Mode: ActiveBackup}.withDefaults())
		defer r.close()
		if err := r.begin(); !errors.Is(err, syscall.EBUSY) || !strings.Contains(err.Error(), "it is random, and changes only while the team has no ports") {
			t.Errorf("error %v", err)
		}
		k.expectNow(t, "")
	})
}

// TestLost looks at everything anew when events were lost.
func TestLost(t *testing.T) {
	stage(t, Runner{Mode: ActiveBackup}, noPorts, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		k.join(2, 1000)
		synctest.Wait()
		k.took()
		k.ports = []teamnl.Port{{Index: 2, LinkUp: true, Speed: 1000}, {Index: 3, LinkUp: true, Speed: 1000}}
		k.at[3] = linkState{index: 3, name: "eth3", address: mac(1)}
		k.notices <- notice{lost: true}
		k.expect(t, "enabled eth2=true; activeport=2; enabled eth3=false; user_linkup eth3=true")
		if n := len(ask(r).Ports); n != 2 {
			t.Errorf("%d ports", n)
		}
	})
}

// TestTeamRemoved ends the loop.
func TestTeamRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKernel()
		r := newRunner(t.Context(), k, teamIndex, Runner{Mode: Random})
		defer r.close()
		if err := r.begin(); err != nil {
			t.Fatal(err)
		}
		k.notices <- notice{links: []linkState{{index: teamIndex, removed: true}}}
		if err := r.loop(k.notices); !errors.Is(err, syscall.ENODEV) {
			t.Errorf("error %v", err)
		}
	})
}
