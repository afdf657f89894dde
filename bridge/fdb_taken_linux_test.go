package bridge

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// newPlain is newScratch for any kernel: a bridge br0 that filters no VLANs, with the
// ports p1 and vx0, and veth v0, which is none.
func newPlain(t *testing.T) *scratch {
	t.Helper()
	ns := testutil.NewLab(t, "bridge", "vxlan")
	ns.Batch("link add br0 index 70 up type bridge")
	if filters(t) {
		ns.Batch("link set br0 type bridge vlan_default_pvid 0") // an entry would be there twice
	}
	ns.Batch("link add p1 index 71 type veth peer name q1", "link set q1 up",
		"link set p1 master br0 up", "link add vx0 index 99 type vxlan id 100 dstport 4789 local 192.0.2.1", "link set vx0 master br0 up",
		"link add v0 index 75 type veth peer name w0")
	x := &scratch{ns, testutil.OpenedLink(ns, "br0", Open)}
	x.forwarding("p1")
	return x
}

// forwarding waits until a port is in that state.
func (x *scratch) forwarding(port string) {
	x.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		var all []struct{ Ifname, State string }
		testutil.BridgeJSON(x, x.File, &all, "link", "show", "dev", port)
		if len(all) == 1 && all[0].State == "forwarding" {
			return
		}
		if time.Since(start) > 30*time.Second {
			x.Fatalf("not forwarding after 30 s: %+v", all)
		}
	}
}

// TestFDBTaken adds entries that the kernel takes, and compares with what `bridge` says.
func TestFDBTaken(t *testing.T) {
	x := newPlain(t)
	group := net.HardwareAddr{1, 0, 0x5e, 1, 2, 3}
	for name, c := range map[string]struct {
		e    fdb.Entry
		want []shown
	}{
		"learned":           {fdb.Entry{Port: "p1", Flags: fdb.Master | fdb.ExternLearn}, []shown{{Ifname: "p1", Master: "br0", Flags: []string{"extern_learn"}}}},
		"learned, static":   {fdb.Entry{Port: "p1", Flags: fdb.ExternLearn, State: fdb.Static}, []shown{{Ifname: "p1", Master: "br0", Flags: []string{"extern_learn"}}}},
		"learned, dynamic":  {fdb.Entry{PortIndex: 71, Flags: fdb.ExternLearn, State: fdb.Dynamic}, []shown{{Ifname: "p1", Master: "br0", Flags: []string{"extern_learn"}}}},
		"learned by itself": {fdb.Entry{Port: "br0", Flags: fdb.ExternLearn}, []shown{{Ifname: "br0", Master: "br0", State: "permanent", Flags: []string{"extern_learn"}}}},
		"used":              {fdb.Entry{Port: "p1", Flags: fdb.Master | fdb.Use}, []shown{{Ifname: "p1", Master: "br0", Flags: []string{}}}},
		"used, static":      {fdb.Entry{Port: "p1", Flags: fdb.Use, State: fdb.Static}, []shown{{Ifname: "p1", Master: "br0", Flags: []string{}}}},
		"a group": {fdb.Entry{MAC: group, Port: "p1", State: fdb.Static},
			[]shown{{MAC: group.String(), Ifname: "p1", Master: "br0", State: "static", Flags: []string{}}}},
		"both": {fdb.Entry{Port: "vx0", Flags: fdb.Self | fdb.Master, State: fdb.Static, Dst: sender, DstPort: 0x1234, VNI: 0x4321}, []shown{
			{Ifname: "vx0", Master: "br0", State: "static", Flags: []string{}},
			{Ifname: "vx0", State: "static", Flags: []string{"self"}, Dst: "192.0.2.9", Port: 0x1234, VNI: 0x4321}}},
		"both, filter": {fdb.Entry{Port: "p1", Flags: fdb.Self | fdb.Master}, []shown{
			{Ifname: "p1", Master: "br0", State: "permanent", Flags: []string{}}, {Ifname: "p1", State: "permanent", Flags: []string{"self"}}}},
		"filter of a port":       {fdb.Entry{Port: "p1", Flags: fdb.Self}, []shown{{Ifname: "p1", State: "permanent", Flags: []string{"self"}}}},
		"filter of another link": {fdb.Entry{Port: "v0", Flags: fdb.Self}, []shown{{Ifname: "v0", State: "permanent", Flags: []string{"self"}}}},
		"filter, group":          {fdb.Entry{MAC: group, PortIndex: 75, Flags: fdb.Self}, []shown{{MAC: group.String(), Ifname: "v0", State: "permanent", Flags: []string{"self"}}}},
	} {
		if c.e.MAC == nil {
			c.e.MAC = host
		}
		for verb, put := range map[string]func(context.Context, fdb.Entry) error{"add": x.s.AddFDB, "append": x.s.AppendFDB, "replace": x.s.ReplaceFDB} {
			if err := put(x.Context(), c.e); err != nil {
				t.Errorf("%s, %s: %v", name, verb, err)
				continue
			}
			for i := range c.want {
				c.want[i].MAC = c.e.MAC.String()
			}
			if diff := cmp.Diff(c.want, x.fdb(c.e.MAC.String())); diff != "" {
				t.Errorf("%s, %s: bridge fdb show (-want +got):\n%s", name, verb, diff)
			}
			x.deleteListed(name, c.e)
		}
	}
}

// deleteListed deletes what the list has of the address.
func (x *scratch) deleteListed(name string, e fdb.Entry) {
	x.Helper()
	filter := fdb.Filter{Port: e.Port, PortIndex: e.PortIndex}
	if e.Flags&fdb.Master == 0 {
		filter.Flags = e.Flags & fdb.Self
	}
	all, err := x.s.ListFDB(x.Context(), filter)
	testutil.Must(x, err)
	all = slices.DeleteFunc(all, func(listed fdb.Entry) bool { return !slices.Equal(listed.MAC, e.MAC) })
	if len(all) == 0 {
		x.Errorf("%s: ListFDB has none", name)
	}
	for _, listed := range all {
		if err := x.s.DeleteFDB(x.Context(), listed); err != nil {
			x.Errorf("%s: %v", name, err)
		}
	}
	if left := x.fdb(e.MAC.String()); len(left) > 0 {
		x.Errorf("%s: bridge fdb show after its deletion: %+v", name, left)
	}
}

// TestFDBReasons is about what the kernel refuses without a word.
func TestFDBReasons(t *testing.T) {
	x := newPlain(t)
	x.Batch("link add p2 index 72 type veth peer name q2", "link set p2 master br0")
	if ok, _ := testutil.HasKind("macvlan"); ok {
		x.Batch("link add mv0 link v0 type macvlan mode bridge")
		x.wantReason(fdb.Entry{Port: "mv0", Flags: fdb.Self}, errors.ErrUnsupported, "mv0 has no filter for addresses of hosts except in mode passthru")
	}
	x.wantReason(fdb.Entry{Port: "p2", State: fdb.Dynamic}, fs.ErrPermission, "p2 takes no frames now, and learns no address: bring it up, or make the entry static")
	x.wantReason(fdb.Entry{Port: "v0", Flags: fdb.Self, State: fdb.Static}, syscall.EINVAL, "the address filter of v0 has only permanent entries")
	x.wantReason(fdb.Entry{Port: "v0", Flags: fdb.Self, VLAN: 7}, syscall.EINVAL, "the address filter of v0 has no VLANs")
	x.wantReason(fdb.Entry{Port: "v0", State: fdb.Static}, fs.ErrNotExist, "v0 is not a port of br0: Master makes it one")
	x.wantReason(fdb.Entry{Port: "v0", State: fdb.Static, Flags: fdb.Self | fdb.Master}, fs.ErrNotExist, "v0 is not a port of br0: Master makes it one")
}

// wantReason adds an entry for host, which fails for a reason.
func (x *scratch) wantReason(e fdb.Entry, target error, says string) {
	x.Helper()
	e.MAC = host
	err := x.s.AddFDB(x.Context(), e)
	wants(x, err, target)
	if err == nil || !strings.Contains(err.Error(), says) {
		x.Errorf("%v, want %q", err, says)
	}
	x.wantFDB()
}

// TestFDBVLANReason is about a VLAN that the port takes no part in.
func TestFDBVLANReason(t *testing.T) {
	x := newScratch(t, "")
	x.wantReason(fdb.Entry{Port: "p1", VLAN: 291, State: fdb.Static}, syscall.EINVAL, "p1 takes no part in VLAN 291: AddVLANs makes it")
}

// TestAppendToPort is about a VXLAN port's own database.
func TestAppendToPort(t *testing.T) {
	x := newPlain(t)
	second := netip.MustParseAddr("198.51.100.3")
	e := fdb.Entry{MAC: host, Port: "vx0", Flags: fdb.Self | fdb.Master, State: fdb.Static, Dst: sender}
	want := []shown{{Ifname: "vx0", Master: "br0", State: "static", Flags: []string{}}, {Ifname: "vx0", State: "static", Flags: []string{"self"}, Dst: "192.0.2.9"}}
	testutil.Must(t, x.s.AppendFDB(x.Context(), e))
	x.wantFDB(want...)
	testutil.Must(t, x.s.AppendFDB(x.Context(), e))
	e.Dst = second
	wants(t, x.s.AppendFDB(x.Context(), e), fs.ErrExist)
	x.wantFDB(want...)
}
