package vxlan

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

var (
	host    = net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	remote  = netip.MustParseAddr("192.0.2.77")
	second  = netip.MustParseAddr("198.51.100.3")
	cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
)

// wants fails the test unless an error matches, and names the link.
func wants(t testing.TB, err, target error) {
	t.Helper()
	e, ok := errors.AsType[*iplink.Error](err)
	if !errors.Is(err, target) || !ok || e.Kind != "vxlan" || e.Op == "" {
		t.Errorf("%v, want an *iplink.Error of a VXLAN link that matches %v", err, target)
	}
}

func TestOpen(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ns.Batch("link add vx0 index 77 type vxlan id 100 dstport 4789", "link add name v0 type veth peer name v1")
	if v := testutil.OpenedLink(ns, "vx0", Open); v.Index() != 77 || v.Name() != "vx0" {
		t.Errorf("%d, %q", v.Index(), v.Name())
	}
	ns.In(func() {
		_, err := Open(t.Context(), "v0")
		wants(t, err, iplink.ErrKind)
		_, err = Open(t.Context(), "nosuch")
		wants(t, err, fs.ErrNotExist)
	})
}

// TestRequests compares requests with those of `bridge`, byte for byte. They
// were recorded with strace -e write=all on links of the same indexes.
func TestRequests(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ns.Batch("link add p1 index 71 type veth peer name p2 index 2",
		"link add vx0 index 73 type vxlan id 100 dstport 4789 local 192.0.2.1 nolearning",
		"link add vx1 index 74 type vxlan external vnifilter dstport 4790 nolearning dev p1")
	one, many := testutil.OpenedLink(ns, "vx0", Open), testutil.OpenedLink(ns, "vx1", Open)
	var sent []byte
	note := func(request []byte) { sent = slices.Clone(request) }
	one.link.OnSend, many.link.OnSend = note, note
	requests := testutil.Requests(t, "testdata/requests.txt")
	for command, do := range goldenCalls(one, many) {
		if err := do(t.Context()); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if got, want := testutil.Request(sent), requests[command]; got != want {
			t.Errorf("%s sends\n%s, this library\n%s", command, want, got)
		}
		delete(requests, command)
	}
	for command := range requests {
		t.Errorf("nothing does what %q does", command)
	}
}

func goldenCalls(one, many *VXLAN) map[string]func(context.Context) error {
	vnis := func(n VNIs) func(context.Context) error {
		return func(ctx context.Context) error {
			_ = many.DeleteVNIs(ctx, n) // that another call may have added
			return many.AddVNIs(ctx, n)
		}
	}
	return map[string]func(context.Context) error{
		"bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.77 port 4790 vni 4660 via p2": func(ctx context.Context) error {
			return one.AppendFDB(ctx, fdb.Entry{MAC: AllOthers(), Dst: remote, DstPort: 4790, VNI: 4660, Via: "p2"})
		},
		"bridge fdb replace 02:00:00:00:12:34 dev vx0 dst 192.0.2.77 src_vni 291": func(ctx context.Context) error {
			return one.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: remote, SrcVNI: 291})
		},
		"bridge vni add vni 100-200 dev vx1":              vnis(VNIs{First: 100, Last: 200}),
		"bridge vni add vni 4660 group 239.1.2.3 dev vx1": vnis(VNIs{First: 4660, Group: netip.MustParseAddr("239.1.2.3")}),
		"bridge vni add vni 4660 group ff05::123 dev vx1": vnis(VNIs{First: 4660, Group: netip.MustParseAddr("ff05::123")}),
	}
}

// shown is what `bridge -j fdb show` says of an entry.
type shown struct {
	MAC, State, Dst string
	Port            uint16
	VNI             uint32
	SrcVNI          uint32 `json:"src_vni"`
	Via             string `json:"viaIf"`
	NHID            uint32
	Flags           []string
}

// wantFDB compares the entries of vx0 with what `bridge` says.
func wantFDB(t *testing.T, ns *testutil.Lab, want ...shown) {
	t.Helper()
	var got []shown
	testutil.BridgeJSON(t, ns.File, &got, "fdb", "show", "dev", "vx0")
	if diff := cmp.Diff(append([]shown{}, want...), got); diff != "" {
		t.Errorf("bridge fdb show dev vx0 (-want +got):\n%s", diff)
	}
}

func TestFDB(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ctx := t.Context()
	ns.Batch("link add under index 71 type veth peer name under1", "link set under up", "link set under1 up",
		"address add 192.0.2.1/24 dev under", "link add vx0 index 77 type vxlan id 100 dstport 4789 local 192.0.2.1",
		"link add br0 type bridge", "link set vx0 master br0")
	v := testutil.OpenedLink(ns, "vx0", Open)
	full := fdb.Entry{MAC: host, State: fdb.Static, Dst: remote, DstPort: 0x1234, VNI: 0x4321, ViaIndex: 71, Flags: fdb.Router}
	said := shown{MAC: host.String(), State: "static", Dst: "192.0.2.77", Port: 0x1234, VNI: 0x4321, Via: "under", Flags: []string{"self", "router"}}
	wantFDB(t, ns, bridged(t, ns)...)
	start := bridged(t, ns)
	testutil.Must(t, v.AddFDB(ctx, full))
	wantFDB(t, ns, append(start, said)...)
	wants(t, v.AddFDB(ctx, full), fs.ErrExist)

	list, err := v.ListFDB(ctx, fdb.Filter{})
	testutil.Must(t, err)
	want := full
	want.Port, want.PortIndex, want.Via, want.Flags = "vx0", 77, "under", fdb.Router|fdb.Self
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	want.Used, want.Updated = list[0].Used, list[0].Updated
	if diff := cmp.Diff(want, list[0], cmpAddr); diff != "" || want.Updated > time.Minute {
		t.Errorf("ListFDB (-want +got):\n%s", diff)
	}
	if text := list[0].String(); text != "02:00:00:00:12:34 dev vx0 self router static dst 192.0.2.77 port 4660 vni 17185 via under" {
		t.Error(text)
	}
	found, err := v.GetFDB(ctx, host, 0)
	if testutil.Must(t, err); found.Dst != remote || found.VNI != 0x4321 {
		t.Errorf("GetFDB: %v", found)
	}

	testutil.Must(t, v.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: second}))
	wantFDB(t, ns, append(start, shown{MAC: host.String(), State: "permanent", Dst: "198.51.100.3", Flags: []string{"self"}})...)
	testutil.Must(t, v.DeleteFDB(ctx, fdb.Entry{MAC: host}))
	wantFDB(t, ns, start...)
	wants(t, v.DeleteFDB(ctx, fdb.Entry{MAC: host}), fs.ErrNotExist)
	_, err = v.GetFDB(ctx, host, 0)
	wants(t, err, fs.ErrNotExist)
}

// bridged returns the entries that the bridge has for the link.
func bridged(t *testing.T, ns *testutil.Lab) []shown {
	t.Helper()
	var all []shown
	testutil.BridgeJSON(t, ns.File, &all, "fdb", "show", "dev", "vx0")
	return all
}

// TestRemotes is about an address that has several.
func TestRemotes(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ctx := t.Context()
	ns.Batch("link add vx0 type vxlan id 100 dstport 4789 local 192.0.2.1")
	v := testutil.OpenedLink(ns, "vx0", Open)
	remotes := []fdb.Entry{
		{MAC: AllOthers(), Dst: remote},
		{MAC: AllOthers(), Dst: second},
		{MAC: AllOthers(), Dst: second, VNI: 0x4321},
	}
	for _, e := range remotes {
		testutil.Must(t, v.AppendFDB(ctx, e))
	}
	of := func(f fdb.Filter) int {
		list, err := v.ListFDB(ctx, f)
		testutil.Must(t, err)
		return len(list)
	}
	if of(fdb.Filter{}) != 3 || of(fdb.Filter{Dst: second}) != 2 || of(fdb.Filter{VNI: 0x4321}) != 1 || of(fdb.Filter{Dst: remote, VNI: 0x4321}) != 0 {
		t.Errorf("%d, %d and %d remotes", of(fdb.Filter{}), of(fdb.Filter{Dst: second}), of(fdb.Filter{VNI: 0x4321}))
	}
	wants(t, v.ReplaceFDB(ctx, fdb.Entry{MAC: AllOthers(), Dst: remote}), errors.ErrUnsupported)
	testutil.Must(t, v.DeleteFDB(ctx, remotes[1]))
	said := shown{MAC: "00:00:00:00:00:00", State: "permanent", Dst: "192.0.2.77", Flags: []string{"self"}}
	other := said
	other.Dst, other.VNI = "198.51.100.3", 0x4321
	wantFDB(t, ns, said, other)
	if testutil.Older(t, 6, 7) {
		wants(t, v.FlushFDB(ctx, fdb.Filter{}), errors.ErrUnsupported)
		if err := v.FlushFDB(ctx, fdb.Filter{Dst: second}); err == nil {
			t.Error("a kernel that cannot flush takes a filter")
		}
		return
	}
	testutil.Must(t, v.AddFDB(ctx, fdb.Entry{MAC: host, Dst: second}))
	testutil.Must(t, v.FlushFDB(ctx, fdb.Filter{Dst: second, States: []fdb.State{fdb.Permanent, fdb.Static}}))
	wantFDB(t, ns, said)
}

// TestFlush chooses by everything a flush knows, and compares with the list.
func TestFlush(t *testing.T) {
	testutil.Need(t, "vxlan")
	testutil.NeedKernel(t, 6, 7)
	ns := testutil.NewLab(t)
	ctx := t.Context()
	ns.Batch("link add under index 71 type veth peer name under1",
		"link add vx0 type vxlan dstport 4789 local 192.0.2.1 external", "nexthop add id 1193 via 192.0.2.5 fdb", "nexthop add id 1194 group 1193 fdb")
	v := testutil.OpenedLink(ns, "vx0", Open)
	entries := []fdb.Entry{
		{Dst: remote, SrcVNI: 0x111, VNI: 0x222},
		{Dst: second, SrcVNI: 0x333, State: fdb.Static, DstPort: 0x1234, Via: "under"},
		{Dst: second, SrcVNI: 0x333, State: fdb.Dynamic, Flags: fdb.ExternLearn},
		{SrcVNI: 0x333, State: fdb.Static, NextHop: 1194},
	}
	for i := range entries {
		entries[i].MAC = net.HardwareAddr{2, 0, 0, 0, 0x77, byte(i)}
	}
	for _, c := range []struct {
		name string
		f    fdb.Filter
		left []int
	}{
		{"dst", fdb.Filter{Dst: second}, []int{0, 3}},
		{"port", fdb.Filter{DstPort: 0x1234}, []int{0, 2, 3}},
		{"vni", fdb.Filter{VNI: 0x222}, []int{1, 2, 3}},
		{"src_vni", fdb.Filter{SrcVNI: 0x333}, []int{0}},
		{"nhid", fdb.Filter{NextHop: 1194}, []int{0, 1, 2}},
		{"extern_learn", fdb.Filter{Flags: fdb.ExternLearn}, []int{0, 1, 3}},
		{"static", fdb.Filter{States: []fdb.State{fdb.Static}}, []int{0, 2}},
		{"dynamic and permanent", fdb.Filter{States: []fdb.State{fdb.Dynamic, fdb.Permanent}}, []int{1, 3}},
	} {
		for _, e := range entries {
			testutil.Must(t, v.ReplaceFDB(ctx, e))
		}
		list, err := v.ListFDB(ctx, c.f)
		testutil.Must(t, err)
		if err := v.FlushFDB(ctx, c.f); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var all []shown
		testutil.BridgeJSON(t, ns.File, &all, "fdb", "show", "dev", "vx0")
		for i, e := range entries {
			left := slices.ContainsFunc(all, func(s shown) bool { return s.MAC == e.MAC.String() })
			listed := slices.ContainsFunc(list, func(l fdb.Entry) bool { return slices.Equal(l.MAC, e.MAC) })
			if want := slices.Contains(c.left, i); left != want || listed == want {
				t.Errorf("%s: entry %d is left by a flush: %v, in the list: %v", c.name, i, left, listed)
			}
		}
	}
	testutil.Must(t, v.FlushFDB(ctx, fdb.Filter{}))
	wantFDB(t, ns)
}

func TestIPv6(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ns.Batch("link add vx0 type vxlan id 100 dstport 4789 local 2001:db8::1")
	v := testutil.OpenedLink(ns, "vx0", Open)
	end := netip.MustParseAddr("2001:db8:1::77")
	testutil.Must(t, v.AddFDB(t.Context(), fdb.Entry{MAC: host, Dst: end}))
	wantFDB(t, ns, shown{MAC: host.String(), State: "permanent", Dst: "2001:db8:1::77", Flags: []string{"self"}})
	if got, err := v.GetFDB(t.Context(), host, 0); err != nil || got.Dst != end {
		t.Errorf("GetFDB: %v, %v", got, err)
	}
	testutil.Must(t, v.DeleteFDB(t.Context(), fdb.Entry{MAC: host, Dst: end}))
	wantFDB(t, ns)
}

// TestMoved is about a link that was moved away from where its packets go.
func TestMoved(t *testing.T) {
	testutil.Need(t, "vxlan")
	here, there := testutil.NewLab(t), testutil.NewLab(t)
	ns := testutil.OpenedBy(there, iplink.CurrentNetNS)
	here.Batch("link add under index 71 type veth peer name under1", "link add vx0 type vxlan id 100 dstport 4789 local 192.0.2.1")
	here.In(func() {
		_, err := iplink.Device("vx0").NetNS(ns).Update(t.Context())
		testutil.Must(t, err)
	})
	there.Batch("link add wrong index 71 type veth peer name wrong1")
	v := testutil.OpenedLink(there, "vx0", Open)
	testutil.Must(t, v.AddFDB(t.Context(), fdb.Entry{MAC: host, Dst: remote, ViaIndex: 71}))
	got, err := v.GetFDB(t.Context(), host, 0)
	if err != nil || !got.HasLinkNetNSID || got.Via != "" || got.ViaIndex != 71 {
		t.Errorf("%+v, %v", got, err)
	}
}
