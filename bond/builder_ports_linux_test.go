package bond_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/veth"
)

// master is a builder of a bond or a team.
type master[B any] interface {
	iplink.Spec
	Ports(...string) B
	OnlyPorts(...string) B
}

// wantPorts compares the ports of a master with `ip`. All of them are up.
func wantPorts(t *testing.T, ns *testutil.Lab, master string, want ...string) {
	t.Helper()
	var all []struct {
		Ifname string
		Flags  []string
	}
	ns.Decode(&all, "-j", "link", "show", "master", master)
	var got []string
	for _, l := range all {
		if got = append(got, l.Ifname); !slices.Contains(l.Flags, "UP") {
			t.Errorf("the port %s of %s is down", l.Ifname, master)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("ports of %s: %q, want %q", master, got, want)
	}
}

// TestBuilderPorts gives bonds and teams their ports.
func TestBuilderPorts(t *testing.T) {
	t.Run("bond", func(t *testing.T) {
		testutil.Need(t, iplink.KindBond)
		testPorts(t, func() *bond.Builder { return bond.New("m0").Mode(bond.ActiveBackup) })
	})
	t.Run("team", func(t *testing.T) {
		testutil.Need(t, iplink.KindTeam)
		testPorts(t, func() *team.Builder { return team.New("m0").Mode(iplink.TeamActiveBackup) })
	})
}

func testPorts[B master[B]](t *testing.T, build func() B) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 type veth peer name f0", "link set f0 up", "link set e0 up", "link add e1 type veth peer name f1", "link add e2 type veth peer name f2",
		"link add other type bridge", "link set e1 master other", "link set e1 up")
	links := lab.MustCreate(t, c, dummy.New("d0").Up(), build().Ports("e0", "d0", "e1"))
	wantPorts(t, ns, "m0", "d0", "e0", "e1")
	if links[0].Master != links[1].Index || !links[0].Up() {
		t.Errorf("%+v", links[0])
	}
	ensures := func(spec iplink.Spec, want ...string) {
		t.Helper()
		for _, want := range [][]string{want, nil} {
			changes, err := c.Ensure(t.Context(), spec)
			testutil.Must(t, err)
			if got := fmt.Sprint(changes[0].Differences); got != fmt.Sprint(want) {
				t.Errorf("differences %s, want %q", got, want)
			}
		}
	}
	ensures(build().Ports("e0"))
	ensures(build().OnlyPorts("e0", "e2"), "port: have e1, want none", "port: have d0, want none", "port: have none, want e2")
	wantPorts(t, ns, "m0", "e0", "e2")
	if ns.Up("d0") {
		t.Error("d0 left and is up")
	}
	_, err := c.Update(t.Context(), build().OnlyPorts())
	testutil.Must(t, err)
	wantPorts(t, ns, "m0")
	ns.Batch("link set e0 up", "link del m0", "link set e2 up")
	spec := build().OnlyPorts("e0", "e2")
	testutil.Shell(t, ns.File, strings.ReplaceAll(spec.String(), " # ", " && true # "))
	wantPorts(t, ns, "m0", "e0", "e2")
}

// TestBuilderPrimary names a port that the same builder makes one.
func TestBuilderPrimary(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 type veth peer name f0", "link add e1 type veth peer name f1", "link set f0 up", "link set f1 up")
	spec := bond.New("b0").Mode(bond.ActiveBackup).Ports("e0", "e1").Primary("e1").MTU(1280).Up()
	links := lab.MustCreate(t, c, spec)
	if info, _ := bond.Info(links[0]); info.Primary != int(ns.Link("e1")["ifindex"].(float64)) {
		t.Errorf("%+v", info)
	}
	if said := lab.Within(ns.Link("b0"), "linkinfo", "info_data", "primary"); said != "e1" {
		t.Errorf("primary %v", said)
	}
	lab.Mended(t, c, spec, 0, "nothing")
}

// TestBuilderPortsUndone has a later port refused: no link can be the port of its own port.
func TestBuilderPortsUndone(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	ns.Batch("link add e0 mtu 1400 type veth peer name f0", "link set f0 up", "link set e0 up", "address add 192.0.2.1/28 dev e0", "route add 198.51.100.0/24 via 192.0.2.14 dev e0",
		"neigh add 192.0.2.14 lladdr 02:00:00:00:12:34 dev e0 nud permanent",
		"link add other type bridge", "link add e1 type veth peer name f1", "link set e1 master other", "link set e1 type bridge_slave hairpin on", "link set e1 up")
	shown := func() string {
		e0, e1 := ns.Link("e0"), ns.Link("e1")
		return fmt.Sprint(e0["master"], e0["mtu"], e0["address"], ns.Up("e0"), e1["master"], e1["address"], ns.Up("e1"), lab.Within(e1, "linkinfo", "info_slave_data", "hairpin"), lab.Layer3Of(t, ns.File, "e0"))
	}
	before := shown()
	for _, make := range []func(...iplink.Spec) error{
		func(s ...iplink.Spec) error { _, err := c.Create(t.Context(), s...); return err },
		func(s ...iplink.Spec) error { _, err := c.Ensure(t.Context(), s...); return err },
	} {
		err := make(bond.New("b0").Ports("e0", "e1", "lo"))
		if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Name != "b0" || e.Attr != "port lo" {
			t.Errorf("%v", err)
		}
		if after := shown(); after != before || slices.Contains(ns.Names(), "b0") {
			t.Errorf("before\n%v\nafter\n%v", before, after)
		}
	}
	_, err := c.Create(t.Context(), bond.New("b0").Ports("e0"), veth.New("e0").Peer(veth.New("x0")).Master("br0"), bridge.New("br0"))
	if !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("%v", err)
	}
}
