package iplink_test

import (
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/vlan"
)

// priorities returns a map of so many packet priorities.
func priorities(first, n uint32) map[uint32]uint32 {
	m := map[uint32]uint32{}
	for i := range n {
		m[first+i] = 1 + i%7
	}
	return m
}

// TestTooMuchForARequest has lists that do not fit the 16-bit length of an attribute,
// one alone and two together, or that the kernel could not say again. They are refused
// by name, and nothing is sent.
func TestTooMuchForARequest(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "under", "type", "bridge")
	sources := func(n int) *macvlan.Builder {
		return macvlan.New("m0").Parent("under").Mode(macvlan.Source).Sources(sourceMACs(0, n)...)
	}
	tagged := func() *vlan.Builder { return vlan.New("v0").Parent("under").ID(7) }
	var names []string
	for i := range 497 {
		names = append(names, longName(i))
	}
	before := ns.ip("link")
	sends := countSends(c)
	for what, test := range map[string]struct {
		spec iplink.Spec
		attr string
	}{
		"5380 sources":  {sources(5380), "macaddr"},
		"5458 sources":  {sources(5458), "macaddr"},
		"5460 sources":  {sources(5460), "macaddr"},
		"5461 sources":  {sources(5461), "macaddr"},
		"70000 sources": {sources(70000), "macaddr"},
		"egress":        {tagged().EgressQoSMap(priorities(0, 5459)), "egress-qos-map"},
		"both":          {tagged().IngressQoSMap(priorities(0, 8)).EgressQoSMap(priorities(8, 5400)), "egress-qos-map"},
		"names":         {bridge.New("b0").AltName(names...), "altname"},
	} {
		for verb, do := range map[string]func() error{
			"create": func() error { _, err := c.Create(t.Context(), bridge.New("first"), test.spec); return err },
			"ensure": func() error { _, err := c.Ensure(t.Context(), bridge.New("first"), test.spec); return err },
			"update": func() error { _, err := c.Update(t.Context(), test.spec); return err },
		} {
			*sends = 0
			err := do()
			if verb == "create" && *sends > 0 {
				t.Errorf("%s: %d sends", what, *sends)
			}
			e, ok := errors.AsType[*iplink.Error](err)
			if !ok || e.Attr != test.attr || !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%s, %s: %v", what, verb, err)
			}
		}
	}
	if _, err := c.List(t.Context(), iplink.OfKind(strings.Repeat("x", 70000))); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("list: %v", err)
	}
	if now := ns.ip("link"); now != before {
		t.Errorf("now there is\n%s", now)
	}
}

// TestJustFits has as many sources as fit, and one more be added, to the port of a
// bridge, of which the kernel says most.
func TestJustFits(t *testing.T) {
	c, ns := scratch(t)
	const most = 5374
	mustCreate(t, c, bridge.New("under"), bridge.New("br"))
	made := mustCreate(t, c, macvlan.New("m0").Parent("under").Mode(macvlan.Source).Sources(sourceMACs(0, most)...).Master("br"))
	if n := len(made[0].Info.(*iplink.MacvlanInfo).Sources); n != most || made[0].Err != nil {
		t.Errorf("%d sources; %v", n, made[0].Err)
	}
	_, err := c.Update(t.Context(), macvlan.New("m0").AddSource(sourceMACs(most, 1)[0]))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Attr != "macaddr" || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("one more: %v", err)
	}
	if _, err := c.Update(t.Context(), macvlan.New("m0").AddSource(sourceMACs(0, 1)[0])); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if n := mustGet(t, c, "m0").Info.(*iplink.MacvlanInfo).SourceCount; n != most {
		t.Errorf("%d sources, want %d", n, most)
	}
	if said := ns.ip("-d", "link", "show", "dev", "m0"); !strings.Contains(said, "remotes (5374)") {
		t.Errorf("ip says %.300s", said)
	}
}

// TestMapsJustFit has entries be added to a map of a VLAN link until there is no room.
func TestMapsJustFit(t *testing.T) {
	c, _ := scratch(t)
	mustCreate(t, c, bridge.New("under"))
	testutil.Need(t, iplink.KindVLAN)
	mustCreate(t, c, vlan.New("v0").Parent("under").ID(7).EgressQoSMap(priorities(0, 3000)))
	_, err := c.Update(t.Context(), vlan.New("v0").EgressQoSMap(priorities(3000, 3000)))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Attr != "egress-qos-map" || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("too many in the end: %v", err)
	}
	want := priorities(0, 5000)
	links, err := c.Update(t.Context(), vlan.New("v0").EgressQoSMap(want))
	if err != nil {
		t.Fatal(err)
	}
	if have := links[0].Info.(*iplink.VLANInfo).EgressQoSMap; !maps.Equal(have, want) {
		t.Errorf("%d entries, want %d", len(have), len(want))
	}
}
