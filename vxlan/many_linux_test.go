package vxlan

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// manyEntries returns n entries with different addresses.
func manyEntries(n int) []fdb.Entry {
	all := make([]fdb.Entry, n)
	for i := range all {
		all[i] = fdb.Entry{MAC: net.HardwareAddr{2, 0x12, 0x34, byte(i >> 16), byte(i >> 8), byte(i)}, Dst: remote, State: fdb.Static}
	}
	return all
}

// TestBuilderFDBMany has more entries than wait to be sent at a time, on two links of one
// call.
func TestBuilderFDBMany(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	c := testutil.Opened(ns, iplink.Dial)
	spec := func() *Builder { return New("vx0").VNI(100).Port(4789).OnlyFDB(manyEntries(3000)...) }
	_, err := c.Create(t.Context(), spec(), New("vx1").VNI(101).Port(4789).FDB(manyEntries(1100)...))
	testutil.Must(t, err)
	wantMany(ns, "vx0", 3000)
	wantMany(ns, "vx1", 1100)
	ensures(ns, spec())
	_, err = c.Update(t.Context(), New("vx0").OnlyFDB(manyEntries(7)...))
	testutil.Must(t, err)
	wantMany(ns, "vx0", 7)
}

// wantMany demands as many entries in the words of `bridge`, each address once.
func wantMany(ns *testutil.Lab, dev string, want int) {
	ns.Helper()
	lines := strings.Fields(strings.Join(firstWords(testutil.Bridge(ns, ns.File, "fdb", "show", "dev", dev)), " "))
	slices.Sort(lines)
	if distinct := len(slices.Compact(slices.Clone(lines))); len(lines) != want || distinct != want {
		ns.Errorf("%s has %d entries of %d addresses, want %d", dev, len(lines), distinct, want)
	}
}

func firstWords(text string) (all []string) {
	for line := range strings.Lines(text) {
		if word, _, _ := strings.Cut(line, " "); strings.HasPrefix(word, "02:12:34:") {
			all = append(all, word)
		}
	}
	return all
}

// TestBuilderFDBManyUndone has one of many entries refused, in each part of those that are
// sent together: its nexthop does not exist.
func TestBuilderFDBManyUndone(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	c := testutil.Opened(ns, iplink.Dial)
	for _, at := range []int{0, 1023, 1024, 1500, 2048, 2999} {
		entries := manyEntries(3000)
		entries[at].NextHop, entries[at].Dst = 0x1234, fdb.Entry{}.Dst
		_, err := c.Create(t.Context(), New("vx0").VNI(100).Port(4789).FDB(entries...))
		if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Name != "vx0" || !strings.Contains(e.Attr, entries[at].MAC.String()) {
			t.Errorf("entry %d: %v", at, err)
		}
		if names := ns.Names(); !slices.Equal(names, []string{"lo"}) {
			t.Errorf("%q are left", names)
		}
	}
}
