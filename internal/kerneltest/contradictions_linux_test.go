package kerneltest_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// TestCreateContradictions refuses sets that cannot be made, whatever there is,
// before anything is sent, and names the specs.
func TestCreateContradictions(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, other := lab.Scratch(t)
	sends := lab.CountSends(c)
	for _, test := range []struct {
		want  string
		specs []iplink.Spec
	}{
		{`create bridge a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of vxlan a (#1))`,
			[]iplink.Spec{vxlan.New("a").VNI(7), bridge.New("a")}},
		{`create veth b: name: invalid argument (#1 of 2: "b" in the same namespace is also a name of veth b (#1))`,
			[]iplink.Spec{veth.New("b").Peer(veth.New("b")), bridge.New("a")}},
		{`create bridge a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of veth b (#1))`,
			[]iplink.Spec{veth.New("b").NetNS(lab.NetNS(other)).Peer(veth.New("a")), bridge.New("a").NetNS(lab.NetNS(ns))}},
		{`create bridge b: name: invalid argument (#2 of 2: "same-name" in the same namespace is also a name of bridge a (#1))`,
			[]iplink.Spec{bridge.New("a").AltName("same-name"), bridge.New("b").AltName("same-name")}},
		{`create bridge b: index: invalid argument (#2 of 2: 4660 in the same namespace is also that of bridge a (#1))`,
			[]iplink.Spec{bridge.New("a").Index(0x1234), bridge.New("b").Index(0x1234)}},
		{`create macvlan m: invalid argument (it refers to itself)`,
			[]iplink.Spec{macvlan.New("m").Parent("m")}},
		{`create veth v: invalid argument (#2 of 2: it refers to itself)`,
			[]iplink.Spec{bridge.New("a"), veth.New("v").Master("p").Peer(veth.New("p"))}},
		{`create macvlan a: invalid argument (#1 of 3: they refer to each other: macvlan a (#1) → macvlan c (#3) → macvlan b (#2) → macvlan a (#1))`,
			[]iplink.Spec{macvlan.New("a").Parent("c"), macvlan.New("b").Parent("a"), macvlan.New("c").Parent("b")}},
		{`create vxlan x: invalid argument (#1 of 2: it refers to bridge a (#2), which must come first)`,
			[]iplink.Spec{vxlan.New("x").VNI(7).Master("a"), bridge.New("a")}},
		{`create a: invalid argument (a Device names a link that exists already: use the New of a kind to make one)`,
			[]iplink.Spec{bridge.New("b"), iplink.Device("a").Up()}},
	} {
		_, err := c.Create(t.Context(), test.specs...)
		if !errors.Is(err, fs.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
	if *sends != 0 || len(ns.Names()) != 1 {
		t.Errorf("%d sends, links %v", *sends, ns.Names())
	}
	lab.MustCreate(t, c, bridge.New("a").Index(0x1234), bridge.New("a").NetNS(lab.NetNS(other)).Index(0x1234)) // in different namespaces
}

// TestTooMuchForARequest has lists that do not fit the 16-bit length of an attribute,
// one alone and two together, or that the kernel could not say again. They are refused
// by name, and nothing is sent.
func TestTooMuchForARequest(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "bridge")
	sources := func(n int) *macvlan.Builder {
		return macvlan.New("m0").Parent("under").Mode(macvlan.Source).Sources(lab.SourceMACs(0, n)...)
	}
	tagged := func() *vlan.Builder { return vlan.New("v0").Parent("under").ID(7) }
	var names []string
	for i := range 497 {
		names = append(names, lab.LongName(i))
	}
	before := ns.IP("link")
	sends := lab.CountSends(c)
	for what, test := range map[string]struct {
		spec iplink.Spec
		attr string
	}{
		"5380 sources":  {sources(5380), "macaddr"},
		"5458 sources":  {sources(5458), "macaddr"},
		"5460 sources":  {sources(5460), "macaddr"},
		"5461 sources":  {sources(5461), "macaddr"},
		"70000 sources": {sources(70000), "macaddr"},
		"egress":        {tagged().EgressQoSMap(lab.Priorities(0, 5459)), "egress-qos-map"},
		"both":          {tagged().IngressQoSMap(lab.Priorities(0, 8)).EgressQoSMap(lab.Priorities(8, 5400)), "egress-qos-map"},
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
	if now := ns.IP("link"); now != before {
		t.Errorf("now there is\n%s", now)
	}
}

// TestRenamedMeanwhile has the link that is found renamed before each send. Update never
// succeeds then. Ensure looks again and makes the link.
func TestRenamedMeanwhile(t *testing.T) {
	for verb, do := range map[string]func(*iplink.Conn) error{
		"Ensure": func(c *iplink.Conn) error { _, err := c.Ensure(t.Context(), bridge.New("br0").MTU(1281)); return err },
		"Update": func(c *iplink.Conn) error { _, err := c.Update(t.Context(), bridge.New("br0").MTU(1281)); return err },
		"Device": func(c *iplink.Conn) error {
			_, err := c.Update(t.Context(), iplink.Device("br0").MTU(1281))
			return err
		},
		"Rename": func(c *iplink.Conn) error {
			_, err := c.Update(t.Context(), iplink.Device("br0").Rename("br1").MTU(1281))
			return err
		},
	} {
		for moment := 1; ; moment++ {
			c, ns := lab.Scratch(t)
			ns.IP("link", "add", "br0", "type", "bridge")
			sends := 0
			lab.Socket(c).SetHook(func(p rtnl.Point) error {
				if p != rtnl.BeforeSend {
					return nil
				}
				if sends++; sends == moment {
					ns.IP("link", "set", "br0", "name", "other0")
				}
				return nil
			})
			err := do(c)
			if sends < moment {
				break
			}
			if verb == "Rename" && moment > 1 {
				continue // the name that comes later counts
			}
			if verb == "Ensure" && err == nil {
				if l := ns.Link("br0"); !lab.SameJSON(l["mtu"], 1281) {
					t.Errorf("Ensure, renamed before send %d: %v", moment, l)
				}
				continue
			}
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, renamed before send %d: error %v, want fs.ErrNotExist", verb, moment, err)
			}
		}
	}
}
