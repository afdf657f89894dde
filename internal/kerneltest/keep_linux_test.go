package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
)

// keeping is an iteration of Keep that a test takes repairs from.
type keeping struct {
	*watched
	next func() ([]*iplink.Change, error, bool)
	stop func()
}

func (w *watched) keep(specs ...iplink.Spec) *keeping {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	next, stop := iter.Pull2(iplink.Keep(ctx, w.conn, specs...))
	k := &keeping{w, next, func() { stop(); cancel() }}
	w.Cleanup(k.stop)
	return k
}

// take returns the next repairs, in words.
func (k *keeping) take() string {
	k.Helper()
	changes, err, ok := k.next()
	if err != nil || !ok {
		k.Fatalf("ended with %v, %v", err, ok)
	}
	var all []string
	for _, c := range changes {
		if c.Created {
			all = append(all, "made "+c.Link.Name)
		}
		for _, d := range c.Differences {
			all = append(all, c.Link.Name+": "+d.Attr)
		}
	}
	return strings.Join(all, ", ")
}

func keptBridge() []iplink.Spec {
	return []iplink.Spec{
		bridge.New("br0").MTU(1400).Up().Addr(lab.Prefix("192.0.2.18/24")),
		veth.New("port1").Master("br0").MTU(1400).Up().PortSettings(bridge.Port().Isolated(true).FDB(fdb.Entry{MAC: lab.MACs(0x34)[0], State: fdb.Static})).
			Peer(veth.New("host1").MTU(1400).Up()),
	}
}

// TestKeep has commands break a bridge, and each is repaired.
func TestKeep(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch("link add br7 type bridge")
	k := w.keep(keptBridge()...)
	if made := k.take(); made != "made br0, made port1" {
		t.Errorf("at first: %q", made)
	}
	for _, step := range []struct{ program, command, want string }{
		{"ip", "link set br0 mtu 1300", "br0: mtu"},
		{"ip", "address del 192.0.2.18/24 dev br0", "br0: addr"},
		{"bridge", "link set dev port1 isolated off", "port1: isolated"},
		{"bridge", fmt.Sprintf("fdb del %v dev port1 master", lab.MACs(0x34)[0]), "port1: fdb"},
		{"ip", "link set port1 master br7", "port1: master"},
		{"ip", "link del host1", "made port1"},
		{"ip", "link set host1 down", "port1: state"},
	} {
		if out, err := w.Run(step.program, strings.Fields(step.command)...); err != nil {
			t.Fatalf("%s: %v %s", step.command, err, out)
		}
		if got := k.take(); !strings.Contains(got, step.want) {
			t.Errorf("after %s: %q, want %q", step.command, got, step.want)
		}
	}
	w.wantKept(t)
}

// wantKept asks the kernel by other means whether all is as wanted.
func (w *watched) wantKept(t *testing.T) {
	t.Helper()
	if faults := w.unkept(); len(faults) > 0 {
		t.Errorf("not as wanted: %q", faults)
	}
}

// unkept returns what `ip` and `bridge` report otherwise than keptBridge describes it.
func (w *watched) unkept() (faults []string) {
	for command, wanted := range map[string][]string{
		"ip -o link show br0":                              {" mtu 1400 ", ",UP"},
		"ip -o -d link show port1":                         {" mtu 1400 ", ",UP", " master br0 ", " isolated on "},
		"ip -o link show host1":                            {" mtu 1400 ", ",UP"},
		"ip -o address show br0":                           {" 192.0.2.18/24 "},
		"bridge fdb show br br0 brport port1 state static": {lab.MACs(0x34)[0].String()},
	} {
		words := strings.Fields(command)
		out, _ := w.Run(words[0], words[1:]...)
		for _, text := range wanted {
			if !strings.Contains(out, text) {
				faults = append(faults, fmt.Sprintf("%s: no %q in %s", command, text, out))
			}
		}
	}
	return faults
}

// TestKeepHostile has a writer change things at random 500 times. Within a second of the
// last change all is as wanted.
func TestKeepHostile(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	ready := make(chan struct{})
	calls := 0
	go func() {
		var last error
		for _, err := range iplink.Keep(ctx, w.conn, keptBridge()...) {
			if calls++; calls == 1 {
				close(ready)
			}
			last = err
		}
		done <- last
	}()
	<-ready
	mac := lab.MACs(0x34)[0].String()
	commands := []string{
		"link set br0 mtu 1300", "link set port1 nomaster", "link del port1", "link del br0", "link set host1 down", "link set br0 down",
		"address del 192.0.2.18/24 dev br0", "address flush dev br0", "link set port1 mtu 1350",
		"link set br0 mtu 1301", "link set br0 mtu 1302", "link set port1 mtu 1351", "link set port1 mtu 1352", "address del 192.0.2.18/24 dev br0",
	}
	for range 50 {
		var ip strings.Builder
		for range 10 {
			ip.WriteString(commands[rand.IntN(len(commands))] + "\n")
		}
		cmd := exec.Command("ip", "-force", "-batch", "-")
		cmd.Stdin = strings.NewReader(ip.String())
		w.In(func() { _ = cmd.Run() }) // many commands fail
		time.Sleep(10 * time.Millisecond)
	}
	_, _ = w.Run("bridge", "fdb", "del", mac, "dev", "port1", "master")
	within := time.Second
	if testutil.Matrix() {
		within = 10 * time.Second // on an emulated processor
	}
	last := time.Now()
	for len(w.unkept()) > 0 && time.Since(last) < within {
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("as wanted %v after the last change", time.Since(last))
	w.wantKept(t)
	time.Sleep(200 * time.Millisecond) // in which Keep changes nothing
	w.wantKept(t)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	t.Logf("%d pairs", calls)
}

// TestKeepLater has a parent and a namespace come later, and the namespace go and come
// again.
func TestKeepLater(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	k := w.keep(macvlan.New("mac0").Parent("late0").Mode(macvlan.Bridge).Up())
	if changes, err, ok := k.next(); err == nil || !ok || changes != nil {
		t.Fatalf("%v, %v, %v", changes, err, ok)
	}
	w.Batch("link add late0 up type bridge")
	for {
		changes, err, ok := k.next()
		if !ok {
			t.Fatal("it ended")
		}
		if err == nil && len(changes) == 1 && changes[0].Created {
			break
		}
	}
	w.Batch("link del late0") // and mac0 with it
	w.Batch("link add late0 up type bridge")
	for {
		changes, err, ok := k.next()
		if !ok {
			t.Fatal("it ended")
		}
		if err == nil && len(changes) == 1 && changes[0].Created {
			break
		}
	}
	if l := w.Link("mac0"); l["link"] != "late0" {
		t.Errorf("%v", l)
	}
}
