package bridge

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scratch is a bridge br0 with the ports p1 and p2 in a namespace of its own,
// all up.
type scratch struct {
	*testutil.Lab
	s *Bridge
}

// newScratch makes the bridge with settings in `ip` words.
func newScratch(t *testing.T, settings string) *scratch {
	t.Helper()
	l := testutil.NewLab(t, "bridge")
	needFiltering(t)
	l.Batch("link add br0 index 70 up type bridge vlan_filtering 1 "+settings,
		"link add p1 index 71 type veth peer name q1", "link add p2 index 72 type veth peer name q2",
		"link set q1 up", "link set q2 up", "link set p1 master br0 up", "link set p2 master br0 up",
		"link add other type bridge vlan_filtering 1", "link add p3 index 73 type veth peer name q3", "link set p3 master other")
	return &scratch{l, testutil.OpenedLink(l, "br0", Open)}
}

// needFiltering skips the test on a kernel without CONFIG_BRIDGE_VLAN_FILTERING.
func needFiltering(t testing.TB) {
	t.Helper()
	if !filters(t) {
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
}

// filters reports whether bridges filter VLANs, as those of the matrix do.
func filters(t testing.TB) bool {
	t.Helper()
	ns := testutil.NetNS(t)
	var err error
	testutil.In(t, ns, func() { _, err = New("br0").VLANFiltering(true).Create(t.Context()) })
	switch {
	case errors.Is(err, errors.ErrUnsupported) && !testutil.Matrix():
		return false
	case err != nil:
		t.Fatal(err)
	}
	return true
}

// wants fails the test unless an error matches, and names the bridge.
func wants(t testing.TB, err, target error) {
	t.Helper()
	e, ok := errors.AsType[*iplink.Error](err)
	if !errors.Is(err, target) || !ok || e.Kind != "bridge" || e.Op == "" {
		t.Errorf("%v, want an *iplink.Error of a bridge that matches %v", err, target)
	}
}

func TestOpen(t *testing.T) {
	ns := testutil.NewLab(t, "bridge")
	ns.Batch("link add name br0 index 77 type bridge", "link add name d0 type veth peer name d1",
		"link property add dev br0 altname a-bridge-with-a-long-name")
	s := testutil.OpenedLink(ns, "a-bridge-with-a-long-name", Open)
	if s.Index() != 77 || s.Name() != "a-bridge-with-a-long-name" {
		t.Errorf("%d, %q", s.Index(), s.Name())
	}
	ns.In(func() {
		_, err := Open(t.Context(), "d0")
		wants(t, err, iplink.ErrKind)
		_, err = Open(t.Context(), "nosuch")
		wants(t, err, fs.ErrNotExist)
		_, err = Open(t.Context(), "")
		wants(t, err, fs.ErrInvalid)
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.ListFDB(ctx, fdb.Filter{})
	wants(t, err, context.Canceled)
	ns.Batch("link del br0")
	wants(t, s.AddFDB(t.Context(), fdb.Entry{MAC: host, Port: "d0", State: fdb.Static}), fs.ErrNotExist)
	wants(t, s.FlushFDB(t.Context(), fdb.Filter{}), fs.ErrNotExist)
}
