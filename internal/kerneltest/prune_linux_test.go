package kerneltest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// groupOf returns the sorted names of the links of a group, as `ip` shows them.
func groupOf(ns *testutil.Lab, group string) []string {
	var links []struct{ Ifname string }
	ns.Decode(&links, "-j", "link", "show", "group", group)
	names := []string{}
	for _, l := range links {
		if l.Ifname != "" {
			names = append(names, l.Ifname)
		}
	}
	slices.Sort(names)
	return names
}

// TestPrune keeps the links of the call and the links that they need.
func TestPrune(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 group 4660 type bridge", "link add old0 group 4660 type bridge", "link add old1 group 4660 type vxlan id 4660 dstport 4789",
		"link add other0 group 22136 type bridge",
		"link add under group 4660 type veth peer name under1", "link set under1 group 4660", "link set lo group 4660",
		"link add gone0 group 4660 type veth peer name gone1", "link set gone1 group 4660")
	specs := func() []iplink.Spec {
		return []iplink.Spec{iplink.Prune(iplink.OfGroup(4660)),
			macvlan.New("mv0").Parent("under").Group(4660), veth.New("a0").Group(4660).Master("br0"), vxlan.New("vx0").VNI(4661).Group(4660)}
	}
	diffs, err := c.Diff(t.Context(), iplink.Prune(iplink.OfGroup(4660)).Keep(specs()[1:]...))
	if got := fmt.Sprint(diffs); err != nil || got != "[name: have old0, want none name: have old1, want none name: have gone1, want none name: have gone0, want none]" {
		t.Errorf("Diff: %v, %v", got, err)
	}
	all, err := c.Ensure(t.Context(), specs()...)
	if err != nil {
		t.Fatal(err)
	}
	var deleted []string
	for _, l := range all[0].Deleted {
		deleted = append(deleted, l.Name)
	}
	slices.Sort(deleted)
	if !slices.Equal(deleted, []string{"gone0", "gone1", "old0", "old1"}) || len(all[0].Differences) != 4 || all[0].Link != nil || !all[0].Changed() || !all[2].Created {
		t.Errorf("%v: %+v", deleted, all[0])
	}
	peer := lab.IPLinks(t, ns.File)[all[2].Link.Parent].Name // which the kernel named
	want := []string{"a0", "br0", "lo", "mv0", "under", "under1", "vx0", peer}
	slices.Sort(want)
	got := ns.Names()
	slices.Sort(got)
	if !slices.Equal(slices.DeleteFunc(got, func(name string) bool { return name == "other0" }), want) || !slices.Contains(ns.Names(), "other0") {
		t.Errorf("links %v", ns.Names())
	}
	again, err := c.Ensure(t.Context(), specs()...)
	if err != nil || slices.ContainsFunc(again, (*iplink.Change).Changed) {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// TestPruneElsewhere keeps a link in one namespace on which a link of another sits, and
// prunes only the named namespace.
func TestPruneElsewhere(t *testing.T) {
	c, ns := lab.Scratch(t)
	far := testutil.NewLab(t)
	there := lab.NetNS(far)
	ns.Batch("link add under group 4660 type veth peer name under1", "link add here0 group 4660 type bridge")
	far.Batch("link add far0 group 4660 type bridge", "link add far1 group 4660 type bridge")
	if _, err := c.Ensure(t.Context(), macvlan.New("mv0").NetNS(there).Parent("under").Group(4660)); err != nil {
		t.Fatal(err)
	}
	specs := []iplink.Spec{iplink.Prune(iplink.OfGroup(4660)).NetNS(there), macvlan.New("mv0").NetNS(there), bridge.New("far1").NetNS(there).MTU(1403)}
	if _, err := c.Ensure(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	if got := groupOf(far, "4660"); !slices.Equal(got, []string{"far1", "mv0"}) {
		t.Errorf("links there %v", got)
	}
	if got := groupOf(ns, "4660"); !slices.Equal(got, []string{"here0", "under"}) {
		t.Errorf("links here %v", got)
	}
	for _, other := range []iplink.Spec{macvlan.New("mv0").NetNS(there), macvlan.New("mv0").NetNS(there).Parent("under")} {
		if _, err := c.Ensure(t.Context(), iplink.Prune(iplink.OfGroup(4660)), other); err != nil {
			t.Fatal(err)
		}
		if here, distant := groupOf(ns, "4660"), groupOf(far, "4660"); !slices.Equal(here, []string{"under"}) || !slices.Equal(distant, []string{"far1", "mv0"}) {
			t.Errorf("links %v and %v", here, distant)
		}
	}
}

// TestPruneFilters deletes by each filter of List.
func TestPruneFilters(t *testing.T) {
	for name, call := range map[string]struct {
		filters []iplink.Filter
		want    []string
	}{
		"kind":          {[]iplink.Filter{iplink.OfKind("vxlan")}, []string{"lo", "br0", "p0", "p1"}},
		"master":        {[]iplink.Filter{iplink.OfMaster("br0"), iplink.OfKind("vxlan")}, []string{"lo", "br0", "p0", "p1", "vx1"}},
		"master's name": {[]iplink.Filter{iplink.OfMaster("br0")}, []string{"lo", "br0", "vx1"}},
		"names":         {[]iplink.Filter{iplink.Named("vx0", "none0", "br0")}, []string{"lo", "p0", "p1", "vx1"}},
		"up":            {[]iplink.Filter{iplink.IsUp(), iplink.OfKind("vxlan")}, []string{"lo", "br0", "p0", "p1", "vx0"}},
		"group":         {[]iplink.Filter{iplink.OfGroup(0), iplink.OfKind("vxlan")}, []string{"lo", "br0", "p0", "p1", "vx1"}},
		"nothing":       {[]iplink.Filter{iplink.OfKind("nlmon")}, []string{"lo", "br0", "p0", "p1", "vx0", "vx1"}},
	} {
		c, ns := lab.Scratch(t)
		ns.Batch("link add br0 group 4660 type bridge", "link add p0 master br0 type veth peer name p1",
			"link add vx0 master br0 type vxlan id 7 dstport 4789", "link add vx1 group 22136 up type vxlan id 8 dstport 4790")
		spec := iplink.Prune(call.filters...)
		if _, err := c.Ensure(t.Context(), spec); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := ns.Names()
		slices.Sort(got)
		slices.Sort(call.want)
		if !slices.Equal(got, call.want) {
			t.Errorf("%s: links %v, want %v", name, got, call.want)
		}
		if fault := testutil.Shell(t, ns.File, spec.String()); !strings.HasPrefix(spec.String(), "# ip link delete: all links ") || fault != "" {
			t.Errorf("%s: %s %s", name, spec, fault)
		}
	}
	if got := iplink.Prune(iplink.OfGroup(7), iplink.OfKind("vxlan")).String(); got != "# ip link delete: all links of kind vxlan, in group 7 that the call does not need" {
		t.Error(got)
	}
}

// TestPruneRefused changes nothing if the Prune is invalid, or a spec beside it.
func TestPruneRefused(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 group 4660 type bridge", "link add vx0 group 4660 type vxlan id 4660 dstport 4789")
	before := ns.IP("-d", "-j", "link")
	mine := iplink.OfGroup(4660)
	for name, call := range map[string]struct {
		specs []iplink.Spec
		want  error
		text  string
	}{
		"no filter":      {[]iplink.Spec{iplink.Prune()}, fs.ErrInvalid, "without a filter"},
		"nil filter":     {[]iplink.Spec{iplink.Prune(mine, nil)}, fs.ErrInvalid, "Filter"},
		"empty kind":     {[]iplink.Spec{iplink.Prune(iplink.OfKind(""))}, fs.ErrInvalid, "OfKind"},
		"all namespaces": {[]iplink.Spec{iplink.Prune(iplink.AllNetNS())}, fs.ErrInvalid, "Watch"},
		"nil namespace":  {[]iplink.Spec{iplink.Prune(mine).NetNS(nil)}, fs.ErrInvalid, "NetNS"},
		"nil kept":       {[]iplink.Spec{iplink.Prune(mine).Keep(nil)}, fs.ErrInvalid, "nil"},
		"absent kept":    {[]iplink.Spec{iplink.Prune(mine).Keep(iplink.Absent("br0"))}, fs.ErrInvalid, "Keep"},
		"no master":      {[]iplink.Spec{iplink.Prune(iplink.OfMaster("none0"))}, fs.ErrNotExist, "none0"},
		"immutable":      {[]iplink.Spec{iplink.Prune(mine), vxlan.New("vx0").VNI(7)}, iplink.ErrImmutable, "vx0"},
		"value":          {[]iplink.Spec{iplink.Prune(mine), vxlan.New("vx1").VNI(1 << 25)}, fs.ErrInvalid, "vx1"},
		"zero":           {[]iplink.Spec{new(iplink.PruneSpec)}, fs.ErrInvalid, "zero"},
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
		_, err := verb(c, t.Context(), bridge.New("br1"), iplink.Prune(mine))
		lab.Refused(t, err, "Prune", "only Ensure and Diff")
	}
}

// TestPruneRandomly ensures random sets of links of a group, among links of others.
// Afterwards exactly the wanted links are in it.
func TestPruneRandomly(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 type bridge", "link add base type veth peer name base1", "link add foreign0 group 22136 type bridge", "link add foreign1 type vxlan id 99 dstport 4799")
	r := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for n := range lab.Many(t, 15, 300) {
		specs, want := randomGroup(r)
		text := fmt.Sprintf("%d: %v", n, specs)
		all, err := c.Ensure(t.Context(), specs...)
		if err != nil || len(all) != len(specs) {
			t.Fatalf("%s: %v", text, err)
		}
		if got := groupOf(ns, "4660"); !slices.Equal(got, want) {
			t.Fatalf("%s: links %v, want %v", text, got, want)
		}
		if got := ns.Names(); len(got) != len(want)+6 {
			t.Fatalf("%s: all links %v", text, got)
		}
		if again, err := c.Ensure(t.Context(), specs...); err != nil || slices.ContainsFunc(again, (*iplink.Change).Changed) {
			t.Fatalf("%s: again %v, %v", text, again, err)
		}
	}
}

// randomGroup describes links of group 4660 in random order with a Prune of the group,
// and returns their sorted names.
func randomGroup(r *rand.Rand) (specs []iplink.Spec, names []string) {
	specs = append(specs, iplink.Prune(iplink.OfGroup(4660)))
	for i := range 9 {
		name := fmt.Sprint("r", i)
		if r.IntN(2) == 0 {
			if r.IntN(2) == 0 {
				specs = append(specs, iplink.Absent(name))
			}
			continue
		}
		names = append(names, name)
		switch i % 4 {
		case 0:
			specs = append(specs, bridge.New(name).Group(4660).MTU(1300+r.Uint32N(100)))
		case 1:
			specs = append(specs, vxlan.New(name).Group(4660).VNI(uint32(i)+7).Master("br0"))
		case 2:
			names = append(names, "p"+name)
			specs = append(specs, veth.New(name).Group(4660).Peer(veth.New("p"+name).Group(4660).Master("br0")))
		case 3:
			parent := "base"
			if slices.Contains(names, "r2") {
				parent = []string{"base", "r2"}[r.IntN(2)]
			}
			specs = append(specs, macvlan.New(name).Group(4660).Parent(parent).Mode(macvlan.Bridge).Recreate())
		}
	}
	r.Shuffle(len(specs), func(i, j int) { specs[i], specs[j] = specs[j], specs[i] })
	slices.Sort(names)
	return specs, names
}
