package kerneltest_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

func TestEnsureRepairsExactlyWhatDiffers(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "bridge")
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
		lab.Ensured(t, c, test.spec, true)
		lab.Ensured(t, c, test.spec, false)
		ns.IP(test.spoil...)
		lab.Ensured(t, c, test.spec, false, test.attrs...)
		lab.Ensured(t, c, test.spec, false)
	}
}

func TestEnsureRefusesWhatCannotChange(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789")
	before := ns.Link("vx0")
	spec := vxlan.New("vx0").VNI(8).Port(4790).TTL(9)
	_, err := c.Ensure(t.Context(), spec)
	var e *iplink.Error
	if !errors.Is(err, iplink.ErrImmutable) || !errors.As(err, &e) || e.Attr != "id, dstport" {
		t.Fatalf("got %v", err)
	}
	if after := ns.Link("vx0"); after["ifindex"] != before["ifindex"] {
		t.Error("the link was replaced")
	}
	change := lab.Ensured(t, c, spec.Clone().Recreate(), false, "id", "dstport", "ttl")
	if !change.Recreated || change.Link.Info.(*iplink.VXLANInfo).VNI != 8 {
		t.Errorf("got %+v", change)
	}
}

func TestRecreateKeepsAddressesAndPorts(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "br0", "type", "vxlan", "id", "7", "dstport", "4789")
	ns.IP("link", "add", "port", "type", "veth")
	ns.IP("address", "add", "192.0.2.3/24", "dev", "br0")
	if _, err := c.Ensure(t.Context(), bridge.New("br0")); !errors.Is(err, iplink.ErrKind) {
		t.Fatalf("got %v, want ErrKind", err)
	}
	lab.Ensured(t, c, bridge.New("br0").Recreate(), false, "type")
	ns.IP("link", "set", "port", "master", "br0")
	if got := ns.Addrs("br0"); !slices.Contains(got, "192.0.2.3/24") {
		t.Errorf("addresses are %v", got)
	}
	ns.IP("link", "set", "br0", "type", "bridge", "ageing_time", "4321")
	lab.Ensured(t, c, vxlan.New("vx9").VNI(3).Dev("br0"), true)
}

func TestDiff(t *testing.T) {
	c, ns := lab.Scratch(t)
	if _, err := c.Diff(t.Context(), vxlan.New("vx0").VNI(7)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v, want fs.ErrNotExist", err)
	}
	ns.IP("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789", "ttl", "5")
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
	c, ns := lab.Scratch(t)
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
	if ns.Link("vx0")["master"] != "br0" || ns.Link("mv0")["link"] != "br0" {
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
	c, ns := lab.Scratch(t)
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
	if got := ns.Names(); !slices.Equal(got, []string{"lo"}) {
		t.Errorf("left behind: %v", got)
	}
}

// TestRawNest gives attributes of a known kind as bytes, one of them a nest, and
// changes a clone without changing the original.
func TestRawNest(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	c, ns := lab.Scratch(t)
	original := iplink.Raw("bridge", "t0").Attr(6, []byte{0x34, 0x12}) // IFLA_BR_PRIORITY
	other := original.Clone().Attr(6, []byte{0x21, 0x43}).Attr(9, []byte{0x30, 0x12}).Name("t1")
	lab.MustCreate(t, c, original, other)
	for name, want := range map[string][2]any{"t0": {0x1234, "0"}, "t1": {0x4321, "0x1230"}} {
		data := ns.Link(name)["linkinfo"].(map[string]any)["info_data"].(map[string]any)
		if !lab.SameJSON(data["priority"], want[0]) || !lab.SameJSON(data["group_fwd_mask"], want[1]) {
			t.Errorf("%s: ip says %v, want %v", name, data, want)
		}
	}
}

// TestRawRefused has bytes that are no attributes, and a reason of the caller's.
func TestRawRefused(t *testing.T) {
	c, _ := lab.Scratch(t)
	for message, spec := range map[string]iplink.Spec{
		`create warp t0: invalid argument (truncated netlink data)`:                              iplink.Raw("warp", "t0").Attrs([]byte{9, 0, 1, 0}),
		`create warp t0: invalid argument (attribute 128: numbers beyond 127 are not supported)`: iplink.Raw("warp", "t0").Attr(128, nil),
		`create warp t0: invalid argument (no warp today)`:                                       iplink.Raw("warp", "t0").Fail(errors.New("no warp today")),
	} {
		_, err := c.Create(t.Context(), spec)
		if err == nil || err.Error() != message || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("message\n%v, want\n%s", err, message)
		}
	}
	_, err := c.Create(t.Context(), iplink.Raw("warp", "t0"))
	if want := `create warp t0: operation not supported (this kernel has no warp driver)`; err == nil || err.Error() != want {
		t.Errorf("message\n%v, want\n%s", err, want)
	}
}

// echoed are links that nothing happens to once the kernel has announced them, of
// each kind, on the link under where they need one.
var echoed = map[string]func(name string) iplink.Spec{
	iplink.KindBond:    func(name string) iplink.Spec { return bond.New(name).Mode(iplink.BondActiveBackup).Group(0x1234) },
	iplink.KindBridge:  func(name string) iplink.Spec { return bridge.New(name).Priority(0x1234).Group(0x1234) },
	iplink.KindDummy:   func(name string) iplink.Spec { return dummy.New(name).MTU(1281).ARP(false) },
	iplink.KindIPvlan:  func(name string) iplink.Spec { return ipvlan.New(name).Parent("under").Mode(iplink.IPvlanL3S) },
	iplink.KindMACsec:  func(name string) iplink.Spec { return macsec.New(name).Parent("under").Port(0x1234) },
	iplink.KindMacvlan: func(name string) iplink.Spec { return macvlan.New(name).Parent("under").MTU(1281) },
	iplink.KindMacvtap: func(name string) iplink.Spec { return macvtap.New(name).Parent("under").TxQueueLen(0x1234) },
	iplink.KindNlmon:   func(name string) iplink.Spec { return nlmon.New(name).MTU(1281) },
	iplink.KindTeam:    func(name string) iplink.Spec { return team.New(name).Group(0x1234) },
	iplink.KindVCAN:    func(name string) iplink.Spec { return vcan.New(name).Group(0x1234) },
	iplink.KindVeth: func(name string) iplink.Spec {
		return veth.New(name).Address(lab.OtherMAC).AllMulticast(true).Peer(veth.New("p" + name).MTU(1281))
	},
	iplink.KindVLAN:  func(name string) iplink.Spec { return vlan.New(name).Parent("under").ID(0x234) },
	iplink.KindVXCAN: func(name string) iplink.Spec { return vxcan.New(name).Peer(vxcan.New("p" + name)) },
	iplink.KindVXLAN: func(name string) iplink.Spec { return vxlan.New(name).VNI(0x1234).Group(0x1234) },
}

// TestCreatedIsAsRead compares what Create returns, which may be the kernel's
// echo, with what Get returns then.
func TestCreatedIsAsRead(t *testing.T) {
	for kind, spec := range echoed {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testutil.Need(t, kind)
			c, ns := lab.Scratch(t)
			ns.IP("link", "add", "under", "address", "02:00:00:00:12:34", "type", "veth", "peer", "name", "over")
			l := lab.MustCreate(t, c, spec("t0"))[0]
			if l.Name != "t0" || l.Kind != kind || l.Index == 0 || l.Err != nil {
				t.Errorf("%+v", l)
			}
			isAsRead(t, c, l)
		})
	}
}

// TestCreatedTogetherIsAsRead creates a link that a later one of the same call
// changes by way of a bridge, whose MTU is the least of its ports'.
func TestCreatedTogetherIsAsRead(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "bridge")
	links := lab.MustCreate(t, c, macvlan.New("t0").Parent("under"), veth.New("t1").MTU(1281).Master("under"), veth.New("t2"))
	if links[0].MTU != 1281 {
		t.Errorf("MTU %d, want that of the bridge, 1281", links[0].MTU)
	}
	for _, l := range links {
		isAsRead(t, c, l)
	}
}

// isAsRead compares a link with what Get says of it.
func isAsRead(t *testing.T, c *iplink.Conn, l *iplink.Link) {
	t.Helper()
	if l.Peer != nil {
		isAsRead(t, c, l.Peer)
		alone := *l
		alone.Peer, l = nil, &alone
	}
	again, err := c.Get(t.Context(), l.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(again, l, cmp.Exporter(func(reflect.Type) bool { return true }), cmp.FilterPath(isMessage, cmp.Ignore())); diff != "" {
		t.Errorf("- as read, + as it was said to be:\n%s", diff)
	}
}

// isMessage says where a Link keeps parts of the message that it came in, which are
// not kept of many links.
func isMessage(p cmp.Path) bool {
	return slices.Contains([]string{"raw.data", "raw.xstats", "raw.portData"}, p.String())
}

// TestEnsureLooksOnce makes 300 links, and then finds with one list, and no
// write, that all are right.
func TestEnsureLooksOnce(t *testing.T) {
	c, ns := lab.Scratch(t)
	specs := make([]iplink.Spec, 300)
	for i := range specs {
		specs[i] = vxlan.New(fmt.Sprintf("vx%d", i)).VNI(uint32(i) + 0x1234).Port(4789).TTL(17).Up()
	}
	if _, err := c.Ensure(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	sends := lab.CountSends(c)
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
	if got := len(ns.Names()); got != 1+len(specs) {
		t.Errorf("%d links", got)
	}
}

// rawGeneve is a link of a kind that the kernel knows and this library does not.
func rawGeneve(ttl uint8) *iplink.RawLink {
	return iplink.Raw("geneve", "t0").
		Attr(unix.IFLA_GENEVE_ID, binary.NativeEndian.AppendUint32(nil, 0x1234)).
		Attr(unix.IFLA_GENEVE_REMOTE, []byte{192, 0, 2, 7}).
		Attr(unix.IFLA_GENEVE_PORT, []byte{0x12, 0x34}).
		Attr(unix.IFLA_GENEVE_TTL, []byte{ttl}).MTU(1281).Up()
}

// TestRaw makes, changes and ensures a link of a kind that is unknown here.
func TestRaw(t *testing.T) {
	testutil.Need(t, "geneve")
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, rawGeneve(0x21))
	says := func(ttl int) {
		t.Helper()
		l := ns.Link("t0")
		data := l["linkinfo"].(map[string]any)["info_data"].(map[string]any)
		if !lab.SameJSON(data["id"], 0x1234) || !lab.SameJSON(data["port"], 0x1234) || !lab.SameJSON(data["ttl"], ttl) ||
			data["remote"] != "192.0.2.7" || !lab.SameJSON(l["mtu"], 1281) {
			t.Errorf("ip says %v", l)
		}
	}
	says(0x21)
	if _, err := c.Update(t.Context(), rawGeneve(0x32)); err != nil {
		t.Fatal(err)
	}
	says(0x32)
	changes, err := c.Ensure(t.Context(), rawGeneve(0x43))
	if err != nil || len(changes[0].Differences) != 1 || changes[0].Differences[0].String() != "attribute 3: have 32, want 43" {
		t.Errorf("changes %+v, error %v", changes, err)
	}
	says(0x43)
	sends := lab.CountSends(c)
	changes, err = c.Ensure(t.Context(), rawGeneve(0x43))
	if err != nil || changes[0].Changed() || *sends != 1 {
		t.Errorf("second Ensure: %d sends, changes %+v, error %v", *sends, changes, err)
	}
}
