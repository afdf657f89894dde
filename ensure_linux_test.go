package iplink_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// scratch returns a Conn in a new namespace, and the namespace for `ip`.
func scratch(t *testing.T) (*iplink.Conn, *scratchNS) {
	t.Helper()
	file := testutil.NetNS(t)
	ns, err := iplink.NetNSAtPath("/proc/self/fd/" + fdName(file))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ns.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); ns.Close() })
	return c, &scratchNS{t: t, file: file, NetNS: ns}
}

// ensured runs Ensure and fails the test unless it tells what is expected.
func ensured(t *testing.T, c *iplink.Conn, spec iplink.Spec, created bool, attrs ...string) *iplink.Change {
	t.Helper()
	all, err := c.Ensure(t.Context(), spec)
	if err != nil {
		t.Fatalf("%v\n%v", err, spec)
	}
	if got := all[0]; got.Created != created || !slices.Equal(names(got.Differences), attrs) {
		t.Fatalf("created %v, differences %v; want %v, %v", got.Created, got.Differences, created, attrs)
	}
	return all[0]
}

func names(diffs []iplink.Difference) []string {
	var all []string
	for _, d := range diffs {
		all = append(all, d.Attr)
	}
	return all
}

func TestEnsureRepairsExactlyWhatDiffers(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "under", "type", "bridge")
	for _, test := range []struct {
		spec  iplink.Spec
		spoil []string
		attrs []string
	}{
		{bridge.New("br0").AgeingTime(43210 * time.Millisecond).MTU(1432).Up(),
			[]string{"link", "set", "br0", "type", "bridge", "ageing_time", "777"}, []string{"ageing_time"}},
		{vxlan.New("vx0").VNI(0x1234).Dev("under").Port(4789).TTL(17).Alias("x y").AltName("other-name").Up(),
			[]string{"link", "set", "vx0", "down", "alias", "z"}, []string{"alias", "state"}},
		{macvlan.New("mv0").Parent("under").Mode(macvlan.Bridge).TxQueueLen(321),
			[]string{"link", "set", "mv0", "txqueuelen", "123", "type", "macvlan", "mode", "vepa"}, []string{"txqueuelen", "mode"}},
		{veth.New("ve0").MTU(1300).Up().Peer(veth.New("ve1").MTU(1301).Addr(netip.MustParsePrefix("192.0.2.9/28"))),
			[]string{"link", "set", "ve1", "mtu", "1444"}, []string{"mtu"}},
		{veth.New("vp0").Master("under").PortSettings(bridge.Port().Isolated(true).Cost(0x1234)).Peer(veth.New("vp1")),
			[]string{"link", "set", "vp0", "type", "bridge_slave", "isolated", "off"}, []string{"isolated"}},
	} {
		ensured(t, c, test.spec, true)
		ensured(t, c, test.spec, false)
		ns.ip(test.spoil...)
		ensured(t, c, test.spec, false, test.attrs...)
		ensured(t, c, test.spec, false)
	}
}

func TestEnsureRefusesWhatCannotChange(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789")
	before := ns.link("vx0")
	spec := vxlan.New("vx0").VNI(8).Port(4790).TTL(9)
	_, err := c.Ensure(t.Context(), spec)
	var e *iplink.Error
	if !errors.Is(err, iplink.ErrImmutable) || !errors.As(err, &e) || e.Attr != "id, dstport" {
		t.Fatalf("got %v", err)
	}
	if after := ns.link("vx0"); after["ifindex"] != before["ifindex"] {
		t.Error("the link was replaced")
	}
	change := ensured(t, c, spec.Clone().Recreate(), false, "id", "dstport", "ttl")
	if !change.Recreated || change.Link.Info.(*iplink.VXLANInfo).VNI != 8 {
		t.Errorf("got %+v", change)
	}
}

func TestRecreateKeepsAddressesAndPorts(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "br0", "type", "vxlan", "id", "7", "dstport", "4789")
	ns.ip("link", "add", "port", "type", "veth")
	ns.ip("address", "add", "192.0.2.3/24", "dev", "br0")
	if _, err := c.Ensure(t.Context(), bridge.New("br0")); !errors.Is(err, iplink.ErrKind) {
		t.Fatalf("got %v, want ErrKind", err)
	}
	ensured(t, c, bridge.New("br0").Recreate(), false)
	ns.ip("link", "set", "port", "master", "br0")
	if got := ns.addrs("br0"); !slices.Contains(got, "192.0.2.3/24") {
		t.Errorf("addresses are %v", got)
	}
	ns.ip("link", "set", "br0", "type", "bridge", "ageing_time", "4321")
	ensured(t, c, vxlan.New("vx9").VNI(3).Dev("br0"), true)
}

func TestDiff(t *testing.T) {
	c, ns := scratch(t)
	if _, err := c.Diff(t.Context(), vxlan.New("vx0").VNI(7)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v, want fs.ErrNotExist", err)
	}
	ns.ip("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789", "ttl", "5")
	got, err := c.Diff(t.Context(), vxlan.New("vx0").VNI(9).TTL(17).MTU(1234).Up())
	if err != nil {
		t.Fatal(err)
	}
	want := []iplink.Difference{
		{Attr: "mtu", Have: "1500", Want: "1234"},
		{Attr: "id", Have: "7", Want: "9", Immutable: true},
		{Attr: "ttl", Have: "5", Want: "17"},
		{Attr: "state", Have: "down", Want: "up"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestEnsureTopologyInAnyOrder(t *testing.T) {
	c, ns := scratch(t)
	specs := []iplink.Spec{
		macvlan.New("mv0").Parent("br0").Mode(macvlan.Private),
		veth.New("ve0").Master("br0").Up().Peer(veth.New("ve1").Addr(netip.MustParsePrefix("2001:db8::1/64")).Up()),
		vxlan.New("vx0").VNI(0x4321).Dev("ve1").Master("br0"),
		bridge.New("br0").Up().Address([]byte{2, 0, 0, 0, 0x12, 0x34}),
	}
	all, err := c.Ensure(t.Context(), specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range all {
		if !change.Created {
			t.Errorf("%v was not created", specs[i])
		}
	}
	if ns.link("vx0")["master"] != "br0" || ns.link("mv0")["link"] != "br0" {
		t.Error("the links do not hang together")
	}
	again, err := c.Ensure(t.Context(), specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range again {
		if change.Changed() {
			t.Errorf("%v: %v", specs[i], change.Differences)
		}
	}
}

func TestEnsureRefusesContradictions(t *testing.T) {
	c, ns := scratch(t)
	for _, specs := range [][]iplink.Spec{
		{bridge.New("br0"), vxlan.New("br0").VNI(1)},
		{macvlan.New("a").Parent("b"), macvlan.New("b").Parent("a")},
		{veth.New("a").Peer(veth.New("a"))},
		{bridge.New("x"), iplink.Device("not-there").Up()},
		{bridge.New("x"), macvlan.New("b").Parent("nothing")},
	} {
		if _, err := c.Ensure(t.Context(), specs...); err == nil {
			t.Errorf("%v was accepted", specs)
		} else {
			t.Log(err)
		}
	}
	if got := ns.names(); !slices.Equal(got, []string{"lo"}) {
		t.Errorf("left behind: %v", got)
	}
}

// TestEnsureLooksOnce makes 300 links, and then finds with one list, and no
// write, that all are right.
func TestEnsureLooksOnce(t *testing.T) {
	c, ns := scratch(t)
	specs := make([]iplink.Spec, 300)
	for i := range specs {
		specs[i] = vxlan.New(fmt.Sprintf("vx%d", i)).VNI(uint32(i) + 0x1234).Port(4789).TTL(17).Up()
	}
	if _, err := c.Ensure(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	sends := countSends(c)
	all, err := c.Ensure(t.Context(), specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range all {
		if change.Changed() {
			t.Errorf("%v: %v", specs[i], change.Differences)
		}
	}
	if *sends != 1 {
		t.Errorf("%d sends, want 1, of the list", *sends)
	}
	if got := len(ns.names()); got != 1+len(specs) {
		t.Errorf("%d links", got)
	}
}
