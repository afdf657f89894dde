package bridge

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// forwarding is a bridge br0 with a port p9 in a namespace of its own, and the links of a
// test besides.
type forwarding struct {
	*testutil.Lab
}

func newForwarding(t *testing.T) *forwarding {
	x := &forwarding{testutil.NewLab(t, "bridge")}
	x.Batch("link add br0 address 02:00:00:00:00:b0 up type bridge", "link add p9 address 02:00:00:00:00:b9 type veth peer name q9", "link set p9 master br0")
	return x
}

func portMAC(last byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0x56, last} }

// port is a port of br0 with entries.
func (x *forwarding) port(p *PortBuilder) *veth.Builder {
	return veth.New("t0").Address(portMAC(0)).Peer(veth.New("t1")).Master("br0").PortSettings(p)
}

// bridge runs `bridge fdb`.
func (x *forwarding) bridge(args string) {
	x.Helper()
	testutil.Bridge(x, x.File, append([]string{"fdb"}, strings.Fields(args)...)...)
}

// ensures is wants for a description, twice: the second call finds nothing.
func (x *forwarding) ensures(spec iplink.Spec, want ...string) {
	x.Helper()
	c := testutil.Opened(x.Lab, iplink.Dial)
	for _, want := range [][]string{want, nil} {
		changes, err := c.Ensure(x.Context(), spec)
		testutil.Must(x, err)
		inEach := func(text string) bool { return strings.Contains(text, " vlan 1,") } // of an entry for all VLANs
		if got := slices.DeleteFunc(spelled(changes[0].Differences), inEach); !slices.Equal(got, want) {
			x.Errorf("differences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// wantFDB compares the bridge's entries that lead to a link, apart from its own address
// and multicast, with `bridge`. A kernel with VLANs has a copy of each entry in VLAN 1.
func (x *forwarding) wantFDB(dev string, want ...shown) {
	x.Helper()
	var got []shown
	testutil.BridgeJSON(x, x.File, &got, "fdb", "show", "br", "br0")
	got = slices.DeleteFunc(got, func(s shown) bool {
		own := s.MAC == portMAC(0).String() || strings.HasPrefix(s.MAC, "02:00:00:00:00:b") || strings.HasPrefix(s.MAC, "33:33") || strings.HasPrefix(s.MAC, "01:00:5e")
		return s.Ifname != dev || own || s.VLAN == 1
	})
	want = append([]shown{}, want...)
	for i := range want {
		want[i].Ifname, want[i].Master = dev, "br0"
	}
	order := func(a, b shown) int { return cmp.Or(strings.Compare(a.MAC, b.MAC), cmp.Compare(a.VLAN, b.VLAN)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := gocmp.Diff(want, got); diff != "" {
		x.Errorf("bridge fdb show br br0, of %s (-want +got):\n%s", dev, diff)
	}
}

func TestPortFDB(t *testing.T) {
	x := newForwarding(t)
	entries := []fdb.Entry{
		{MAC: portMAC(1), State: fdb.Static, Flags: fdb.Sticky}, {MAC: portMAC(2)},
		{MAC: portMAC(3), Flags: fdb.ExternLearn},
	}
	all := func() []shown {
		return []shown{{MAC: portMAC(1).String(), State: "static", Flags: []string{"sticky"}}, {MAC: portMAC(2).String(), State: "permanent", Flags: []string{}},
			{MAC: portMAC(3).String(), Flags: []string{"extern_learn"}}}
	}
	x.bridge("add " + portMAC(1).String() + " dev p9 master static")
	c := testutil.Opened(x.Lab, iplink.Dial)
	_, err := c.Create(t.Context(), x.port(Port().FDB(entries...)))
	testutil.Must(t, err)
	x.wantFDB("t0", all()...)
	x.wantFDB("p9")
	only := x.port(Port().OnlyFDB(entries...))
	x.ensures(only)
	x.bridge("add 02:00:00:00:56:77 dev t0 master static")
	x.bridge("add 02:00:00:00:56:79 dev t0 master extern_learn")
	x.bridge("replace " + portMAC(1).String() + " dev t0 master static")
	x.bridge("replace " + portMAC(2).String() + " dev p9 master static")
	x.bridge("del " + portMAC(3).String() + " dev t0 master")
	x.bridge("add " + portMAC(3).String() + " dev t0 master static")
	x.ensures(only, "fdb: have 02:00:00:00:56:77 master static, want none",
		"fdb: have 02:00:00:00:56:01 master static, want 02:00:00:00:56:01 master sticky static",
		"fdb: have 02:00:00:00:56:03 master static, want 02:00:00:00:56:03 master extern_learn dynamic",
		"fdb: have none, want 02:00:00:00:56:02 master permanent")
	others := []shown{{MAC: "02:00:00:00:56:79", Flags: []string{"extern_learn"}}}
	x.wantFDB("t0", append(all(), others...)...)

	x.Batch("link set t0 nomaster")
	x.wantFDB("t0")
	if _, err := c.Ensure(t.Context(), only); err != nil {
		t.Error(err)
	}
	x.wantFDB("t0", all()...)
	x.Batch("link del t0")
	testutil.Shell(t, x.File, only.String())
	x.wantFDB("t0", all()...)
}

// TestPortFDBDynamic has an entry that ages, which only a port with a carrier takes.
func TestPortFDBDynamic(t *testing.T) {
	x := newForwarding(t)
	entry := fdb.Entry{MAC: portMAC(4), State: fdb.Dynamic}
	c := testutil.Opened(x.Lab, iplink.Dial)
	_, err := c.Create(t.Context(), x.port(Port().FDB(entry)))
	if err == nil || !strings.Contains(err.Error(), "bring it up") {
		t.Errorf("%v", err)
	}
	_, err = c.Create(t.Context(), x.port(Port().Learning(false)).Peer(veth.New("t1").Up()).Up())
	testutil.Must(t, err)
	x.bridge("add 02:00:00:00:56:78 dev t0 master dynamic")
	x.ensures(x.port(Port().OnlyFDB(entry)), "fdb: have none, want 02:00:00:00:56:04 master dynamic")
	x.wantFDB("t0", shown{MAC: portMAC(4).String(), Flags: []string{}}, shown{MAC: "02:00:00:00:56:78", Flags: []string{}})
}

// TestBridgeFDB is about entries that lead to the bridge itself.
func TestBridgeFDB(t *testing.T) {
	x := newForwarding(t)
	only := New("br0").OnlyFDB(fdb.Entry{MAC: portMAC(1)}, fdb.Entry{MAC: portMAC(2)})
	x.ensures(only, "fdb: have none, want 02:00:00:00:56:01 self permanent", "fdb: have none, want 02:00:00:00:56:02 self permanent")
	x.bridge("add 02:00:00:00:56:77 dev br0 self permanent")
	x.bridge("del 02:00:00:00:56:02 dev br0 self")
	x.ensures(only, "fdb: have 02:00:00:00:56:77 self permanent, want none", "fdb: have none, want 02:00:00:00:56:02 self permanent")
	x.wantFDB("br0", shown{MAC: portMAC(1).String(), State: "permanent", Flags: []string{}}, shown{MAC: portMAC(2).String(), State: "permanent", Flags: []string{}})
	var all []shown
	testutil.BridgeJSON(t, x.File, &all, "fdb", "show", "br", "br0")
	if !slices.ContainsFunc(all, func(s shown) bool { return s.MAC == "02:00:00:00:00:b0" && s.Master == "br0" }) {
		t.Errorf("the bridge's own address is gone: %+v", all)
	}
}

// TestPortFDBInVLAN sets VLANs after the entries that need them.
func TestPortFDBInVLAN(t *testing.T) {
	x := newScratch(t, "")
	spec := func() iplink.Spec {
		return wantedPort(Port().OnlyFDB(fdb.Entry{MAC: host, VLAN: 291, State: fdb.Static}).OnlyVLANs(VLAN{ID: 291}))
	}
	c := testutil.Opened(x.Lab, iplink.Dial)
	_, err := c.Create(t.Context(), spec())
	testutil.Must(t, err)
	x.wantFDB(shown{Ifname: "t0", Master: "br0", State: "static", VLAN: 291, Flags: []string{}})
	changes, err := c.Ensure(t.Context(), spec())
	if err != nil || changes[0].Changed() {
		t.Errorf("%v, %v", changes[0].Differences, err)
	}
	_, err = c.Create(t.Context(), veth.New("u0").Master("br0").PortSettings(Port().FDB(fdb.Entry{MAC: host, VLAN: 7})))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Name != "u0" || !strings.Contains(err.Error(), host.String()) || !strings.Contains(err.Error(), "VLANs") {
		t.Errorf("%v", err)
	}
	if slices.Contains(x.Names(), "u0") {
		t.Error("u0 is left")
	}
}

func TestFDBFaults(t *testing.T) {
	x := newForwarding(t)
	static := fdb.Entry{MAC: portMAC(1), State: fdb.Static}
	for text, spec := range map[string]iplink.Spec{
		"exclude each other":                  x.port(Port().FDB(static).OnlyFDB(static)),
		"is given twice":                      x.port(Port().FDB(static, fdb.Entry{MAC: portMAC(1)})),
		"vlan 4095 is not in 1…4094":          x.port(Port().FDB(fdb.Entry{MAC: portMAC(1), VLAN: 4095})),
		"zeros are no address":                x.port(Port().FDB(fdb.Entry{MAC: make(net.HardwareAddr, 6)})),
		"see package vxlan":                   x.port(Port().FDB(fdb.Entry{MAC: portMAC(1), Dst: netip.MustParseAddr("192.0.2.1")})),
		"the database master":                 x.port(Port().FDB(fdb.Entry{MAC: portMAC(1), Flags: fdb.Self})),
		"cannot be sticky":                    x.port(Port().FDB(fdb.Entry{MAC: portMAC(1), Flags: fdb.Sticky})),
		"sticky and extern_learn exclude":     x.port(Port().FDB(fdb.Entry{MAC: portMAC(1), Flags: fdb.Sticky | fdb.ExternLearn})),
		"the flag locked is only":             x.port(Port().FDB(fdb.Entry{MAC: portMAC(1), Flags: fdb.Locked})),
		"leads to the bridge itself":          New("t0").FDB(static),
		"the database self":                   New("t0").FDB(fdb.Entry{MAC: portMAC(1), Flags: fdb.Master}),
		"no flag router":                      New("t0").FDB(fdb.Entry{MAC: portMAC(1), Flags: fdb.Router}),
		"leads to the link of the builder":    New("t0").FDB(fdb.Entry{MAC: portMAC(1), PortIndex: 7}),
		"entry 02:00: the address has 2 byte": New("t0").FDB(fdb.Entry{MAC: portMAC(1)[:2]}),
	} {
		_, err := testutil.Opened(x.Lab, iplink.Dial).Create(t.Context(), spec)
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || !errors.Is(err, fs.ErrInvalid) || e.Name != "t0" || !strings.HasSuffix(e.Attr, "FDB") || !strings.Contains(e.Message, text) {
			t.Errorf("error %v, want %s", err, text)
		}
	}
}
