package bridge

import (
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// shown is what `bridge -j fdb show` says of an entry.
type shown struct {
	MAC, Ifname, Master, State string
	VLAN                       uint16
	Flags                      []string
	Dst                        string
	Port                       uint16
	VNI                        uint32
	Via                        string `json:"viaIf"`
	Notify                     bool   `json:"activity_notify"`
}

// fdb returns what `bridge` says of the entries for an address.
func (x *scratch) fdb(mac string) []shown {
	x.Helper()
	var all []shown
	testutil.BridgeJSON(x, x.File, &all, "fdb", "show")
	return slices.DeleteFunc(all, func(s shown) bool { return s.MAC != mac })
}

// wantFDB compares the entry for host with what `bridge` says.
func (x *scratch) wantFDB(want ...shown) {
	x.Helper()
	want = append([]shown{}, want...)
	for i := range want {
		want[i].MAC = host.String()
	}
	if diff := cmp.Diff(want, x.fdb(host.String())); diff != "" {
		x.Errorf("bridge fdb show (-want +got):\n%s", diff)
	}
}

// entry returns the one entry for host that List has.
func (x *scratch) entry(f fdb.Filter) fdb.Entry {
	x.Helper()
	all, err := x.s.ListFDB(x.Context(), f)
	testutil.Must(x, err)
	all = slices.DeleteFunc(all, func(e fdb.Entry) bool { return e.MAC.String() != host.String() })
	if len(all) != 1 {
		x.Fatalf("%d entries for %s: %v", len(all), host, all)
	}
	return all[0]
}

func TestFDBVerbs(t *testing.T) {
	x := newScratch(t, "")
	testutil.Bridge(t, x.File, "vlan", "add", "vid", "291", "dev", "p1")
	e := fdb.Entry{MAC: host, Port: "p1", VLAN: 291, State: fdb.Static, Flags: fdb.Sticky}
	testutil.Must(t, x.s.AddFDB(x.Context(), e))
	x.wantFDB(shown{Ifname: "p1", Master: "br0", State: "static", VLAN: 291, Flags: []string{"sticky"}})
	wants(t, x.s.AddFDB(x.Context(), e), fs.ErrExist)

	got := x.entry(fdb.Filter{Port: "p1", VLAN: 291, States: []fdb.State{fdb.Static}})
	found, err := x.s.GetFDB(x.Context(), host, 291)
	testutil.Must(t, err)
	want := e
	want.PortIndex, want.Flags = 71, fdb.Sticky|fdb.Master
	want.Used, want.Updated = got.Used, got.Updated
	if diff := cmp.Diff(want, got, cmpAddr); diff != "" {
		t.Errorf("ListFDB (-want +got):\n%s", diff)
	}
	if found.Used, found.Updated = got.Used, got.Updated; cmp.Diff(got, found, cmpAddr) != "" {
		t.Errorf("GetFDB: %+v, ListFDB: %+v", found, got)
	}
	if text := got.String(); text != "02:00:00:00:12:34 dev p1 master sticky static vlan 291" {
		t.Error(text)
	}

	testutil.Bridge(t, x.File, "vlan", "add", "vid", "291", "dev", "p2")
	testutil.Must(t, x.s.ReplaceFDB(x.Context(), fdb.Entry{MAC: host, PortIndex: 72, VLAN: 291, State: fdb.Dynamic}))
	x.wantFDB(shown{Ifname: "p2", Master: "br0", VLAN: 291, Flags: []string{}})
	testutil.Must(t, x.s.AppendFDB(x.Context(), fdb.Entry{MAC: host, Port: "p2", VLAN: 291, State: fdb.Static}))
	x.wantFDB(shown{Ifname: "p2", Master: "br0", State: "static", VLAN: 291, Flags: []string{}})
	testutil.Must(t, x.s.DeleteFDB(x.Context(), x.entry(fdb.Filter{})))
	x.wantFDB()
	_, err = x.s.GetFDB(x.Context(), host, 291)
	wants(t, err, fs.ErrNotExist)
	wants(t, x.s.DeleteFDB(x.Context(), fdb.Entry{MAC: host, Port: "p2", VLAN: 291}), fs.ErrNotExist)
}

var cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// TestFDBHost is about entries by which the machine takes frames.
func TestFDBHost(t *testing.T) {
	x := newScratch(t, "")
	testutil.Must(t, x.s.AddFDB(x.Context(), fdb.Entry{MAC: host, Port: "br0", VLAN: 1}))
	x.wantFDB(shown{Ifname: "br0", Master: "br0", State: "permanent", VLAN: 1, Flags: []string{}})
	got := x.entry(fdb.Filter{Port: "br0", States: []fdb.State{fdb.Permanent}})
	if got.Flags != fdb.Self || got.Port != "br0" || got.State != fdb.Permanent {
		t.Errorf("%+v", got)
	}
	testutil.Must(t, x.s.DeleteFDB(x.Context(), got))
	x.wantFDB()
}

func TestFDBActivity(t *testing.T) {
	x := newScratch(t, "")
	testutil.Must(t, x.s.AddFDB(x.Context(), fdb.Entry{MAC: host, Port: "p1", VLAN: 1, State: fdb.Static, Notify: true, Inactive: true}))
	if got := x.entry(fdb.Filter{}); !got.Notify || !got.Inactive {
		t.Errorf("%+v", got)
	}
	time.Sleep(50 * time.Millisecond)
	aged := x.entry(fdb.Filter{}).Updated
	testutil.Must(t, x.s.ReplaceFDB(x.Context(), fdb.Entry{MAC: host, Port: "p1", VLAN: 1, State: fdb.Static, Notify: true, NoRefresh: true}))
	if got := x.entry(fdb.Filter{}); !got.Notify || !got.Inactive || got.Updated < aged || aged < 50*time.Millisecond || aged > 10*time.Second {
		t.Errorf("%+v, updated %v ago before", got, aged)
	}
}

// TestFDBFilters chooses among entries in all states, in lists and in flushes.
func TestFDBFilters(t *testing.T) {
	x := newScratch(t, "")
	testutil.Bridge(t, x.File, "vlan", "add", "vid", "291", "dev", "p1")
	testutil.Bridge(t, x.File, "vlan", "add", "vid", "291", "dev", "p2")
	for _, c := range []struct {
		name string
		f    fdb.Filter
		left string // the last digits of what a flush leaves
	}{
		{"port", fdb.Filter{Port: "p1"}, "5"},
		{"port by index", fdb.Filter{PortIndex: 72}, "1 2 3 4 6"},
		{"VLAN", fdb.Filter{VLAN: 291}, "2 3"},
		{"permanent", fdb.Filter{States: []fdb.State{fdb.Permanent}}, "2 3 4 5 6"},
		{"static", fdb.Filter{States: []fdb.State{fdb.Static}}, "1 3 4"},
		{"dynamic", fdb.Filter{States: []fdb.State{fdb.Dynamic}}, "1 2 5 6"},
		{"permanent and dynamic", fdb.Filter{States: []fdb.State{fdb.Permanent, fdb.Dynamic}}, "2 5 6"},
		{"extern_learn", fdb.Filter{Flags: fdb.ExternLearn}, "1 2 3 5 6"},
		{"not extern_learn, VLAN 291", fdb.Filter{Without: fdb.ExternLearn, VLAN: 291}, "2 3 4"},
		{"static and sticky", fdb.Filter{Flags: fdb.Sticky, States: []fdb.State{fdb.Static}}, "1 2 3 4 5"},
	} {
		x.fill()
		list, err := x.s.ListFDB(x.Context(), c.f)
		testutil.Must(t, err)
		testutil.Must(t, x.s.FlushFDB(x.Context(), c.f))
		left := x.digits()
		if left != c.left {
			t.Errorf("%s: a flush leaves %q, want %q", c.name, left, c.left)
		}
		for _, e := range list {
			if n, ok := digit(e.MAC.String()); ok && strings.Contains(c.left, n) {
				t.Errorf("%s: the list has %v", c.name, e)
			}
		}
		for n := range strings.FieldsSeq("1 2 3 4 5 6") {
			chosen := slices.ContainsFunc(list, func(e fdb.Entry) bool { d, ok := digit(e.MAC.String()); return ok && d == n })
			if chosen == strings.Contains(c.left, n) {
				t.Errorf("%s: entry %s in the list: %v", c.name, n, chosen)
			}
		}
	}
	x.fill()
	testutil.Must(t, x.s.FlushFDB(x.Context(), fdb.Filter{Without: fdb.Use}))
	if left := x.digits(); left != "1 2 3 4 5 6" {
		t.Errorf("a flush of what nobody added leaves %q", left)
	}
	testutil.Must(t, x.s.FlushFDB(x.Context(), fdb.Filter{Flags: fdb.Use}))
	if left := x.digits(); left != "" {
		t.Errorf("a flush of what somebody added leaves %q", left)
	}
	x.fill()
	testutil.Must(t, x.s.FlushFDB(x.Context(), fdb.Filter{}))
	if left := x.digits(); left != "" {
		t.Errorf("a flush of all leaves %q", left)
	}
}

// fill makes entries whose addresses end in 1 to 6.
func (x *scratch) fill() {
	x.Helper()
	for i, e := range []fdb.Entry{
		{Port: "p1", VLAN: 291},
		{Port: "p1", VLAN: 1, State: fdb.Static},
		{Port: "p1", VLAN: 1, State: fdb.Dynamic},
		{Port: "p1", VLAN: 291, State: fdb.Dynamic, Flags: fdb.ExternLearn},
		{Port: "p2", VLAN: 291, State: fdb.Static},
		{Port: "p1", VLAN: 291, State: fdb.Static, Flags: fdb.Sticky},
	} {
		e.MAC = net.HardwareAddr{2, 0, 0, 0, 0x77, byte(i + 1)}
		testutil.Must(x, x.s.ReplaceFDB(x.Context(), e))
	}
}

// digits returns which of the entries `bridge` shows.
func (x *scratch) digits() string {
	x.Helper()
	var all []shown
	testutil.BridgeJSON(x, x.File, &all, "fdb", "show")
	var found []string
	for _, s := range all {
		if n, ok := digit(s.MAC); ok {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

func digit(mac string) (string, bool) {
	return strings.CutPrefix(mac, "02:00:00:00:77:0")
}

// TestFDBOfPort works on the database of a VXLAN link that is a port.
func TestFDBOfPort(t *testing.T) {
	testutil.Need(t, "vxlan")
	x := newScratch(t, "")
	x.Batch("link add vx0 index 99 type vxlan id 100 dstport 4789 local 192.0.2.1", "link set vx0 master br0 up")
	e := fdb.Entry{MAC: host, Port: "vx0", Flags: fdb.Self, State: fdb.Static, Dst: netip.MustParseAddr("192.0.2.77"), DstPort: 0x1234, VNI: 0x4321, Via: "p1"}
	testutil.Must(t, x.s.AddFDB(x.Context(), e))
	x.wantFDB(shown{Ifname: "vx0", State: "static", Flags: []string{"self"}, Dst: "192.0.2.77", Port: 0x1234, VNI: 0x4321, Via: "p1"})
	got := x.entry(fdb.Filter{Port: "vx0", Flags: fdb.Self, Dst: e.Dst, VNI: 0x4321, Via: "p1"})
	if got.Dst != e.Dst || got.DstPort != e.DstPort || got.VNI != e.VNI || got.ViaIndex != 71 || got.Via != "p1" || got.PortIndex != 99 {
		t.Errorf("%+v", got)
	}
	testutil.Must(t, x.s.DeleteFDB(x.Context(), got))
	x.wantFDB()
}

// TestFDBLocked is about a host that MAB has seen and not let in.
func TestFDBLocked(t *testing.T) {
	testutil.NeedKernel(t, 6, 2)
	x := newScratch(t, "")
	x.Batch("link set p1 type bridge_slave locked on learning on mab on", "link set q1 arp off",
		"address add 192.0.2.1/24 dev q1")
	testutil.Must(t, x.s.FlushFDB(x.Context(), fdb.Filter{Port: "p1", States: []fdb.State{fdb.Dynamic}})) // what q1 sent before
	send(t, x.File, "192.0.2.255:7", 1)
	all, err := x.s.ListFDB(x.Context(), fdb.Filter{Port: "p1", Flags: fdb.Locked})
	testutil.Must(t, err)
	if len(all) != 1 || all[0].Flags != fdb.Locked|fdb.Master || all[0].State != fdb.Dynamic || all[0].VLAN != 1 {
		t.Fatalf("%+v", all)
	}
	if said := x.fdb(all[0].MAC.String()); len(said) != 1 || !slices.Contains(said[0].Flags, "locked") {
		t.Errorf("bridge fdb show: %+v", said)
	}
}
