package bridge

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scratch is a bridge br0 with the ports p1 and p2 in a namespace of its own,
// all up.
type scratch struct {
	t   testing.TB
	ns  *os.File
	ctx context.Context
	s   *Bridge
}

// newScratch makes the bridge with settings in `ip` words.
func newScratch(t *testing.T, settings string) *scratch {
	t.Helper()
	testutil.Need(t, "bridge")
	needFiltering(t)
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, "link add br0 index 70 up type bridge vlan_filtering 1 "+settings,
		"link add p1 index 71 type veth peer name q1", "link add p2 index 72 type veth peer name q2",
		"link set q1 up", "link set q2 up", "link set p1 master br0 up", "link set p2 master br0 up",
		"link add other type bridge vlan_filtering 1", "link add p3 index 73 type veth peer name q3", "link set p3 master other")
	return &scratch{t: t, ns: ns, ctx: t.Context(), s: openIn(t, ns, "br0")}
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

// openIn opens a bridge in a namespace, and closes it when the test ends.
func openIn(t testing.TB, ns *os.File, name string) *Bridge {
	t.Helper()
	var s *Bridge
	var err error
	testutil.In(t, ns, func() { s, err = Open(t.Context(), name) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
	testutil.Need(t, "bridge")
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, "link add name br0 index 77 type bridge", "link add name d0 type veth peer name d1",
		"link property add dev br0 altname a-bridge-with-a-long-name")
	s := openIn(t, ns, "a-bridge-with-a-long-name")
	if s.Index() != 77 || s.Name() != "a-bridge-with-a-long-name" {
		t.Errorf("%d, %q", s.Index(), s.Name())
	}
	testutil.In(t, ns, func() {
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
	testutil.IPBatch(t, ns, "link del br0")
	wants(t, s.AddFDB(t.Context(), fdb.Entry{MAC: host, Port: "d0", State: fdb.Static}), fs.ErrNotExist)
	wants(t, s.FlushFDB(t.Context(), fdb.Filter{}), fs.ErrNotExist)
}
