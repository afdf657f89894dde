package iplink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// An objectMirror is what a reader of a watch knows, as words for each object.
type objectMirror struct {
	mu      sync.Mutex
	objects map[string]int // words, and how often they occur
	events  int
	resyncs int
	current int
	err     error
}

// followObjects reads events, and stalls now and then.
func followObjects[T any](ctx context.Context, m *objectMirror, s *stall, all iter.Seq2[iplink.ObjectEvent[T], error], words func(*T) string) {
	count := func(v *T, by int) {
		if v == nil {
			return
		}
		text := words(v)
		if m.objects[text] += by; m.objects[text] == 0 {
			delete(m.objects, text)
		}
	}
	for e, err := range all {
		m.mu.Lock()
		if err != nil {
			m.err = err
		}
		m.events++
		switch {
		case e.Kind == iplink.Current:
			m.current++
		case e.Kind != iplink.Missed:
			count(e.Old, -1)
			count(e.New, 1)
		}
		if e.Resync {
			m.resyncs++
		}
		m.mu.Unlock()
		if err == nil {
			s.hold(ctx, e.Kind)
		}
	}
}

// differences says how the mirror differs from what is there.
func (m *objectMirror) differences(t *testing.T, there []string) (all []string) {
	t.Helper()
	want := map[string]int{}
	for _, text := range there {
		want[text]++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		t.Fatal(m.err)
	}
	for text, n := range want {
		if m.objects[text] != n {
			all = append(all, fmt.Sprintf("%s: %d, want %d", text, m.objects[text], n))
		}
	}
	for text, n := range m.objects {
		if want[text] == 0 {
			all = append(all, fmt.Sprintf("%s: %d, want none", text, n))
		}
	}
	slices.Sort(all)
	return all
}

func wordsOfAddr(a *iplink.LinkAddr) string {
	b := *a
	b.ValidLifetime, b.PreferredLifetime = 0, 0
	return b.String()
}

func wordsOfRoute(r *iplink.LinkRoute) string { return r.String() }

// wordsOfNeigh leaves out the states that the kernel does not announce.
func wordsOfNeigh(n *iplink.NeighEntry) string {
	if n.FDB != nil {
		dst := ""
		if n.FDB.Dst.IsValid() {
			dst = n.FDB.Dst.String()
		}
		return fdbWords(n.FDB.MAC.String(), n.FDB.Port, dst, n.FDB.State == fdb.Permanent, n.FDB.State == fdb.Static)
	}
	return fmt.Sprintf("%v dev %s lladdr %v %v", n.Neigh.Addr, n.Link, n.Neigh.LLAddr, n.Neigh.Flags)
}

func fdbWords(mac, dev, dst string, permanent, static bool) string {
	return fmt.Sprintf("fdb %s dev %s dst %s permanent %v static %v", mac, dev, dst, permanent, static)
}

// objectWriter returns random commands for `ip -batch` and `bridge -batch`.
func objectWriter(n, changes int) (ip, bridge string) {
	var i, b strings.Builder
	for range changes {
		dev := fmt.Sprintf("e%d", rand.IntN(4))
		verb := []string{"add", "add", "del", "replace"}[rand.IntN(4)]
		at := rand.IntN(12)
		switch rand.IntN(20) {
		case 0:
			fmt.Fprintf(&i, "link set %s down\n", dev)
		case 1, 2:
			fmt.Fprintf(&i, "link set %s up\n", dev)
		case 3, 4, 5, 6:
			fmt.Fprintf(&i, "addr %s 10.%d.%d.1/24 dev %s\n", verb, n, at, dev)
		case 7, 8:
			fmt.Fprintf(&i, "addr %s 2001:db8:%d:%d::1/64 dev %s nodad\n", verb, n, at, dev)
		case 9, 10, 11:
			fmt.Fprintf(&i, "route %s 192.0.2.%d/32 dev %s metric %d table %d\n", verb, at, dev, n+rand.IntN(2), 254-rand.IntN(2))
		case 12, 13:
			fmt.Fprintf(&i, "route %s 2001:db8:f%d::%d dev %s\n", verb, n, at, dev)
		case 14:
			fmt.Fprintf(&i, "route %s 198.51.100.%d/32 nexthop dev e0 nexthop dev e1 weight 3\n", verb, at)
		case 15, 16:
			if verb == "del" { // a neigh command that fails ends a batch, also with -force
				fmt.Fprintf(&i, "neigh flush to 203.0.113.%d dev %s nud permanent\n", at, dev)
				break
			}
			fmt.Fprintf(&i, "neigh replace 203.0.113.%d lladdr 02:00:00:00:%02x:%02x dev %s\n", at, n, rand.IntN(3), dev)
		case 17:
			fmt.Fprintf(&b, "fdb %s 02:00:00:01:%02x:%02x dev e%d master static\n", verb, n, at, rand.IntN(2))
		case 18:
			fmt.Fprintf(&b, "fdb %s 02:00:00:02:%02x:%02x dev vx0 dst 192.0.2.%d\n", verb, n, at, 1+rand.IntN(3))
		default:
			fmt.Fprintf(&b, "fdb %s 00:00:00:00:00:00 dev vx0 dst 192.0.2.%d\n", []string{"append", "del"}[rand.IntN(2)], 1+rand.IntN(9))
		}
	}
	return i.String(), b.String()
}

// TestWatchObjectsMirror has four writers change addresses, routes, neighbours and
// forwarding databases while readers that stall now and then, with receive buffers that
// overrun, follow. In the end the readers know what the kernel has.
func TestWatchObjectsMirror(t *testing.T) {
	changes := lab.Many(t, 4000, 20_000)
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 up type bridge", "link add vx0 up type vxlan id 100 dstport 4789", "link add e0 master br0 type veth peer name e2", "link add e1 master br0 type veth peer name e3")
	addrs, routes, neighs := &objectMirror{objects: map[string]int{}}, &objectMirror{objects: map[string]int{}}, &objectMirror{objects: map[string]int{}}
	ctx, cancel := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	small, s := iplink.ReceiveBuffer(smallest), newStall(ns, 3)
	readers.Go(func() { followObjects(ctx, addrs, s, c.WatchAddrs(ctx, small), wordsOfAddr) })
	readers.Go(func() { followObjects(ctx, routes, s, c.WatchRoutes(ctx, small), wordsOfRoute) })
	readers.Go(func() { followObjects(ctx, neighs, s, c.WatchNeighs(ctx, small), wordsOfNeigh) })
	s.await(t)
	for n := range 4 {
		ip, bridge := objectWriter(n, changes/4)
		for program, text := range map[string]string{"ip": ip, "bridge": bridge} {
			cmd := batch(program, text, "-force")
			writers.Go(func() { ns.In(func() { _ = cmd.Run() }) }) // many commands fail
		}
	}
	start := time.Now()
	writers.Wait()
	written := time.Since(start)
	differences := func() []string {
		return slices.Concat(addrs.differences(t, listedAddrs(t, c)), routes.differences(t, listedRoutes(t, c)), neighs.differences(t, listedNeighs(t, c, ns)))
	}
	diff := differences()
	for deadline := time.Now().Add(time.Minute); len(diff) > 0 && time.Now().Before(deadline); diff = differences() {
		time.Sleep(50 * time.Millisecond)
	}
	if len(diff) > 0 {
		t.Errorf("the mirrors differ from lists:\n%s", strings.Join(diff, "\n"))
	}
	cancel()
	readers.Wait()
	for name, m := range map[string]*objectMirror{"addresses": addrs, "routes": routes, "neighbours": neighs} {
		t.Logf("%s: %d events, %d after overruns; %d objects", name, m.events, m.resyncs, len(m.objects))
		if m.current != 1 || m.resyncs == 0 {
			t.Errorf("%s: %d marks, %d events after overruns", name, m.current, m.resyncs)
		}
	}
	t.Logf("%d changes in %v", changes, written)
}

func listedAddrs(t *testing.T, c *iplink.Conn) (all []string) {
	listed, err := c.ListAddrs(t.Context())
	testutil.Must(t, err)
	for i := range listed {
		all = append(all, wordsOfAddr(&listed[i]))
	}
	return all
}

func listedRoutes(t *testing.T, c *iplink.Conn) (all []string) {
	listed, err := c.ListRoutes(t.Context())
	testutil.Must(t, err)
	for i := range listed {
		all = append(all, listed[i].String())
	}
	return all
}

// listedNeighs lists neighbours, and has `bridge` list forwarding databases.
func listedNeighs(t *testing.T, c *iplink.Conn, ns *testutil.Lab) (all []string) {
	listed, err := c.ListNeighs(t.Context())
	testutil.Must(t, err)
	for i := range listed {
		if listed[i].State == inet.NeighNoARP {
			continue
		}
		all = append(all, wordsOfNeigh(&iplink.NeighEntry{Link: listed[i].Link, Neigh: &listed[i].Neigh}))
	}
	return append(all, listedFDB(t, ns)...)
}

// listedFDB has `bridge` list the entries of the bridge and of the VXLAN link.
func listedFDB(t *testing.T, ns *testutil.Lab) (all []string) {
	out, err := ns.Run("bridge", "-j", "fdb")
	testutil.Must(t, err)
	var entries []struct{ MAC, IfName, Dst, Master, State string }
	testutil.Must(t, json.Unmarshal([]byte(out), &entries))
	for _, e := range entries {
		if e.Master != "" || e.IfName == "vx0" {
			all = append(all, fdbWords(e.MAC, e.IfName, e.Dst, e.State == "permanent", e.State == "static"))
		}
	}
	return all
}
