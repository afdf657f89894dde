package kerneltest_test

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// objectEvents is a watch of objects that a test takes events from.
type objectEvents[T any] struct {
	t    testing.TB
	next func() (iplink.ObjectEvent[T], error, bool)
}

func watchObjects[T any](w *watched, watch func(context.Context, ...iplink.Filter) iter.Seq2[iplink.ObjectEvent[T], error], filters ...iplink.Filter) *objectEvents[T] {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	next, stop := iter.Pull2(watch(ctx, filters...))
	w.Cleanup(func() { stop(); cancel() })
	return &objectEvents[T]{w, next}
}

// brief leaves out that an address is there forever.
func brief(event string) string {
	return strings.Replace(event, " valid_lft forever preferred_lft forever", "", 1)
}

// until takes events up to the first that begins with a text.
func (e *objectEvents[T]) until(text string) iplink.ObjectEvent[T] {
	e.t.Helper()
	var seen []string
	for {
		event, err, ok := e.next()
		if err != nil || !ok {
			e.t.Fatalf("no event %q before the watch ended with %v, %v; seen: %q", text, err, ok, seen)
		}
		if strings.HasPrefix(brief(event.String()), text) {
			return event
		}
		seen = append(seen, event.String())
	}
}

// snapshot returns the events before the mark.
func (e *objectEvents[T]) snapshot() (texts []string) {
	e.t.Helper()
	for {
		event, err, ok := e.next()
		if err != nil || !ok {
			e.t.Fatalf("the watch ended with %v, %v", err, ok)
		}
		if event.Kind == iplink.Current {
			return texts
		}
		if !event.Snapshot || event.Kind != iplink.Added {
			e.t.Errorf("%v is part of the snapshot", event)
		}
		texts = append(texts, brief(event.String()))
	}
}

func TestWatchAddrs(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch(waitPair, "addr add 192.0.2.18/24 dev a0", "addr add 192.0.2.52/24 dev b0")
	e := watchObjects(w, w.conn.WatchAddrs)
	all := e.snapshot()
	for _, want := range []string{"added 192.0.2.18/24 dev a0", "added 192.0.2.52/24 dev b0"} {
		if !slices.Contains(all, want) {
			t.Errorf("the snapshot %q lacks %q", all, want)
		}
	}
	w.IP("addr", "add", "198.51.100.18", "peer", "198.51.100.52/26", "dev", "a0", "metric", "4660", "valid_lft", "4660", "preferred_lft", "1234")
	added := e.until("added 198.51.100.18")
	if a := added.New; a.Metric != 0x1234 || a.ValidLifetime != 4660*time.Second || a.Peer != lab.Addr("198.51.100.52") || added.Snapshot || added.Old != nil {
		t.Errorf("%+v", added)
	}
	w.IP("addr", "change", "198.51.100.18", "peer", "198.51.100.52/26", "dev", "a0", "valid_lft", "9320", "preferred_lft", "1234")
	if e := e.until("changed 198.51.100.18"); e.Old.ValidLifetime != 4660*time.Second || e.New.ValidLifetime != 9320*time.Second {
		t.Errorf("%+v", e)
	}
	w.Batch("link set a0 name c0")
	if e := e.until("changed 192.0.2.18/24 dev c0"); e.Old.Link != "a0" {
		t.Errorf("%+v", e)
	}
	w.Batch("addr del 192.0.2.18/24 dev c0")
	e.until("removed 192.0.2.18/24 dev c0")
	w.Batch("link del c0")
	e.until("removed 192.0.2.52/24 dev b0")
}

// TestWatchAddrsDAD follows duplicate address detection, once with a duplicate.
func TestWatchAddrsDAD(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch(waitPair, "link set a0 addrgenmode none", "link set b0 addrgenmode none", "link set a0 up", "link set b0 up",
		"addr add 2001:db8::18/64 dev b0 nodad")
	e := watchObjects(w, w.conn.WatchAddrs)
	e.snapshot()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w.Batch("addr add 2001:db8::52/64 dev a0")
	if e := e.until("added 2001:db8::52"); e.New.Flags&inet.AddrTentative == 0 {
		t.Errorf("%+v", e)
	}
	if l, err := w.conn.Wait(ctx, "a0", iplink.UntilAddrsReady); err != nil || l.Name != "a0" {
		t.Errorf("%v, %v", l, err)
	}
	if got := w.IP("-6", "addr", "show", "dev", "a0", "tentative"); strings.Contains(got, "2001:db8::52") {
		t.Errorf("ready too early:\n%s", got)
	}
	if e := e.until("changed 2001:db8::52"); e.New.Flags&inet.AddrTentative != 0 || e.Old.Flags&inet.AddrTentative == 0 {
		t.Errorf("%+v", e)
	}
	w.Batch("addr add 2001:db8::18/64 dev a0")
	_, err := w.conn.Wait(ctx, "a0", iplink.UntilAddrsReady)
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "wait for a0: addresses ready: ") || !strings.Contains(err.Error(), "another machine has 2001:db8::18") {
		t.Errorf("error %v", err)
	}
	if e := e.until("changed 2001:db8::18"); e.New.Flags&inet.AddrDADFailed == 0 {
		t.Errorf("%+v", e)
	}
}

// TestWatchAddrsFilter has links begin and cease to match.
func TestWatchAddrsFilter(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch(waitPair, "addr add 192.0.2.18/24 dev a0", "addr add 192.0.2.52/24 dev b0", "link set b0 group 4660")
	e := watchObjects(w, w.conn.WatchAddrs, iplink.OfGroup(0x1234))
	if all := e.snapshot(); !slices.Equal(all, []string{"added 192.0.2.52/24 dev b0"}) {
		t.Errorf("the snapshot is %q", all)
	}
	w.Batch("addr add 192.0.2.7/24 dev a0", "link set a0 group 4660 up")
	e.until("added 192.0.2.18/24 dev a0")
	w.Batch("link set a0 group 7")
	e.until("removed 192.0.2.7/24 dev a0")
}

func TestWatchRoutes(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch(waitPair, "link set a0 up", "link set b0 up", "addr add 192.0.2.18/24 dev a0", "route add 198.51.100.0/24 via 192.0.2.7 metric 4660")
	e := watchObjects(w, w.conn.WatchRoutes)
	all := e.snapshot()
	if !slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, "added 198.51.100.0/24 via 192.0.2.7") }) {
		t.Errorf("the snapshot is %q", all)
	}
	w.Batch("route replace 198.51.100.0/24 via 192.0.2.8 metric 4660")
	e.until("removed 198.51.100.0/24 via 192.0.2.7")
	e.until("added 198.51.100.0/24 via 192.0.2.8")
	w.Batch("route add 203.0.113.0/24 dev a0", "link set a0 down") // the kernel does not announce that they go
	e.until("removed ")
	w.Batch("link set a0 up", "route add 2001:db8:1234::/48 dev a0")
	e.until("added 2001:db8:1234::/48")
	w.Batch("link del a0")
	e.until("removed 2001:db8:1234::/48")
	if left, err := w.conn.ListRoutes(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("routes %v, %v", left, err)
	}
}

func TestWatchNeighs(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch(waitPair, "link set a0 up", "link set b0 up", "addr add 192.0.2.18/24 dev a0", "link add br0 up type bridge",
		"link add vx0 up type vxlan id 100 dstport 4789", "neigh add 192.0.2.7 lladdr 02:00:00:00:12:34 dev a0")
	e := watchObjects(w, w.conn.WatchNeighs)
	if all := e.snapshot(); !slices.Contains(all, "added 192.0.2.7 lladdr 02:00:00:00:12:34 nud permanent dev a0") {
		t.Errorf("the snapshot is %q", all)
	}
	w.Batch("neigh replace 192.0.2.7 lladdr 02:00:00:00:12:35 dev a0 nud stale")
	if e := e.until("changed 192.0.2.7 lladdr 02:00:00:00:12:35"); e.New.Neigh.State != inet.NeighStale || e.Old.Neigh.LLAddr[5] != 0x34 {
		t.Errorf("%v", e)
	}
	w.Batch("neigh add proxy 192.0.2.9 dev a0", "link set b0 master br0")
	e.until("added ") // the port's own address
	bridge := func(args ...string) {
		if out, err := w.Run("bridge", args...); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	bridge("fdb", "add", "02:00:00:00:43:21", "dev", "b0", "master", "static")
	if e := e.until("added 02:00:00:00:43:21 dev b0"); e.New.FDB.State != fdb.Static || e.New.Neigh != nil {
		t.Errorf("%v", e)
	}
	bridge("fdb", "add", "02:00:00:00:56:78", "dev", "vx0", "dst", "192.0.2.52", "vni", "4660")
	if e := e.until("added 02:00:00:00:56:78 dev vx0"); e.New.FDB.VNI != 0x1234 || e.New.FDB.Dst != lab.Addr("192.0.2.52") {
		t.Errorf("%v", e)
	}
	bridge("fdb", "replace", "02:00:00:00:56:78", "dev", "vx0", "dst", "192.0.2.53", "vni", "4660")
	if e := e.until("changed 02:00:00:00:56:78"); e.Old.FDB.Dst != lab.Addr("192.0.2.52") || e.New.FDB.Dst != lab.Addr("192.0.2.53") {
		t.Errorf("%v", e)
	}
	bridge("fdb", "del", "02:00:00:00:43:21", "dev", "b0", "master")
	e.until("removed 02:00:00:00:43:21 dev b0")
	w.Batch("link del vx0")
	e.until("removed 02:00:00:00:56:78")
}

// TestWatchMisses has a VXLAN link report frames of a machine behind a bridge for which it
// has no entry.
func TestWatchMisses(t *testing.T) {
	t.Parallel()
	w, machine := newWatched(t), newWatched(t)
	w.Batch("link add br0 type bridge", "link set br0 addrgenmode none up",
		"link add vx0 master br0 type vxlan id 100 dstport 4789 l2miss l3miss proxy nolearning", "link set vx0 addrgenmode none up",
		"link add b0 master br0 type veth peer name a0", "link set b0 addrgenmode none up")
	w.IP("link", "set", "a0", "netns", machine.Path())
	machine.Batch("link set a0 addrgenmode none up", "addr add 192.0.2.18/24 dev a0", "neigh add 192.0.2.52 lladdr 02:00:00:00:12:34 dev a0")
	e := watchObjects(w, w.conn.WatchNeighs, iplink.Named("vx0"))
	e.snapshot()
	keepSending(machine, "192.0.2.52")
	if e := e.until("missed 02:00:00:00:12:34"); e.New.FDB == nil || e.New.Link != "vx0" || e.Old != nil {
		t.Errorf("%v", e)
	}
	keepSending(machine, "192.0.2.77") // whose link-layer address is not known
	if e := e.until("missed 192.0.2.77"); e.New.Neigh == nil || e.New.Link != "vx0" {
		t.Errorf("%v", e)
	}
}

// keepSending sends datagrams, which do not arrive, until the test ends: a link drops
// the first while its carrier is still on the way.
func keepSending(w *watched, to string) {
	w.Helper()
	var conn net.Conn
	w.In(func() {
		var err error
		conn, err = net.Dial("udp", to+":4660")
		testutil.Must(w, err)
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; ; time.Sleep(100 * time.Millisecond) {
			if _, err := conn.Write([]byte("anyone there?")); errors.Is(err, net.ErrClosed) {
				return
			}
		}
	}()
	w.Cleanup(func() { conn.Close(); <-done })
}

// TestWaitObjects waits for a neighbour and for addresses.
func TestWaitObjects(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.Batch(waitPair, "link set a0 up", "link set b0 up")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, test := range []struct {
		cond iplink.Condition
		then []string
	}{
		{iplink.UntilNeigh(lab.Addr("192.0.2.7")), []string{"neigh add 192.0.2.8 lladdr 02:00:00:00:12:34 dev a0", "neigh add 192.0.2.7 lladdr 02:00:00:00:12:34 dev a0"}},
		{iplink.Until("two addresses", func(l *iplink.Link, addrs []iplink.LinkAddr) bool { return l.Name == "a0" && len(addrs) == 3 }),
			[]string{"addr add 192.0.2.18/24 dev a0", "addr add 192.0.2.19/24 dev a0"}},
	} {
		done := make(chan error, 1)
		go func() {
			_, err := w.conn.Wait(ctx, "a0", test.cond)
			done <- err
		}()
		for _, command := range test.then {
			time.Sleep(50 * time.Millisecond)
			select {
			case err := <-done:
				t.Fatalf("%v before %q: %v", test.cond, command, err)
			default:
			}
			w.Batch(command)
		}
		if err := <-done; err != nil {
			t.Errorf("%v: %v", test.cond, err)
		}
	}
	if _, err := w.conn.Wait(ctx, "a0", iplink.UntilNeigh(netip.Addr{})); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("error %v", err)
	}
}

// TestWatchAddrsNetNS follows addresses of another namespace.
func TestWatchAddrsNetNS(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	other := newWatched(t)
	w.Batch(waitPair)
	w.IP("link", "set", "b0", "netns", other.Path()) // which gives it an id
	other.Batch("addr add 192.0.2.52/24 dev b0")
	e := watchObjects(w, w.conn.WatchAddrs, iplink.AllNetNS())
	all := e.snapshot()
	if !slices.ContainsFunc(all, func(s string) bool {
		return strings.HasPrefix(s, "netns ") && strings.HasSuffix(s, "added 192.0.2.52/24 dev b0")
	}) {
		t.Errorf("the snapshot is %q", all)
	}
	other.Batch("addr add 192.0.2.53/24 dev b0")
	for {
		if event := e.until("netns "); event.New != nil && event.New.Prefix == lab.Prefix("192.0.2.53/24") && event.NetNSID >= 0 {
			break
		}
	}
	for _, err := range w.conn.WatchRoutes(t.Context(), iplink.AllNetNS()) {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error %v", err)
		}
	}
}
