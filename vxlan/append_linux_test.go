package vxlan

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

func opened(t *testing.T, link string) (*testutil.Lab, *VXLAN) {
	t.Helper()
	ns := testutil.NewLab(t, "vxlan")
	ns.Batch(link)
	return ns, testutil.OpenedLink(ns, "vx0", Open)
}

// TestAppend is about an address of one host, which has one remote.
func TestAppend(t *testing.T) {
	ns, v := opened(t, "link add vx0 index 77 type vxlan id 100 dstport 4789 local 192.0.2.1")
	ctx := t.Context()
	e := fdb.Entry{MAC: host, State: fdb.Static, Dst: remote}
	said := shown{MAC: host.String(), State: "static", Dst: "192.0.2.77", Flags: []string{"self"}}
	testutil.Must(t, v.AppendFDB(ctx, e))
	wantFDB(t, ns, said)
	testutil.Must(t, v.AppendFDB(ctx, e))
	own := e
	own.State, own.DstPort, own.VNI = fdb.Permanent, 4789, 100
	testutil.Must(t, v.AppendFDB(ctx, own))
	said.State = "permanent"
	wantFDB(t, ns, said)
	for _, other := range []fdb.Entry{
		{MAC: host, Dst: second}, {MAC: host, Dst: remote, DstPort: 0x1234}, {MAC: host, Dst: remote, VNI: 0x4321}, {MAC: host, Dst: remote, ViaIndex: 77}, {MAC: host},
	} {
		err := v.AppendFDB(ctx, other)
		wants(t, err, fs.ErrExist)
		if err == nil || !strings.Contains(err.Error(), "(it has the remote 192.0.2.77, and only zeros and multicast addresses may have several: replace it)") {
			t.Errorf("%v", err)
		}
	}
	wantFDB(t, ns, said)
}

// TestAppendNetworks is about an address on a link for many networks.
func TestAppendNetworks(t *testing.T) {
	ns, v := opened(t, "link add vx0 index 77 type vxlan external dstport 4789 local 192.0.2.1")
	ns.Batch("nexthop add id 1193 via 192.0.2.5 fdb", "nexthop add id 1194 group 1193 fdb")
	ctx := t.Context()
	testutil.Must(t, v.AppendFDB(ctx, fdb.Entry{MAC: host, Dst: remote, SrcVNI: 0x111}))
	testutil.Must(t, v.AppendFDB(ctx, fdb.Entry{MAC: host, NextHop: 1194, SrcVNI: 0x222}))
	testutil.Must(t, v.AppendFDB(ctx, fdb.Entry{MAC: host, NextHop: 1194, SrcVNI: 0x222}))
	err := v.AppendFDB(ctx, fdb.Entry{MAC: host, Dst: remote, SrcVNI: 0x222})
	wants(t, err, fs.ErrExist)
	wants(t, v.AppendFDB(ctx, fdb.Entry{MAC: host, Dst: second, SrcVNI: 0x111}), fs.ErrExist)
	var got []shown
	testutil.BridgeJSON(t, ns.File, &got, "fdb", "show", "dev", "vx0")
	remotes := map[uint32]string{}
	for _, s := range got {
		remotes[s.SrcVNI] += s.Dst + " " + nhid(s.NHID)
	}
	if len(got) != 2 || remotes[0x111] != "192.0.2.77 " || remotes[0x222] != " nhid 1194" {
		t.Errorf("%+v", got)
	}
}

func nhid(id uint32) string {
	if id == 1194 {
		return "nhid 1194"
	}
	return ""
}

// TestGone is about a link that is there no longer, and about its index when another link
// has it.
func TestGone(t *testing.T) {
	ns, v := opened(t, "link add vx0 index 77 type vxlan id 100 dstport 4789 local 192.0.2.1")
	e := fdb.Entry{MAC: host, Dst: remote}
	for _, next := range []string{"link del vx0", "link add br0 index 77 type bridge"} {
		ns.Batch(next)
		if strings.Contains(next, "br0") {
			testutil.Bridge(t, ns.File, "fdb", "add", host.String(), "dev", "br0", "self")
		}
		for name, call := range map[string]func(context.Context) error{
			"AddFDB":     func(ctx context.Context) error { return v.AddFDB(ctx, e) },
			"AppendFDB":  func(ctx context.Context) error { return v.AppendFDB(ctx, e) },
			"ReplaceFDB": func(ctx context.Context) error { return v.ReplaceFDB(ctx, e) },
			"DeleteFDB":  func(ctx context.Context) error { return v.DeleteFDB(ctx, fdb.Entry{MAC: host}) },
			"GetFDB":     func(ctx context.Context) error { _, err := v.GetFDB(ctx, host, 0); return err },
			"ListFDB":    func(ctx context.Context) error { _, err := v.ListFDB(ctx, fdb.Filter{}); return err },
			"FlushFDB":   func(ctx context.Context) error { return v.FlushFDB(ctx, fdb.Filter{}) },
			"AddVNIs":    func(ctx context.Context) error { return v.AddVNIs(ctx, VNIs{First: 7}) },
			"DeleteVNIs": func(ctx context.Context) error { return v.DeleteVNIs(ctx, VNIs{First: 7}) },
			"ListVNIs":   func(ctx context.Context) error { _, err := v.ListVNIs(ctx); return err },
		} {
			wants(t, call(t.Context()), fs.ErrNotExist)
			if err := call(t.Context()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s after %q: %v", name, next, err)
			}
		}
	}
	if said := testutil.Bridge(t, ns.File, "fdb", "show", "br", "br0"); !strings.Contains(said, host.String()) {
		t.Errorf("the bridge that has the index lost its entry: %s", said)
	}
}

// TestReasons is about what the kernel refuses without a word.
func TestReasons(t *testing.T) {
	ns, v := opened(t, "link add vx0 index 77 type vxlan id 100 dstport 4789 local 192.0.2.1")
	_, listed := v.ListVNIs(t.Context())
	for _, err := range []error{v.AddVNIs(t.Context(), VNIs{First: 7}), v.DeleteVNIs(t.Context(), VNIs{First: 7}), listed} {
		if err == nil || !strings.Contains(err.Error(), "make it with VNIFilter(true)") {
			t.Errorf("%v", err)
		}
	}
	testutil.Must(t, v.AddFDB(t.Context(), fdb.Entry{MAC: host, Dst: remote}))
	for _, f := range []fdb.Filter{{}, {Dst: remote}, {States: []fdb.State{fdb.Permanent}}, {Without: fdb.ExternLearn}, {VNI: 7}, {DstPort: 7}, {SrcVNI: 7}, {NextHop: 7}} {
		err := v.FlushFDB(t.Context(), f)
		if !testutil.Older(t, 6, 7) {
			testutil.Must(t, err)
			continue
		}
		wants(t, err, errors.ErrUnsupported)
		if err == nil || !strings.Contains(err.Error(), "can be flushed since Linux 6.7: list them, and delete each") {
			t.Errorf("%+v: %v", f, err)
		}
		wantFDB(t, ns, shown{MAC: host.String(), State: "permanent", Dst: remote.String(), Flags: []string{"self"}})
	}
}
