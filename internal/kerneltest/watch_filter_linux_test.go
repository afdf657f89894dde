package kerneltest_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
)

// isTold leaves out what comes along when a port joins or leaves.
func isTold(e iplink.Event) bool {
	return e.Kind != iplink.Changed || slices.Contains(e.Changes, "mtu") || slices.Contains(e.Changes, "alias")
}

// TestWatchFilters runs `ip` commands and compares all events that pass a
// filter with those that must. The last command makes an event that passes.
func TestWatchFilters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		filters  []iplink.Filter
		first    string // a link in the snapshot: the watch has begun when it is reported
		commands []string
		want     []string
	}{
		{"kind", []iplink.Filter{iplink.OfKind(iplink.KindVXLAN)}, "type vxlan id 7 dstport 4788", []string{
			"link add br7 type bridge", "link set br7 mtu 1401", "link del br7",
			"link add vx0 type vxlan id 4660 dstport 4789", "link del vx0",
		}, []string{"added vx0", "removed vx0"}},
		{"up", []iplink.Filter{iplink.IsUp()}, "up type bridge", []string{
			"link add br7 type bridge", "link set br7 mtu 1401", "link set br7 up", "link set br7 alias a", "link set br7 down",
		}, []string{"added br7", "changed br7: alias", "removed br7"}},
		{"name", []iplink.Filter{iplink.Named("eth7", "the-uplink-of-the-first-rack", "first")}, "type bridge", []string{
			"link add br7 up type bridge", "link set br7 mtu 1401",
			"link property add dev br7 altname the-uplink-of-the-first-rack",
			"link property del dev br7 altname the-uplink-of-the-first-rack",
			"link set br7 down", "link set br7 name eth7", "link set eth7 name br7",
		}, []string{"added br7", "removed br7", "added eth7", "removed eth7"}},
		{"name of a master to be", []iplink.Filter{iplink.OfMaster("br7")}, "", []string{
			"link add br6 type bridge", "link add a0 master br6 type veth peer name b0", "link set a0 mtu 1401",
			"link set br6 name br7", "link set a0 mtu 1402", "link set a0 nomaster",
			"link set a0 master br7", "link set br7 name br8",
		}, []string{"added a0", "changed a0: mtu", "removed a0", "added a0", "removed a0"}},
		{"both", []iplink.Filter{iplink.OfKind(iplink.KindBridge), iplink.Named("br7")}, "", []string{
			"link add br6 type bridge", "link add a0 type veth peer name br7", "link del a0", "link set br6 name br7",
		}, []string{"added br7"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			events := w.watch(test.filters...)
			if test.first != "" {
				w.IP(append([]string{"link", "add", "first"}, strings.Fields(test.first)...)...)
				events.until("added first", isTold)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				w.Batch(test.commands...)
			}()
			defer func() { <-done }()
			for i, want := range test.want {
				if e := events.until(want, isTold); e.String() != want {
					t.Fatalf("event %d is %v, want %s", i, e, want)
				}
			}
		})
	}
}

// TestWatchMasterIndex has ports of two bridges.
func TestWatchMasterIndex(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "type", "bridge")
	w.IP("link", "add", "br1", "type", "bridge")
	w.IP("link", "add", "a0", "master", "br0", "type", "veth", "peer", "name", "b0")
	w.IP("link", "set", "b0", "master", "br1")
	events := w.watch(iplink.OfMasterIndex(mustGet(t, w.conn, "br1").Index))
	if e := events.take(); e.String() != "added b0" || !e.Snapshot {
		t.Errorf("the snapshot has %v", e)
	}
	w.IP("link", "set", "a0", "master", "br1")
	if e := events.of(iplink.Added, "a0"); e.Snapshot || e.Old != nil {
		t.Errorf("a link that begins to match is reported as %+v", e)
	}
	w.IP("link", "set", "b0", "nomaster")
	if e := events.of(iplink.Removed, "b0"); e.New != nil || e.Old.Master == 0 {
		t.Errorf("a link that ceases to match is reported as %+v", e)
	}
}

func TestListNamed(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "type", "bridge")
	w.IP("link", "property", "add", "dev", "br0", "altname", "the-bridge-of-the-first-rack")
	for name, want := range map[string]int{"br0": 1, "the-bridge-of-the-first-rack": 1, "br1": 0} {
		links, err := w.conn.List(t.Context(), iplink.Named("other", name))
		if err != nil || len(links) != want {
			t.Errorf("%d links of the name %s, error %v; want %d", len(links), name, err, want)
		}
	}
	if _, err := w.conn.List(t.Context(), iplink.AllNetNS()); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("List takes AllNetNS: %v", err)
	}
}
