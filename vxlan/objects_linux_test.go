package vxlan

import (
	"cmp"
	"context"
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
)

// ensures fails the test unless Ensure finds the wanted differences, and nothing when it
// is called again.
func ensures(ns *testutil.Lab, spec iplink.Spec, want ...string) {
	ns.Helper()
	for _, want := range [][]string{want, nil} {
		changes, err := ensure(ns, spec)
		testutil.Must(ns, err)
		var got []string
		for _, d := range changes[0].Differences {
			got = append(got, d.String())
		}
		if !slices.Equal(got, want) {
			ns.Errorf("differences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func ensure(ns *testutil.Lab, specs ...iplink.Spec) (changes []*iplink.Change, err error) {
	c := testutil.Opened(ns, iplink.Dial)
	return c.Ensure(ns.Context(), specs...)
}

// entries are the entries of a wanted link.
func entries() []fdb.Entry {
	return []fdb.Entry{
		{MAC: host, Dst: remote, DstPort: 4790, VNI: 4660, State: fdb.Static, Via: "under"},
		{MAC: AllOthers(), Dst: remote}, {MAC: AllOthers(), Dst: second, VNI: 0x777},
	}
}

func wantedLink() *Builder {
	return New("vx0").VNI(100).Port(4789).Remote(netip.MustParseAddr("192.0.2.9")).Learning(false)
}

var (
	shownHost   = shown{MAC: host.String(), State: "static", Dst: "192.0.2.77", Port: 4790, VNI: 4660, Via: "under", Flags: []string{"self"}}
	shownRemote = shown{MAC: "00:00:00:00:00:00", State: "permanent", Dst: "192.0.2.9", Flags: []string{"self"}}
	shownFirst  = shown{MAC: "00:00:00:00:00:00", State: "permanent", Dst: "192.0.2.77", Flags: []string{"self"}}
	shownSecond = shown{MAC: "00:00:00:00:00:00", State: "permanent", Dst: "198.51.100.3", VNI: 0x777, Flags: []string{"self"}}
)

// wantSorted is wantFDB in any order, which is the kernel's secret.
func wantSorted(t *testing.T, ns *testutil.Lab, want ...shown) {
	t.Helper()
	var got []shown
	testutil.BridgeJSON(t, ns.File, &got, "fdb", "show", "dev", "vx0")
	order := func(a, b shown) int { return cmp.Or(strings.Compare(a.MAC, b.MAC), strings.Compare(a.Dst, b.Dst)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("bridge fdb show dev vx0 (-want +got):\n%s", diff)
	}
}

func TestBuilderFDB(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ns.Batch("link add under type veth peer name under1")
	c := testutil.Opened(ns, iplink.Dial)
	_, err := c.Create(t.Context(), wantedLink().FDB(entries()...))
	testutil.Must(t, err)
	wantSorted(t, ns, shownRemote, shownFirst, shownSecond, shownHost)
	ensures(ns, wantedLink().FDB(entries()...))
	only := wantedLink().OnlyFDB(entries()...)
	ensures(ns, only)
	spoil := func(args ...string) { testutil.Bridge(t, ns.File, append([]string{"fdb"}, args...)...) }
	spoil("append", "00:00:00:00:00:00", "dev", "vx0", "dst", "203.0.113.5")
	spoil("del", "00:00:00:00:00:00", "dev", "vx0", "dst", "198.51.100.3", "vni", "1911")
	spoil("replace", host.String(), "dev", "vx0", "dst", "203.0.113.5", "static")
	spoil("add", "02:00:00:00:00:99", "dev", "vx0", "dst", "203.0.113.6", "static")
	spoil("add", "02:00:00:00:00:98", "dev", "vx0", "dst", "203.0.113.6", "dynamic")
	ensures(ns, only,
		"fdb: have 00:00:00:00:00:00 self permanent dst 203.0.113.5, want none",
		"fdb: have 02:00:00:00:00:99 self static dst 203.0.113.6, want none",
		"fdb: have 02:00:00:00:12:34 self static dst 203.0.113.5, want 02:00:00:00:12:34 self static dst 192.0.2.77 port 4790 vni 4660 via under",
		"fdb: have none, want 00:00:00:00:00:00 self permanent dst 198.51.100.3 vni 1911")
	learned := shown{MAC: "02:00:00:00:00:98", Dst: "203.0.113.6", Flags: []string{"self"}}
	wantSorted(t, ns, shownRemote, shownFirst, shownSecond, learned, shownHost)
	spoil("del", learned.MAC, "dev", "vx0")
	ns.Batch("link del vx0")
	testutil.Shell(t, ns.File, only.String())
	wantSorted(t, ns, shownRemote, shownFirst, shownSecond, shownHost)
}

// TestBuilderFDBVia names a link of the same call.
func TestBuilderFDBVia(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	spec := wantedLink().FDB(fdb.Entry{MAC: host, Dst: remote, Via: "below"})
	_, err := ensure(ns, spec, New("below").VNI(7).Port(4999))
	testutil.Must(t, err)
	wantSorted(t, ns, shownRemote, shown{MAC: host.String(), State: "permanent", Dst: "192.0.2.77", Via: "below", Flags: []string{"self"}})
	ensures(ns, spec)
	_, err = ensure(ns, New("vx1").VNI(7).FDB(fdb.Entry{MAC: host, Dst: remote, Via: "nosuch"}))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrNotExist) || e.Name != "vx1" || e.Attr != "via" {
		t.Errorf("%v", err)
	}
}

func TestBuilderVNIs(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ns.Batch("link add under type veth peer name under1", "link set under up")
	group := netip.MustParseAddr("239.1.2.3")
	link := func() *Builder {
		return New("vx0").External(true).VNIFilter(true).Learning(false).Port(4789).Dev("under")
	}
	networks := []VNIs{{First: 0x4321, Group: group}, {First: 100, Last: 200}, {First: 300}}
	only := link().OnlyVNIs(networks...).OnlyFDB(fdb.Entry{MAC: host, Dst: remote, SrcVNI: 150})
	wantAll := func() {
		t.Helper()
		wantVNIs(t, ns, shownVNI{VNI: 100, VNIEnd: 200}, shownVNI{VNI: 300}, shownVNI{VNI: 0x4321, Group: "239.1.2.3"})
		wantSorted(t, ns, shown{MAC: "00:00:00:00:00:00", State: "permanent", Dst: "239.1.2.3", VNI: 0x4321, SrcVNI: 0x4321, Via: "under", Flags: []string{"self"}},
			shown{MAC: host.String(), State: "permanent", Dst: "192.0.2.77", SrcVNI: 150, Flags: []string{"self"}})
	}
	c := testutil.Opened(ns, iplink.Dial)
	_, err := c.Create(t.Context(), only)
	testutil.Must(t, err)
	wantAll()
	ensures(ns, link().VNIs(networks[1:]...))
	ensures(ns, only)
	testutil.Bridge(t, ns.File, "vni", "delete", "vni", "120-130", "dev", "vx0")
	testutil.Bridge(t, ns.File, "vni", "add", "vni", "400-500", "dev", "vx0")
	testutil.Bridge(t, ns.File, "vni", "add", "vni", "17185", "remote", "192.0.2.9", "dev", "vx0")
	testutil.Bridge(t, ns.File, "vni", "add", "vni", "300", "remote", "192.0.2.8", "dev", "vx0")
	ensures(ns, only, "vni: have 400-500, want none", "vni: have none, want 120-130",
		"vni: have 300 remote 192.0.2.8, want 300", "vni: have 17185 remote 192.0.2.9, want 17185 group 239.1.2.3")
	wantAll()
	ns.Batch("link del vx0")
	testutil.Shell(t, ns.File, only.String())
	wantAll()
}

func TestObjectFaults(t *testing.T) {
	vni := func(n ...VNIs) *Builder { return New("vx0").External(true).VNIFilter(true).VNIs(n...) }
	one := func(e fdb.Entry) *Builder { return New("vx0").VNI(7).FDB(e) }
	entry := fdb.Entry{MAC: host, Dst: remote}
	for text, b := range map[string]*Builder{
		"the range ends with 5":            vni(VNIs{First: 7, Last: 5}),
		"16777216 is not in":               vni(VNIs{First: 1 << 24}),
		"the range ends with 16777216":     vni(VNIs{First: 7, Last: 1 << 24}),
		"0 is not in":                      vni(VNIs{}),
		"vni 7-9 and vni 9-12 overlap":     vni(VNIs{First: 9, Last: 12}, VNIs{First: 7, Last: 9}),
		"a range has none":                 vni(VNIs{First: 7, Last: 9, Group: remote}),
		"VNIs and OnlyVNIs exclude":        vni(VNIs{First: 7}).OnlyVNIs(VNIs{First: 8}),
		"needs VNIFilter and External":     New("vx0").External(true).VNIs(VNIs{First: 7}),
		"FDB and OnlyFDB exclude":          one(entry).OnlyFDB(entry),
		"is given twice":                   one(entry).FDB(fdb.Entry{MAC: host, Dst: second}),
		"one state and one set of flags":   one(fdb.Entry{MAC: AllOthers(), Dst: remote}).FDB(fdb.Entry{MAC: AllOthers(), Dst: second, Flags: fdb.ExternLearn}),
		"the address has 5 bytes":          one(fdb.Entry{MAC: host[:5], Dst: remote}),
		"leave Port out":                   one(fdb.Entry{MAC: host, Dst: remote, Port: "vx0"}),
		"networks instead of VLANs":        one(fdb.Entry{MAC: host, Dst: remote, VLAN: 7}),
		"in place of dst":                  one(fdb.Entry{MAC: host, Dst: remote, NextHop: 7}),
		"vni 16777216 is not in":           one(fdb.Entry{MAC: host, Dst: remote, VNI: 1 << 24}),
		"src_vni 16777216":                 one(fdb.Entry{MAC: host, Dst: remote, SrcVNI: 1 << 24}),
		"the state stale is only reported": one(fdb.Entry{MAC: host, Dst: remote, State: fdb.Stale}),
		"use is an action":                 one(fdb.Entry{MAC: host, Dst: remote, Flags: fdb.Use}),
		"this database has no flag sticky": one(fdb.Entry{MAC: host, Dst: remote, Flags: fdb.Sticky}),
		"the database self":                one(fdb.Entry{MAC: host, Dst: remote, Flags: fdb.Master}),
		"Unmap it":                         one(fdb.Entry{MAC: host, Dst: netip.MustParseAddr("::ffff:192.0.2.1")}),
		"needs a remote":                   one(fdb.Entry{MAC: AllOthers()}),
		"Inactive is only reported":        one(fdb.Entry{MAC: host, Dst: remote, Inactive: true}),
	} {
		for _, do := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := b.Create(ctx); return err },
			func(ctx context.Context) error { _, err := b.Ensure(ctx); return err },
		} {
			err := do(t.Context())
			e, ok := errors.AsType[*iplink.Error](err)
			named := ok && e.Name == "vx0" && (strings.HasSuffix(e.Attr, "FDB") || strings.HasSuffix(e.Attr, "VNIs"))
			if !named || !errors.Is(err, fs.ErrInvalid) || !strings.Contains(e.Message, text) {
				t.Errorf("error %v, want %s", err, text)
			}
		}
	}
}

// TestBuilderFDBKept changes an entry after the setter call, and a copy of a builder.
func TestBuilderFDBKept(t *testing.T) {
	mac := slices.Clone(host)
	b := New("vx0").VNI(7).FDB(fdb.Entry{MAC: mac, Dst: remote})
	before := b.String()
	mac[5]++
	copied := b.Clone().FDB(fdb.Entry{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, Dst: remote})
	if after := b.String(); after != before || copied.String() == before {
		t.Errorf("%s\nwas\n%s\nand the copy is\n%s", after, before, copied)
	}
}
