package bridge_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// portsOf returns the ports of a link that `ip` shows.
func portsOf(ns *testutil.Lab, master string) (names []string) {
	ns.Helper()
	var all []struct{ Ifname string }
	ns.Decode(&all, "-j", "link", "show", "master", master)
	for _, l := range all {
		names = append(names, l.Ifname)
	}
	slices.Sort(names)
	return names
}

func wantPorts(t *testing.T, ns *testutil.Lab, master string, want ...string) {
	t.Helper()
	if got := portsOf(ns, master); !slices.Equal(got, want) {
		t.Errorf("ports of %s: %q, want %q", master, got, want)
	}
}

// ensures fails the test unless Ensure finds the wanted differences of the first spec, and
// nothing when it is called again.
func ensures(t *testing.T, c *iplink.Conn, want []string, specs ...iplink.Spec) {
	t.Helper()
	for _, want := range [][]string{want, nil} {
		changes, err := c.Ensure(t.Context(), specs...)
		testutil.Must(t, err)
		var got []string
		for _, d := range changes[0].Differences {
			got = append(got, d.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("differences %q, want %q", got, want)
		}
	}
}

// TestBuilderPorts gives a bridge its ports, in each verb.
func TestBuilderPorts(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 mtu 1400 type veth peer name f0", "link set f0 up", "link set e0 up", "link add e1 type veth peer name f1", "link add e2 type veth peer name f2",
		"link property add dev e1 altname second-port", "link add other type bridge", "link set e1 master other up")
	links := lab.MustCreate(t, c, veth.New("n0").Up(), bridge.New("br0").Ports("e0", "n0", "second-port"))
	wantPorts(t, ns, "br0", "e0", "e1", "n0")
	if links[0].Master != links[1].Index || !ns.Up("e0") || ns.Up("br0") {
		t.Errorf("n0 %+v, br0 %+v", links[0], links[1])
	}
	ensures(t, c, nil, bridge.New("br0").Ports("e1", "n0"))
	ensures(t, c, []string{"port: have e0, want none", "port: have e1, want none", "port: have none, want e2"}, bridge.New("br0").OnlyPorts("n0", "e2"))
	wantPorts(t, ns, "br0", "e2", "n0")

	diffs, err := c.Diff(t.Context(), bridge.New("br0").Ports("e1"))
	if err != nil || len(diffs) != 1 || diffs[0].String() != "port: have none, want e1" {
		t.Errorf("%v, %v", diffs, err)
	}
	wantPorts(t, ns, "br0", "e2", "n0")
	_, err = c.Update(t.Context(), bridge.New("br0").Ports("e1").Up())
	testutil.Must(t, err)
	wantPorts(t, ns, "br0", "e1", "e2", "n0")
	_, err = c.Update(t.Context(), bridge.New("br0").OnlyPorts())
	testutil.Must(t, err)
	wantPorts(t, ns, "br0")

	ns.IP("link", "del", "br0")
	spec := bridge.New("br0").OnlyPorts("e0", "e2")
	if text := spec.String(); text != "ip link add br0 type bridge && ip link set dev e0 master br0 && ip link set dev e2 master br0 # ip has no word for: no other ports" {
		t.Error(text)
	}
	testutil.Shell(t, ns.File, spec.String())
	ensures(t, c, nil, spec)
}

// TestBuilderPortsMove takes ports of other masters, one of the same call.
func TestBuilderPortsMove(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 type veth peer name e1", "link add name a type bridge", "link set e0 master a", "link set e1 master a")
	ensures(t, c, []string{"port: have e0, want none"}, bridge.New("a").OnlyPorts("e1"), bridge.New("b").Ports("e0"))
	wantPorts(t, ns, "a", "e1")
	wantPorts(t, ns, "b", "e0")
	ensures(t, c, []string{"port: have none, want e1"}, bridge.New("b").Ports("e0", "e1"))
	wantPorts(t, ns, "b", "e0", "e1")
	_, other := lab.Scratch(t)
	ensures(t, c, nil, bridge.New("n0").NetNS(lab.NetNS(other)).Ports("n1"), veth.New("n1").NetNS(lab.NetNS(other)))
	wantPorts(t, other, "n0", "n1")
}

// TestBuilderPortsUndone has a later port refused: the kernel takes no bridge as the port of
// a bridge. The ports before are as they were.
func TestBuilderPortsUndone(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 type veth peer name f0", "link set e0 up", "link set f0 up", "address add 192.0.2.1/28 dev e0", "route add 198.51.100.0/24 via 192.0.2.14 dev e0",
		"link add other type bridge", "link add e1 type veth peer name f1", "link set e1 master other", "link set e1 type bridge_slave priority 7 hairpin on", "link add wrong type bridge")
	before := []any{ns.Link("e1")["master"], ns.Link("e0")["master"], lab.Layer3Of(t, ns.File, "e0"), hairpin(ns)}
	for _, make := range []func() error{
		func() error {
			_, err := c.Create(t.Context(), bridge.New("br0").Ports("e0", "e1", "wrong"))
			return err
		},
		func() error {
			_, err := c.Ensure(t.Context(), bridge.New("br0").Ports("e0", "e1", "wrong"))
			return err
		},
	} {
		err := make()
		if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Name != "br0" || e.Attr != "port wrong" || e.FromKernel != (e.Message != "") {
			t.Errorf("%v", err)
		}
		after := []any{ns.Link("e1")["master"], ns.Link("e0")["master"], lab.Layer3Of(t, ns.File, "e0"), hairpin(ns)}
		if !lab.SameJSON(before, after) || slices.Contains(ns.Names(), "br0") {
			t.Errorf("before\n%v\nafter\n%v", before, after)
		}
	}
}

func hairpin(ns *testutil.Lab) any {
	return lab.Within(ns.Link("e1"), "linkinfo", "info_slave_data", "hairpin")
}

func TestBuilderPortsFaults(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 type veth peer name e1", "link add br0 type bridge", "link property add dev br0 altname first")
	before := ns.IP("-o", "link")
	br := func() *bridge.Builder { return bridge.New("br0") }
	for text, specs := range map[string][]iplink.Spec{
		`"e0" is named twice`:                         {br().Ports("e0", "e1", "e0")},
		`"e1" is named twice`:                         {br().OnlyPorts("e1").OnlyPorts("e1")},
		"Ports and OnlyPorts exclude":                 {br().Ports("e0").OnlyPorts("e1")},
		"the name of a port is empty":                 {br().Ports("")},
		`"br0" is the link itself`:                    {br().Ports("e0", "br0")},
		`"e0" has the master "other"`:                 {br().Ports("e0"), bridge.New("other"), iplink.Device("e0").Master("other")},
		`"e0" has no master`:                          {br().Ports("e0"), iplink.Device("e0").NoMaster()},
		`"e0" is to be a port of "br0" of the same c`: {br().Ports("e0"), bridge.New("br1").Ports("e0")},
	} {
		verbs := map[string]func(context.Context, ...iplink.Spec) error{
			"ensure": func(ctx context.Context, s ...iplink.Spec) error { _, err := c.Ensure(ctx, s...); return err },
			"update": func(ctx context.Context, s ...iplink.Spec) error { _, err := c.Update(ctx, s...); return err },
		}
		for verb, do := range verbs {
			err := do(t.Context(), specs...)
			e, ok := errors.AsType[*iplink.Error](err)
			if !ok || !errors.Is(err, fs.ErrInvalid) || e.Op != verb || !strings.HasPrefix(e.Name, "br") || !strings.HasSuffix(e.Attr, "Ports") || !strings.Contains(e.Message, text) {
				t.Errorf("%s: %v, want %s", verb, err, text)
			}
		}
	}
	_, err := c.Ensure(t.Context(), br().Ports("first"))
	if !errors.Is(err, fs.ErrInvalid) || !strings.Contains(err.Error(), `"first" is the link itself`) {
		t.Errorf("%v", err)
	}
	for _, specs := range [][]iplink.Spec{{br().Ports("nosuch")}, {br().Ports("e0"), iplink.Absent("e0")}} {
		_, err := c.Ensure(t.Context(), specs...)
		if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrNotExist) || e.Attr != "Ports" || !strings.Contains(e.Message, "there is no link") {
			t.Errorf("%v", err)
		}
	}
	if after := ns.IP("-o", "link"); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}
