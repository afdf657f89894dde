package fou

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A lab is a namespace where this library adds ports and `ip fou` shows them.
type lab struct {
	*testutil.Lab
	conn *Conn
}

// newLab loads the module, and skips the test where the kernel has none, except in guests.
func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{Lab: testutil.NewLab(t)}
	load(t)
	var err error
	l.In(func() { l.conn, err = Open(t.Context()) })
	if errors.Is(err, errors.ErrUnsupported) && !testutil.Matrix() {
		testutil.Skipf(t, "this kernel has no fou")
	}
	testutil.Must(t, err)
	t.Cleanup(func() { l.conn.Close() })
	if err := l.conn.Delete(t.Context(), Port{Port: 1}); errors.Is(err, fs.ErrPermission) && !testutil.Matrix() {
		testutil.Skipf(t, "needs root of the first user namespace")
	}
	l.Batch("link set lo up", "link add eth0 index 4660 type veth peer name eth1 index 4661", "link set eth0 up", "link set eth1 up",
		"address add 192.0.2.17/24 dev eth0", "address add 2001:db8::1234/64 dev eth0 nodad")
	return l
}

// load loads the module in guests, since the kernel does not.
func load(t *testing.T) {
	t.Helper()
	if !testutil.Matrix() {
		return
	}
	if out, err := exec.Command("modprobe", "fou").CombinedOutput(); err != nil {
		t.Fatalf("modprobe fou: %v %s", err, out)
	}
}

// show returns the ports of `ip`, each with the fields that it shows.
func (l *lab) show() (all []string) {
	l.Helper()
	var list []map[string]any
	l.Decode(&list, "-j", "fou", "show")
	for _, m := range list {
		var words []string
		for _, key := range []string{"port", "ipproto", "gue", "family", "local", "peer", "peer_port", "dev"} {
			switch v, ok := m[key]; {
			case !ok:
			case v == nil:
				words = append(words, key)
			default:
				words = append(words, fmt.Sprintf("%s:%v", key, v))
			}
			delete(m, key)
		}
		for key := range m {
			l.Errorf("ip shows %q", key)
		}
		all = append(all, strings.Join(words, " "))
	}
	slices.Sort(all)
	return all
}

// wantShown compares the ports of `ip`.
func (l *lab) wantShown(want ...string) {
	l.Helper()
	slices.Sort(want)
	if got := l.show(); !slices.Equal(got, want) {
		l.Errorf("ip shows\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// ports are ports that can be side by side in the lab, and the fields that `ip` shows.
func ports() map[string]Port {
	addr, addrPort := netip.MustParseAddr, netip.MustParseAddrPort
	return map[string]Port{
		"port:4660 ipproto:4 family:inet":                   {Port: 0x1234, Protocol: 4},
		"port:4660 ipproto:41 family:inet6":                 {Port: 0x1234, Protocol: 41, Family: IPv6},
		"port:17185 gue family:inet":                        {Port: 0x4321, Type: GUE, RemCsumNoPartial: true},
		"port:4661 ipproto:47 family:inet local:192.0.2.17": {Port: 0x1235, Protocol: 47, Local: addr("192.0.2.17")},
		"port:4662 ipproto:255 family:inet dev:eth0":        {Port: 0x1236, Protocol: 255, Dev: "eth0", DevIndex: 0x1234},
		"port:4663 gue family:inet6 local:2001:db8::1234":   {Port: 0x1237, Type: GUE, Family: IPv6, Local: addr("2001:db8::1234")},
		"port:4664 gue family:inet6 dev:eth0":               {Port: 0x1238, Type: GUE, Family: IPv6, Dev: "eth0", DevIndex: 0x1234},
		"port:4665 ipproto:4 family:inet local:192.0.2.17 peer:192.0.2.18 peer_port:22136": {Port: 0x1239, Protocol: 4, Local: addr("192.0.2.17"),
			Peer: addrPort("192.0.2.18:22136")},
		"port:4666 ipproto:41 family:inet6 local:2001:db8::1234 peer:2001:db8::5678 peer_port:22136 dev:eth0": {Port: 0x123a, Protocol: 41, Family: IPv6,
			Local: addr("2001:db8::1234"), Peer: addrPort("[2001:db8::5678]:22136"), Dev: "eth0", DevIndex: 0x1234},
	}
}

// TestPorts adds ports, which `ip` shows and List returns, and deletes them one by one.
func TestPorts(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	var want []Port
	for _, p := range ports() {
		if err := l.conn.Add(ctx, p); err != nil {
			t.Errorf("%v: %v", p, err)
		}
		want = append(want, p)
	}
	slices.SortFunc(want, compare)
	l.wantShown(slices.Collect(maps.Keys(ports()))...)
	all, err := l.conn.List(ctx)
	testutil.Must(t, err)
	if !slices.Equal(all, want) {
		t.Errorf("List has\n %+v\nwant\n %+v", all, want)
	}
	left := ports()
	for line, p := range ports() {
		testutil.Must(t, l.conn.Delete(ctx, p))
		delete(left, line)
		l.wantShown(slices.Collect(maps.Keys(left))...)
	}
}

// TestOfIP lists ports that `ip` has added, and deletes them.
func TestOfIP(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	for _, p := range ports() {
		l.IP("fou add " + p.String())
	}
	want := slices.Collect(maps.Values(ports()))
	for i := range want {
		want[i].RemCsumNoPartial = false // which `ip` does not set
	}
	slices.SortFunc(want, compare)
	all, err := l.conn.List(ctx)
	testutil.Must(t, err)
	if !slices.Equal(all, want) {
		t.Errorf("List has\n %+v\nwant\n %+v", all, want)
	}
	for _, p := range all {
		testutil.Must(t, l.conn.Delete(ctx, p))
	}
	l.wantShown()
}

// TestChosenLocal deletes a port for which the kernel has chosen the address.
func TestChosenLocal(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	p := Port{Port: 0x1234, Protocol: 4, Peer: netip.MustParseAddrPort("192.0.2.18:22136")}
	testutil.Must(t, l.conn.Add(ctx, p))
	l.wantShown("port:4660 ipproto:4 family:inet local:192.0.2.17 peer:192.0.2.18 peer_port:22136")
	if err := l.conn.Add(ctx, p); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second Add: %v", err)
	}
	testutil.Must(t, l.conn.Delete(ctx, p))
	l.wantShown()
}

func TestRefused(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	testutil.Must(t, l.conn.Add(ctx, Port{Port: 0x1234, Protocol: 4}))
	l.In(func() {
		other, err := net.ListenPacket("udp4", "0.0.0.0:17185")
		testutil.Must(t, err)
		t.Cleanup(func() { other.Close() })
	})
	for want, c := range map[string]struct {
		is  error
		err error
	}{
		"fou add: port 4660: file already exists (there is such a port: Delete it before)": {fs.ErrExist, l.conn.Add(ctx, Port{Port: 0x1234, Type: GUE})},
		"fou add: port 17185: address already in use (another socket has it, or a port of fou with other addresses: choose another Port)": {
			syscall.EADDRINUSE, l.conn.Add(ctx, Port{Port: 0x4321, Protocol: 4})},
		"fou del: port 4661: no such file or directory (there is no such port: List has all, with their addresses)": {
			fs.ErrNotExist, l.conn.Delete(ctx, Port{Port: 0x1235})},
		"fou add: local: cannot assign requested address (192.0.2.99 is not an address of the namespace: add it to a link before, or leave Local out)": {
			syscall.EADDRNOTAVAIL, l.conn.Add(ctx, Port{Port: 7, Protocol: 4, Local: netip.MustParseAddr("192.0.2.99")})},
		"fou add: peer: network is unreachable (there is no route to 203.0.113.7: add one before)": {
			syscall.ENETUNREACH, l.conn.Add(ctx, Port{Port: 7, Protocol: 4, Peer: netip.MustParseAddrPort("203.0.113.7:9")})},
		"fou add: dev: no such device":     {fs.ErrNotExist, l.conn.Add(ctx, Port{Port: 7, Protocol: 4, Dev: "eth7"})},
		"fou del: dev: no such device":     {fs.ErrNotExist, l.conn.Delete(ctx, Port{Port: 7, Protocol: 4, Dev: "a-name-of-more-than-15-bytes"})},
		"fou add: dev: no such device (x)": {fs.ErrNotExist, l.conn.Add(ctx, Port{Port: 7, Protocol: 4, DevIndex: 0x4321})},
	} {
		if want = strings.TrimSuffix(want, " (x)"); c.err == nil || c.err.Error() != want || !errors.Is(c.err, c.is) {
			t.Errorf("%v\nwant %s", c.err, want)
		}
	}
	l.wantShown("port:4660 ipproto:4 family:inet")
}

// TestExists has the error of an existing port match both errnos, and of a taken one not
// fs.ErrExist.
func TestExists(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	testutil.Must(t, l.conn.Add(ctx, Port{Port: 0x1234, Protocol: 4}))
	err := l.conn.Add(ctx, Port{Port: 0x1234, Protocol: 4})
	if !errors.Is(err, fs.ErrExist) || !errors.Is(err, syscall.EEXIST) || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v", err)
	}
	err = l.conn.Add(ctx, Port{Port: 0x1234, Protocol: 4, Local: netip.MustParseAddr("192.0.2.17")})
	if errors.Is(err, fs.ErrExist) || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v", err)
	}
}

// TestCancelled ends the context right after each send: no port stays.
func TestCancelled(t *testing.T) {
	l := newLab(t)
	for name, p := range map[string]Port{"plain": {Port: 0x1234, Protocol: 4}, "peer": {Port: 0x1235, Type: GUE, Peer: netip.MustParseAddrPort("192.0.2.18:22136")}} {
		ctx, cancel := context.WithCancel(t.Context())
		sent := 0
		l.conn.nl.SetHook(func(at rtnl.Point) error {
			if at == rtnl.AfterSend {
				sent++
				cancel()
			}
			return nil
		})
		err := l.conn.Add(ctx, p)
		l.conn.nl.SetHook(nil)
		if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, context.Canceled) || e.Message != "" || sent < 2 {
			t.Errorf("%s: %v after %d sends", name, err, sent)
		}
		l.wantShown()
		if err := l.conn.Add(ctx, p); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Add with an ended context: %v", name, err)
		}
		l.wantShown()
	}
	p := Port{Port: 0x1234, Protocol: 4}
	testutil.Must(t, l.conn.Add(t.Context(), p))
	ctx, cancel := context.WithCancel(t.Context())
	l.conn.nl.SetHook(func(at rtnl.Point) error {
		if at == rtnl.AfterSend {
			cancel()
		}
		return nil
	})
	if err := l.conn.Delete(ctx, p); err != nil {
		t.Errorf("Delete, which the kernel has carried out: %v", err)
	}
	l.conn.nl.SetHook(nil)
	l.wantShown()
}

// TestNamespaces opens a namespace that is not the caller's by either option, and keeps it.
func TestNamespaces(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	ns, err := iplink.NetNSFromFD(int(l.File.Fd()))
	testutil.Must(t, err)
	defer ns.Close()
	there, err := ns.Dial()
	testutil.Must(t, err)
	defer there.Close()
	for n, option := range []iplink.OpenOption{iplink.In(ns), iplink.On(there)} {
		c, err := Open(ctx, option)
		testutil.Must(t, err)
		p := Port{Port: 0x1234 + uint16(n), Protocol: 4, Dev: "eth0"}
		testutil.Must(t, c.Add(ctx, p))
		l.wantShown(fmt.Sprintf("port:%d ipproto:4 family:inet dev:eth0", 0x1234+n))
		testutil.Must(t, c.Delete(ctx, p))
		testutil.Must(t, c.Close())
		if err := c.Add(ctx, p); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Add after Close: %v", err)
		}
	}
}

// TestVanishedLink deletes a port whose link is gone.
func TestVanishedLink(t *testing.T) {
	l, ctx := newLab(t), t.Context()
	testutil.Must(t, l.conn.Add(ctx, Port{Port: 0x1234, Protocol: 4, Dev: "eth0"}))
	l.IP("link del eth0")
	all, err := l.conn.List(ctx)
	testutil.Must(t, err)
	if want := []Port{{Port: 0x1234, Protocol: 4, DevIndex: 0x1234}}; !slices.Equal(all, want) {
		t.Errorf("List has %+v, want %+v", all, want)
	}
	testutil.Must(t, l.conn.Delete(ctx, all[0]))
	l.wantShown()
}

// TestMany lists more ports than a page of memory holds.
func TestMany(t *testing.T) {
	const count = 200
	l, ctx := newLab(t), t.Context()
	for n := range count {
		testutil.Must(t, l.conn.Add(ctx, Port{Port: 0x1234 + uint16(n), Protocol: 4}))
	}
	all, err := l.conn.List(ctx)
	testutil.Must(t, err)
	for n, p := range all {
		if p != (Port{Port: 0x1234 + uint16(n), Protocol: 4}) {
			t.Fatalf("%d is %v", n, p)
		}
	}
	if len(all) != count {
		t.Errorf("%d ports", len(all))
	}
}

// TestWithoutModule says how to load it.
func TestWithoutModule(t *testing.T) {
	if testutil.Matrix() {
		testutil.Eventually(t, "fou is not loaded", func() bool { // namespaces that use it end later
			_ = exec.Command("modprobe", "-r", "fou6").Run() // may not be loaded
			_ = exec.Command("modprobe", "-r", "fou").Run()
			_, err := os.Stat("/sys/module/fou")
			return errors.Is(err, fs.ErrNotExist)
		})
	}
	_, err := Open(t.Context())
	if err == nil && !testutil.Matrix() {
		testutil.Skipf(t, "this kernel has fou, and the test may not unload it")
	}
	want := "fou open: operation not supported (the kernel has no fou, and does not load it by itself: modprobe fou (CONFIG_NET_FOU))"
	if !errors.Is(err, errors.ErrUnsupported) || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}
