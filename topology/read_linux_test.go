package topology

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// scratch returns a namespace with a name that nothing else uses.
func scratch(t *testing.T) *iplink.NetNS {
	t.Helper()
	ns, err := iplink.CreateNetNS(testutil.Name(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(ns.Close(), iplink.DeleteNetNS(ns.Name())); err != nil {
			t.Error(err)
		}
	})
	return ns
}

// file returns the namespace's file, for `ip`.
func file(t *testing.T, ns *iplink.NetNS) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(netns.Dir, ns.Name()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// ip runs `ip` in a namespace, a command a line.
func ip(t *testing.T, ns *iplink.NetNS, commands ...string) {
	t.Helper()
	testutil.IPBatch(t, file(t, ns), commands...)
}

// treeOf returns the tree of a number of namespaces, which it calls A, B, ….
func treeOf(t *testing.T, namespaces ...*iplink.NetNS) string {
	t.Helper()
	top, err := ReadNetNS(t.Context(), namespaces...)
	if err != nil {
		t.Fatal(err)
	}
	return rename(top.Tree(), namespaces...)
}

func rename(text string, namespaces ...*iplink.NetNS) string {
	for i, ns := range namespaces {
		text = strings.ReplaceAll(text, ns.Name(), string(rune('A'+i)))
	}
	return text
}

// TestRead has `ip` build what it reads.
func TestRead(t *testing.T) {
	testutil.Need(t, "vxlan")
	testutil.Need(t, "macvlan")
	a, b := scratch(t), scratch(t)
	ip(t, a, "link add br0 type bridge", "link set br0 up",
		"link add cable type veth peer name far netns "+b.Name(), "link set cable up", "address add 192.0.2.1/24 dev cable",
		"link add to-b master br0 type veth peer name eth0 netns "+b.Name(),
		"link add vx0 master br0 type vxlan id 4660 local 192.0.2.1 remote 192.0.2.2 dev cable dstport 4789", "link set vx0 up",
		"link add mv0 link cable type macvlan mode private", "link set mv0 netns "+b.Name())
	ip(t, b, "link set far up", "address add 192.0.2.2/24 dev far", "address add 2001:db8::2/64 dev far nodad",
		"link add vx9 type vxlan id 4660 local 192.0.2.2 remote 192.0.2.1 dev far dstport 4789")
	want := `A
├─ br0: bridge
│  ├─ to-b: veth (down), to eth0 in B
│  └─ vx0: vxlan 4660 to 192.0.2.2, over cable, tunnel to vx9 in B
└─ cable: veth, to far in B, 192.0.2.1/24
B
├─ eth0: veth (down), to to-b in A
├─ far: veth, to cable in A, 192.0.2.2/24, 2001:db8::2/64
├─ mv0: macvlan private (down), on cable in A
└─ vx9: vxlan 4660 to 192.0.2.1 (down), over far, tunnel to vx0 in A
`
	if got := treeOf(t, a, b); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestVXLANElsewhere has a VXLAN whose underlay stayed behind.
func TestVXLANElsewhere(t *testing.T) {
	testutil.Need(t, "vxlan")
	a, b := scratch(t), scratch(t)
	ip(t, a, "link add u0 type bridge", "link add vx0 type vxlan id 77 dev u0 dstport 4789", "link set vx0 netns "+b.Name())
	if got, want := treeOf(t, b, a), "A\n└─ vx0: vxlan 77 (down), over u0 in B\nB\n└─ u0: bridge (down)\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	got := treeOf(t, b)
	if !strings.HasPrefix(got, "A\n└─ vx0: vxlan 77 (down), over link ") || !strings.Contains(got, " in nsid ") {
		t.Errorf("without the namespace of the underlay: %s", got)
	}
}

// find returns a namespace by what tells it.
func find(t *testing.T, top *Topology, is func(NetNS) bool) *NetNS {
	t.Helper()
	var found []*NetNS
	for i := range top.NetNS {
		if is(top.NetNS[i]) {
			found = append(found, &top.NetNS[i])
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d namespaces, want 1, in\n%s", len(found), top.Tree())
	}
	return found[0]
}

func hasLink(name string) func(NetNS) bool {
	return func(ns NetNS) bool {
		return slices.ContainsFunc(ns.Links, func(l Link) bool { return l.Name == name })
	}
}

// TestHidden has a namespace that neither a name nor a process leads to, and
// that two others know: it is found once, with its links.
func TestHidden(t *testing.T) {
	testutil.Need(t, "macvlan")
	a, b := scratch(t), scratch(t)
	hidden, err := iplink.NewNetNS()
	if err != nil {
		t.Fatal(err)
	}
	defer hidden.Close()
	err = hidden.Do(func() error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Create(t.Context(), bridge.New("tp-hidden").Up(),
			veth.New("to-a").Master("tp-hidden").Peer(veth.New("tp-a").NetNS(a)),
			veth.New("to-b").Master("tp-hidden").Peer(veth.New("tp-b").NetNS(b)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	top, err := Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ns := find(t, top, hasLink("tp-hidden"))
	tree := rename((&Topology{NetNS: []NetNS{*find(t, top, hasLink("tp-a")), *find(t, top, hasLink("tp-b")), *ns}}).Tree(), a, b)
	want := strings.ReplaceAll(`A
└─ tp-a: veth (down), to to-a in HIDDEN
B
└─ tp-b: veth (down), to to-b in HIDDEN
HIDDEN
└─ tp-hidden: bridge
   ├─ to-a: veth (down), to tp-a in A
   └─ to-b: veth (down), to tp-b in B
`, "HIDDEN", ns.ID)
	if tree != want || !strings.HasPrefix(ns.ID, "nsid ") {
		t.Errorf("got\n%swant\n%s", tree, want)
	}
}

// TestProcess has a namespace that only a process leads to.
func TestProcess(t *testing.T) {
	a := scratch(t)
	ns, err := iplink.NewNetNS()
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	_, err = veth.New("tp-p").NetNS(ns).Peer(veth.New("tp-q").NetNS(a)).Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := ns.Command(t.Context(), "sh", "-c", "read line")
	stdin, err := cmd.StdinPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	top, err := Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found := find(t, top, hasLink("tp-p")); found.PID != cmd.Process.Pid || found.ID != ns.String() {
		t.Errorf("%s is that of process %d, want %d in %s", found.ID, found.PID, cmd.Process.Pid, ns)
	}
	if named := find(t, top, hasLink("tp-q")); !slices.Equal(named.Names, []string{a.Name()}) || named.PID != 0 {
		t.Errorf("names %q, process %d", named.Names, named.PID)
	}
}

// TestTwoNames has one namespace with two names, and one whose name is stale.
func TestTwoNames(t *testing.T) {
	a := scratch(t)
	second, stale := testutil.Name(t), testutil.Name(t)
	for _, name := range []string{second, stale} {
		if err := os.WriteFile(filepath.Join(netns.Dir, name), nil, 0o444); err != nil {
			t.Fatal(err)
		}
		defer iplink.DeleteNetNS(name)
	}
	if err := unix.Mount(filepath.Join(netns.Dir, a.Name()), filepath.Join(netns.Dir, second), "none", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	top, err := Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	is := func(name string) func(NetNS) bool {
		return func(ns NetNS) bool { return slices.Contains(ns.Names, name) }
	}
	if got := find(t, top, is(stale)); !strings.Contains(got.Err, "is not a network namespace") {
		t.Errorf("the stale name: %+v", got)
	}
	names := []string{a.Name(), second}
	slices.Sort(names)
	if got := find(t, top, is(a.Name())); !slices.Equal(got.Names, names) {
		t.Errorf("names %q, want %q", got.Names, names)
	}
}

// TestCurrent reads from inside a namespace.
func TestCurrent(t *testing.T) {
	a := scratch(t)
	if _, err := bridge.New("tp-br").NetNS(a).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := a.Do(func() error {
		top, err := Read(t.Context())
		if err != nil {
			return err
		}
		if first := top.NetNS[0]; !first.Current || !slices.Equal(first.Names, []string{a.Name()}) || !hasLink("tp-br")(first) {
			t.Errorf("the first namespace is %+v", first)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClosedNetNS(t *testing.T) {
	ns := scratch(t)
	closed, err := iplink.OpenNetNS(ns.Name())
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if got := treeOf(t, closed); !strings.HasPrefix(got, "A (cannot be entered: ") {
		t.Errorf("got %s", got)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestKinds reads what kinds have beside a name, as `ip` made them.
func TestKinds(t *testing.T) {
	for kind, c := range map[string]struct{ add, want string }{
		"vlan":   {"link add x0 link under type vlan id 4021", "x0: vlan 4021"},
		"bond":   {"link add x0 type bond mode balance-xor", "x0: bond balance-xor"},
		"ipvlan": {"link add x0 link under type ipvlan mode l3s private", "x0: ipvlan l3s private"},
		"tun":    {"tuntap add dev x0 mode tap", "x0: tun tap"},
		"vxlan":  {"link add x0 type vxlan external", "x0: vxlan external"},
		"vxcan":  {"link add x0 type vxcan peer name x1", "x0: vxcan (down), to x1"},
	} {
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			a := scratch(t)
			ip(t, a, "link add under type veth peer name over", c.add)
			if got := treeOf(t, a); !strings.Contains(got, "─ "+c.want+" (down)") && !strings.Contains(got, "─ "+c.want+"\n") {
				t.Errorf("got\n%swant %s", got, c.want)
			}
		})
	}
}
