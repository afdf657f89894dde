package vxlan

import (
	"errors"
	"io/fs"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
)

// shownVNI is what `bridge -j vni show` says of networks.
type shownVNI struct {
	VNI, VNIEnd           uint32
	Group, Group6, Remote string
	Remote6               string
}

// wantVNIs compares the networks of vx0 with what `bridge` says.
func wantVNIs(t *testing.T, ns *testutil.Lab, want ...shownVNI) {
	t.Helper()
	var got []struct{ VNIs []shownVNI }
	testutil.BridgeJSON(t, ns.File, &got, "vni", "show", "dev", "vx0")
	var all []shownVNI
	for _, link := range got {
		all = append(all, link.VNIs...)
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("bridge vni show dev vx0 (-want +got):\n%s", diff)
	}
}

func TestVNIs(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	ctx := t.Context()
	ns.Batch("link add under type veth peer name under1", "link set under up",
		"link add vx0 type vxlan external vnifilter dstport 4789 nolearning dev under",
		"link add other type vxlan external vnifilter dstport 4790 nolearning")
	testutil.Must(t, testutil.OpenedLink(ns, "other", Open).AddVNIs(ctx, VNIs{First: 0x777}))
	v := testutil.OpenedLink(ns, "vx0", Open)
	group, end := netip.MustParseAddr("239.1.2.3"), netip.MustParseAddr("192.0.2.9")
	testutil.Must(t, v.AddVNIs(ctx, VNIs{First: 0x123456, Group: group}, VNIs{First: 0x1234, Last: 0x1236}, VNIs{First: 0x4321, Group: end}))
	wantVNIs(t, ns, shownVNI{VNI: 0x1234, VNIEnd: 0x1236}, shownVNI{VNI: 0x4321, Remote: "192.0.2.9"}, shownVNI{VNI: 0x123456, Group: "239.1.2.3"})
	got, err := v.ListVNIs(ctx)
	testutil.Must(t, err)
	want := []VNIs{{First: 0x1234, Last: 0x1234}, {First: 0x1235, Last: 0x1235}, {First: 0x1236, Last: 0x1236}, {First: 0x4321, Last: 0x4321, Group: end}, {First: 0x123456, Last: 0x123456, Group: group}}
	if diff := cmp.Diff(want, got, cmpAddr); diff != "" {
		t.Errorf("ListVNIs (-want +got):\n%s", diff)
	}
	testutil.Must(t, v.AddVNIs(ctx, VNIs{First: 0x4321, Group: group}))
	testutil.Must(t, v.DeleteVNIs(ctx, VNIs{First: 0x1235, Last: 0x1236}, got[4]))
	wantVNIs(t, ns, shownVNI{VNI: 0x1234}, shownVNI{VNI: 0x4321, Group: "239.1.2.3"})
	wants(t, v.DeleteVNIs(ctx, VNIs{First: 0x777}), fs.ErrNotExist)

	ns.Batch("link add plain type vxlan id 100 dstport 4791")
	if err := testutil.OpenedLink(ns, "plain", Open).AddVNIs(ctx, VNIs{First: 0x777}); err == nil || errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a link that filters no networks: %v", err)
	}
}
