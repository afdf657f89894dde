package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestAbsent deletes links by their names and makes another one in the same call.
func TestAbsent(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add vx0 type vxlan id 4660 dstport 4789", "link add br0 type bridge", "link add stays type bridge",
		"link property add dev vx0 altname a-name-of-more-than-15-bytes")
	all, err := c.Ensure(t.Context(), iplink.Absent("a-name-of-more-than-15-bytes"), bridge.New("br1").MTU(1403), iplink.Absent("br0"), iplink.Absent("none0"))
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Names(); !slices.Equal(got, []string{"lo", "stays", "br1"}) {
		t.Errorf("links %v", got)
	}
	for i, want := range []string{"vx0", "", "br0", ""} {
		ch := all[i]
		switch {
		case i == 1:
			if !ch.Created || ch.Link.Name != "br1" || len(ch.Deleted) != 0 {
				t.Errorf("#%d: %+v", i, ch)
			}
		case want == "":
			if ch.Changed() || ch.Link != nil {
				t.Errorf("#%d: %+v", i, ch)
			}
		case !ch.Changed() || ch.Link != nil || len(ch.Deleted) != 1 || ch.Deleted[0].Name != want || ch.Differences[0].String() != "name: have "+want+", want none":
			t.Errorf("#%d: %+v", i, ch)
		}
	}
	withoutNetAdmin(t, ns, func() { // nothing is sent
		again, err := c.Ensure(t.Context(), iplink.Absent("br0"), iplink.Absent("vx0"))
		if err != nil || again[0].Changed() || again[1].Changed() {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

// TestAbsentMany finds many names in one list.
func TestAbsentMany(t *testing.T) {
	c, ns := lab.Scratch(t)
	var specs []iplink.Spec
	for _, name := range []string{"m0", "m1", "m2", "m3", "m4", "m5", "m6"} {
		ns.IP("link", "add", name, "type", "bridge")
		specs = append(specs, iplink.Absent(name))
	}
	ns.IP("link", "add", "m7", "type", "bridge")
	if all, err := c.Ensure(t.Context(), specs...); err != nil || len(all) != 7 || all[6].Deleted[0].Name != "m6" {
		t.Error(all, err)
	}
	if got := ns.Names(); !slices.Equal(got, []string{"lo", "m7"}) {
		t.Errorf("links %v", got)
	}
}

// TestAbsentElsewhere deletes a link in another namespace, and leaves one of the same
// name alone.
func TestAbsentElsewhere(t *testing.T) {
	c, ns := lab.Scratch(t)
	other := testutil.NewLab(t)
	ns.IP("link", "add", "vx0", "type", "bridge")
	other.IP("link", "add", "vx0", "type", "bridge")
	spec := iplink.Absent("vx0").NetNS(lab.NetNS(other))
	if diffs, err := c.Diff(t.Context(), spec); err != nil || len(diffs) != 1 || diffs[0] != (iplink.Difference{Attr: "name", Have: "vx0"}) {
		t.Errorf("Diff: %v, %v", diffs, err)
	}
	if _, err := c.Ensure(t.Context(), spec, bridge.New("vx0").MTU(1403)); err != nil {
		t.Error(err)
	}
	if here, there := ns.Names(), other.Names(); len(here) != 2 || len(there) != 1 {
		t.Errorf("links %v and %v", here, there)
	}
	if diffs, err := c.Diff(t.Context(), spec); err != nil || len(diffs) != 0 {
		t.Errorf("Diff: %v, %v", diffs, err)
	}
}

// TestAbsentReplaces deletes the parent of a wanted link and a port whose master changes
// only without ports.
func TestAbsentReplaces(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add old type veth peer name old1", "link add new0 type veth peer name new1", "link add mv0 link old type macvlan mode bridge")
	all, err := c.Ensure(t.Context(), macvlan.New("mv0").Parent("new0").Mode(macvlan.Private), iplink.Absent("old"))
	if err != nil || !all[0].Created || len(all[1].Deleted) != 1 {
		t.Fatal(all, err)
	}
	links := lab.IPLinks(t, ns.File)
	if names := ns.Names(); !slices.Contains(names, "mv0") || slices.Contains(names, "old") || slices.Contains(names, "old1") || len(links) != 4 {
		t.Errorf("links %v", names)
	}
}

// TestAbsentRefused deletes nothing if any spec of the call is impossible.
func TestAbsentRefused(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 type bridge", "link add vx0 type vxlan id 4660 dstport 4789", "link property add dev br0 altname second-name")
	before := ns.IP("-d", "-j", "link")
	here := lab.NetNS(ns)
	for name, call := range map[string]struct {
		specs []iplink.Spec
		want  error
		text  string
	}{
		"value":          {[]iplink.Spec{iplink.Absent("br0"), vxlan.New("vx1").VNI(1 << 25)}, fs.ErrInvalid, "vx1"},
		"immutable":      {[]iplink.Spec{iplink.Absent("br0"), vxlan.New("vx0").VNI(7)}, iplink.ErrImmutable, "vx0"},
		"kind":           {[]iplink.Spec{iplink.Absent("br0"), bridge.New("vx0")}, iplink.ErrKind, "vx0"},
		"no parent":      {[]iplink.Spec{iplink.Absent("br0"), macvlan.New("mv0").Parent("none0")}, fs.ErrNotExist, "none0"},
		"missing":        {[]iplink.Spec{iplink.Absent("br0"), iplink.Device("none0").MTU(1403)}, fs.ErrNotExist, "none0"},
		"same name":      {[]iplink.Spec{bridge.New("br0"), iplink.Absent("br0")}, fs.ErrInvalid, `"br0" in the same namespace is a name of bridge br0`},
		"same place":     {[]iplink.Spec{bridge.New("br0"), iplink.Absent("br0").NetNS(here)}, fs.ErrInvalid, "bridge br0"},
		"other name":     {[]iplink.Spec{bridge.New("br0"), iplink.Absent("second-name")}, fs.ErrInvalid, `"second-name" in the same namespace is another name of bridge br0`},
		"peer":           {[]iplink.Spec{iplink.Absent("br0"), veth.New("a0").Peer(veth.New("br0"))}, fs.ErrInvalid, "veth a0"},
		"wanted altname": {[]iplink.Spec{iplink.Absent("br0"), bridge.New("br1").AltName("br0")}, fs.ErrInvalid, "bridge br1"},
		"reference":      {[]iplink.Spec{iplink.Absent("br0"), veth.New("a0").Master("br0")}, fs.ErrInvalid, "is referred to by veth a0"},
		"by other name":  {[]iplink.Spec{iplink.Absent("br0"), veth.New("a0").Master("second-name")}, fs.ErrInvalid, "second-name"},
		"loopback":       {[]iplink.Spec{iplink.Absent("br0"), iplink.Absent("lo")}, syscall.EOPNOTSUPP, "loopback"},
		"name":           {[]iplink.Spec{iplink.Absent("br0"), iplink.Absent("a/b")}, fs.ErrInvalid, "a/b"},
		"empty":          {[]iplink.Spec{iplink.Absent("br0"), iplink.Absent("")}, fs.ErrInvalid, "empty"},
		"nil namespace":  {[]iplink.Spec{iplink.Absent("br0"), iplink.Absent("vx0").NetNS(nil)}, fs.ErrInvalid, "NetNS"},
		"zero":           {[]iplink.Spec{iplink.Absent("br0"), new(iplink.AbsentLink)}, fs.ErrInvalid, "zero"},
		"nil":            {[]iplink.Spec{iplink.Absent("br0"), (*iplink.AbsentLink)(nil)}, fs.ErrInvalid, "nil"},
	} {
		_, err := c.Ensure(t.Context(), call.specs...)
		if !errors.Is(err, call.want) || !strings.Contains(err.Error(), call.text) {
			t.Errorf("%s: %v", name, err)
		}
		if after := ns.IP("-d", "-j", "link"); after != before {
			t.Fatalf("%s: links %s\nbefore %s", name, after, before)
		}
	}
	for _, verb := range []lab.Verb{(*iplink.Conn).Create, (*iplink.Conn).Update} {
		_, err := verb(c, t.Context(), bridge.New("br1"), iplink.Absent("br0"))
		lab.Refused(t, err, "Absent", "only Ensure and Diff")
	}
	if after := ns.IP("-d", "-j", "link"); after != before {
		t.Errorf("links %s\nbefore %s", after, before)
	}
}

// TestAbsentCompetes deletes and makes the same links from several Conns at a time. All
// calls that only delete succeed.
func TestAbsentCompetes(t *testing.T) {
	_, ns := lab.Scratch(t)
	for range 20 {
		ns.Batch("link add a0 type bridge", "link add a1 type veth peer name a2", "link add a3 type bridge")
		var all sync.WaitGroup
		for i := range 6 {
			c := testutil.Opened(ns, iplink.Dial)
			all.Go(func() {
				specs := []iplink.Spec{iplink.Absent("a0"), iplink.Absent("a1"), iplink.Absent("a2"), iplink.Absent("a3")}
				if _, err := c.Ensure(context.Background(), append(specs[i%3:], bridge.New("br0").MTU(1403))...); err != nil {
					t.Error(err)
				}
				if i%3 > 0 {
					if _, err := c.Ensure(context.Background(), specs[0]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if got := ns.Names(); !slices.Equal(got, []string{"lo", "br0"}) {
			t.Fatalf("links %v", got)
		}
		ns.IP("link", "delete", "br0")
	}
}

func TestAbsentString(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add vx0 type bridge", "link add name type type bridge")
	for _, spec := range []iplink.Spec{iplink.Absent("vx0"), iplink.Absent("type")} {
		if fault := testutil.Shell(t, ns.File, spec.String()); fault != "" {
			t.Errorf("%s: %s", spec, fault)
		}
	}
	if got := ns.Names(); len(got) != 1 {
		t.Errorf("links %v", got)
	}
	if got := iplink.Absent("vx0").String(); got != "ip link delete vx0" {
		t.Error(got)
	}
	if got := iplink.Absent("vx0").NetNS(nil).String(); !strings.HasPrefix(got, "# ") {
		t.Error(got)
	}
	ns.IP("link", "add", "vx0", "type", "bridge")
	command := iplink.Absent("vx0").NetNS(lab.NetNS(ns)).String()
	if testutil.Matrix() { // whose guests have no nsenter
		if command = strings.TrimPrefix(command, "nsenter --net="+ns.Path()+" "); strings.Contains(command, "nsenter") {
			t.Error(command)
		}
	}
	if fault := testutil.Shell(t, ns.File, command); fault != "" {
		t.Error(fault)
	}
	if diffs, err := c.Diff(t.Context(), iplink.Absent("vx0")); err != nil || len(diffs) > 0 {
		t.Error(diffs, err)
	}
	if diffs, err := c.Diff(t.Context(), iplink.Absent("lo")); err != nil || len(diffs) != 1 || !diffs[0].Immutable {
		t.Error(diffs, err)
	}
}
