package team

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// TestTakeOverOfLaterPort goes on with the port that is in use, although one that
// joined before is as good.
func TestTakeOverOfLaterPort(t *testing.T) {
	prepare := func(k *fakeKernel) {
		k.options[optionKey{"mode", 0, -1}] = "activebackup"
		k.options[optionKey{"activeport", 0, -1}] = uint32(2)
		for n := range 3 {
			k.join(n+1, 1000)
			<-k.notices
			k.options[optionKey{"user_linkup", n + 1, -1}] = true
			k.options[optionKey{"enabled", n + 1, -1}] = n+1 == 2
		}
	}
	stage(t, Runner{Mode: ActiveBackup, HWAddr: ByActive}, prepare, func(k *fakeKernel, r *runner) {
		k.expect(t, strings.TrimPrefix(begun, "mode=activebackup; ")+"; enabled eth1=false; address team0=02:00:00:00:00:02; enabled eth3=false")
		if got := ask(r).ActivePort; got != "eth2" {
			t.Errorf("%q is in use", got)
		}
	})
}

// TestPortAddressChanged has somebody else change the address of a port. One
// that leaves, which the kernel gives its own back, is let go.
func TestPortAddressChanged(t *testing.T) {
	for policy, want := range map[HWAddrPolicy]string{SameAll: "address eth1=02:00:00:00:00:01", ByActive: "", OnlyActive: ""} {
		stage(t, Runner{Mode: ActiveBackup, HWAddr: policy}, noPorts, func(k *fakeKernel, _ *runner) {
			k.join(1, 1000)
			k.join(2, 1000)
			synctest.Wait()
			k.took()
			k.at[1] = linkState{index: 1, name: "eth1", address: mac(0x66), master: teamIndex}
			k.notices <- notice{links: []linkState{k.at[1]}}
			k.expect(t, want)
			k.leave(2)
			k.expect(t, "")
		})
	}
}

// TestAdoptAgain has a team without ports take over the address of the next.
func TestAdoptAgain(t *testing.T) {
	stage(t, Runner{Mode: Random}, noPorts, func(k *fakeKernel, _ *runner) {
		k.join(1, 1000)
		k.join(2, 1000)
		k.leave(1)
		k.leave(2)
		synctest.Wait()
		k.took()
		k.join(2, 1000)
		k.expect(t, "address team0=02:00:00:00:00:02; user_linkup eth2=true")
	})
}

// TestPortNotTaken has the kernel refuse to put a port to use: it is disabled
// again, and the one before it goes on.
func TestPortNotTaken(t *testing.T) {
	stage(t, Runner{Mode: ActiveBackup}, noPorts, func(k *fakeKernel, r *runner) {
		k.join(1, 1000)
		synctest.Wait()
		k.refuse["activeport=2"] = syscall.ENOMEM
		k.join(2, 10000)
		synctest.Wait()
		s := ask(r)
		if s.ActivePort != "eth1" || !errors.Is(s.Ports[1].Err, syscall.ENOMEM) || s.Ports[1].Enabled || !s.Ports[0].Enabled {
			t.Errorf("state %+v", s)
		}
		for n, want := range map[int]bool{1: true, 2: false} {
			if got := k.options[optionKey{"enabled", n, -1}]; got != want {
				t.Errorf("eth%d: enabled %v", n, got)
			}
		}
	})
}

// TestLateEcho has the kernel tell late of what the runner has set: it is not
// taken for what is.
func TestLateEcho(t *testing.T) {
	stage(t, Runner{Mode: Random}, noPorts, func(k *fakeKernel, _ *runner) {
		k.join(1, 1000)
		k.change(1, false)
		synctest.Wait()
		k.took()
		k.notices <- notice{options: []teamnl.Option{{Name: "user_linkup", Port: 1, Index: -1, Value: true}}}
		k.change(1, true)
		k.expect(t, "user_linkup eth1=true")
	})
}

// TestEndHalfway ends the context while one port takes the place of another: it
// does so all the same.
func TestEndHalfway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKernel()
		ctx, cancel := context.WithCancel(t.Context())
		r := newRunner(ctx, k, teamIndex, Runner{Mode: ActiveBackup}.withDefaults())
		defer r.close()
		if err := r.begin(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- r.loop(k.notices) }()
		k.join(1, 1000)
		k.join(2, 1000)
		synctest.Wait()
		k.took()
		k.onSet = func(text string) {
			if text == "enabled eth1" {
				cancel()
			}
		}
		k.change(1, false)
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the loop ended with %v", err)
		}
		k.expect(t, "enabled eth1=false; enabled eth2=true; activeport=2; user_linkup eth1=false")
	})
}
