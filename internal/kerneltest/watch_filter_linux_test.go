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
	return e.Kind != iplink.Changed && e.Kind != iplink.Current || slices.Contains(e.Changes, "mtu") || slices.Contains(e.Changes, "alias")
}

// TestWatchFilters runs `ip` commands and compares all events that pass a
// filter with those that must. The last command makes an event that passes.
func TestWatchFilters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		filters []iplink.Filter
		first   string // a link in the snapshot: the watch has begun when it is reported
		steps   []string
	}{
		{"kind", []iplink.Filter{iplink.OfKind(iplink.KindVXLAN)}, "type vxlan id 7 dstport 4788", []string{
			"link add br7 type bridge", "link set br7 mtu 1401", "link del br7",
			"link add vx0 type vxlan id 4660 dstport 4789", "= added vx0", "link del vx0", "= removed vx0",
		}},
		{"up", []iplink.Filter{iplink.IsUp()}, "up type bridge", []string{
			"link add br7 type bridge", "link set br7 mtu 1401", "link set br7 up", "= added br7",
			"link set br7 alias a", "= changed br7: alias", "link set br7 down", "= removed br7",
		}},
		{"name", []iplink.Filter{iplink.Named("eth7", "the-uplink-of-the-first-rack", "first")}, "type bridge", []string{
			"link add br7 up type bridge", "link set br7 mtu 1401",
			"link property add dev br7 altname the-uplink-of-the-first-rack", "= added br7",
			"link property del dev br7 altname the-uplink-of-the-first-rack", "= removed br7",
			"link set br7 down", "link set br7 name eth7", "= added eth7", "link set eth7 name br7", "= removed eth7",
		}},
		{"name of a master to be", []iplink.Filter{iplink.OfMaster("br7")}, "", []string{
			"link add br6 type bridge", "link add a0 master br6 type veth peer name b0", "link set a0 mtu 1401",
			"link set br6 name br7", "= added a0", "link set a0 mtu 1402", "= changed a0: mtu", "link set a0 nomaster", "= removed a0",
			"link set a0 master br7", "= added a0", "link set br7 name br8", "= removed a0",
		}},
		{"both", []iplink.Filter{iplink.OfKind(iplink.KindBridge), iplink.Named("br7")}, "", []string{
			"link add br6 type bridge", "link add a0 type veth peer name br7", "link del a0", "link set br6 name br7", "= added br7",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			events := w.watch(test.filters...)
			if test.first != "" {
				w.IP(append([]string{"link", "add", "first"}, strings.Fields(test.first)...)...)
				events.until("added first", isTold)
			}
			w.follow(events, test.steps)
		})
	}
}

// follow runs commands of `ip`. After "= ", a step is the next event. The changes after it
// come later, because a link that is looked up is reported as it is by then. Earlier events
// may be repeated: an announcement that waits during a look-up is older.
func (w *watched) follow(events *events, steps []string) {
	w.Helper()
	var commands []string
	had := map[string]bool{}
	for _, step := range steps {
		want, is := strings.CutPrefix(step, "= ")
		if !is {
			commands = append(commands, step)
			continue
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.Batch(commands...)
		}()
		e := events.until(want, func(e iplink.Event) bool { return isTold(e) && (e.String() == want || !had[e.String()]) })
		<-done
		if commands = nil; e.String() != want {
			w.Fatalf("the event is %v, want %s", e, want)
		}
		had[want] = true
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
