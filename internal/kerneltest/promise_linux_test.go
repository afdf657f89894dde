package kerneltest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// promises are calls of which one part undoes another, and what `ip` says afterwards.
var promises = map[string]struct {
	kinds []string // that the kernel needs
	setup []string
	call  func(*testing.T, *iplink.Conn) error
	says  map[string]string // by the arguments of `ip`, what it prints
}{
	"an IPv6 address outlives Down": {nil,
		[]string{"link add s1 up type bridge", "address add 2001:db8::1234/64 dev s1"},
		updates(iplink.Device("s1").Down().Addr(lab.Prefix("2001:db8::1234/64"))),
		map[string]string{"-6 address show dev s1": "2001:db8::1234/64", "link show dev s1": "state DOWN"}},
	"an IPv6 address outlives DownFirst": {[]string{"bond"},
		[]string{"link add s1 up type veth peer name s2", "address add 2001:db8::1234/64 dev s1", "link add b1 type bond"},
		updates(iplink.Device("s1").Master("b1").DownFirst().Up().Addr(lab.Prefix("2001:db8::1234/64"))),
		map[string]string{"-6 address show dev s1": "2001:db8::1234/64", "link show dev s1": "master b1"}},
	"out of a bond and up": {[]string{"bond", "dummy"},
		[]string{"link add b1 type bond", "link add x0 type dummy", "link set x0 master b1"},
		updates(iplink.Device("x0").NoMaster().Up()),
		map[string]string{"link show dev x0": "UP,"}},
	"out of a bond, up, into a bridge": {[]string{"bond", "dummy"},
		[]string{"link add b1 type bond", "link add br0 type bridge", "link add x0 type dummy", "link set x0 master b1"},
		updates(iplink.Device("x0").Master("br0").Up()),
		map[string]string{"link show dev x0": "UP,", "-o link show master br0": "x0"}},
	"port settings follow to another bridge": {nil,
		[]string{"link add br0 type bridge", "link add br1 type bridge", "link add p0 master br0 type veth peer name p1",
			"link set p0 type bridge_slave isolated on cost 77"},
		updates(iplink.Device("p0").Master("br1").PortSettings(bridge.Port().Isolated(true).Cost(77))),
		map[string]string{"-d link show master br1": "cost 77", "-d link show dev p0": "isolated on"}},
	"a bridge's MTU is not that of its port": {[]string{"dummy"}, nil,
		ensures(bridge.New("br2").MTU(1500), dummy.New("y0").MTU(1400).Master("br2")),
		map[string]string{"link show dev br2": "mtu 1500", "link show dev y0": "mtu 1400"}},
	"a bridge's MTU is not that of its port, created": {nil, nil,
		creates(bridge.New("br2").MTU(1500), veth.New("y0").MTU(1400).Master("br2")),
		map[string]string{"link show dev br2": "mtu 1500", "link show dev y0": "mtu 1400"}},
	"a port's MTU is not that of its bond": {[]string{"bond", "dummy"},
		[]string{"link add bond0 type bond", "link add e0 type dummy", "link set e0 master bond0"},
		ensures(iplink.Device("e0").MTU(1500), iplink.Device("bond0").MTU(9000)),
		map[string]string{"link show dev bond0": "mtu 9000", "link show dev e0": "mtu 1500"}},
	"a port's MTU is not that of its bond, in Update": {[]string{"bond", "dummy"},
		[]string{"link add bond0 type bond", "link add e0 type dummy", "link set e0 master bond0"},
		updates(iplink.Device("e0").MTU(1500), iplink.Device("bond0").MTU(9000)),
		map[string]string{"link show dev bond0": "mtu 9000", "link show dev e0": "mtu 1500"}},
	"the primary port is a later link": {[]string{"bond"}, nil,
		ensures(bond.New("bond0").Mode(bond.ActiveBackup).Primary("e1").Up(), veth.New("e1").Master("bond0").Up(), veth.New("e2").Master("bond0").Up()),
		map[string]string{"-d link show dev bond0": "primary e1", "link show dev e1": "master bond0"}},
	"the primary port is a later link, created": {[]string{"bond"}, nil,
		creates(bond.New("bond0").Mode(bond.ActiveBackup).Primary("e1").Up(), veth.New("e1").Master("bond0").Up(), veth.New("e2").Master("bond0").Up()),
		map[string]string{"-d link show dev bond0": "primary e1", "link show dev e1": "master bond0"}},
	"the active port joins in the call": {[]string{"bond", "dummy"}, []string{"link add e0 type dummy", "link add e1 type dummy"},
		ensures(bond.New("bond0").Mode(bond.ActiveBackup).ActiveSlave("e1").Up(), iplink.Device("e0").Master("bond0"), iplink.Device("e1").Master("bond0")),
		map[string]string{"-d link show dev bond0": "active_slave e1"}},
	"a primary port that the bond has": {[]string{"bond", "dummy"},
		[]string{"link add bond0 type bond mode active-backup", "link add e0 type dummy", "link add e1 type dummy", "link set e0 master bond0", "link set e1 master bond0",
			"link set bond0 type bond primary e0"},
		ensures(iplink.Device("e0").Alias("first"), bond.New("bond0").Primary("e1"), iplink.Device("e1").Alias("second")),
		map[string]string{"-d link show dev bond0": "primary e1", "link show dev e1": "second"}},
	"the own address of the second port of a bond": {[]string{"bond", "dummy"}, nil,
		ensures(bond.New("bond0").Mode(bond.ActiveBackup), dummy.New("e0").Address(lab.MAC).Master("bond0"), dummy.New("e1").Address(lab.OtherMAC).Master("bond0")),
		map[string]string{"-d link show dev e1": "perm_hwaddr " + lab.OtherMAC.String(), "-d link show dev e0": "perm_hwaddr " + lab.MAC.String()}},
	"an SCI that is not sent": {[]string{"macsec", "dummy"}, []string{"link add u0 up type dummy"},
		creates(macsec.New("ms0").Parent("u0").SCI(macsec.SCIOf(lab.MAC, 0x1234)).SendSCI(false)),
		map[string]string{"-d link show dev ms0": "sci 0212345678" + "9a1234", "-d link show ms0": "send_sci off"}},
	"a port of an SCI that is not sent": {[]string{"macsec", "dummy"}, []string{"link add u0 up type dummy"},
		creates(macsec.New("ms0").Parent("u0").Port(0x1234).SendSCI(false).Up()),
		map[string]string{"-d link show dev ms0": "1234 ", "-d link show ms0": "send_sci off"}},
	"exactly these priorities": {[]string{"vlan", "dummy"},
		[]string{"link add u0 type dummy", "link add v0 link u0 type vlan id 7 egress-qos-map 1:2 3:4 5:6 ingress-qos-map 2:3 4:5"},
		ensures(vlan.New("v0").Parent("u0").ID(7).EgressQoSMap(map[uint32]uint32{1: 2, 3: 0, 6: 5}).IngressQoSMap(map[uint32]uint32{2: 7})),
		map[string]string{"-d link show dev v0": "ingress-qos-map { 2:7 4:5 }", "-d link show v0": "egress-qos-map { 1:2 5:6 6:5 }"}},
	"routes that need each other": {nil, nil,
		creates(bridge.New("br0").Up().Addr(lab.Prefix("192.0.2.17/32")).Routes(
			inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Via: lab.Addr("192.0.2.18")},
			inet.Route{Dst: lab.Prefix("192.0.2.18/32")})),
		map[string]string{"route show 198.51.100.0/24": "via 192.0.2.18"}},
	"a rename of a link that is up": {nil, []string{"link add br0 up type bridge"},
		updates(iplink.Device("br0").Rename("br9").DownFirst()),
		map[string]string{"link show dev br9": "UP"}},
}

func updates(specs ...iplink.Spec) func(*testing.T, *iplink.Conn) error {
	return func(t *testing.T, c *iplink.Conn) error { return lab.ErrorOf(c.Update(t.Context(), specs...)) }
}

func creates(specs ...iplink.Spec) func(*testing.T, *iplink.Conn) error {
	return func(t *testing.T, c *iplink.Conn) error { return lab.ErrorOf(c.Create(t.Context(), specs...)) }
}

// ensures returns a call of Ensure that must find nothing to do when it is repeated.
func ensures(specs ...iplink.Spec) func(*testing.T, *iplink.Conn) error {
	return func(t *testing.T, c *iplink.Conn) error {
		if _, err := c.Ensure(t.Context(), specs...); err != nil {
			return err
		}
		again, err := c.Ensure(t.Context(), specs...)
		if i := slices.IndexFunc(again, (*iplink.Change).Changed); i >= 0 {
			return fmt.Errorf("the second Ensure changed %s: %v", again[i].Link.Name, again[i].Differences)
		}
		return err
	}
}

// TestPromises demands that all that was asked for holds when a call returns nil.
func TestPromises(t *testing.T) {
	for name, p := range promises {
		t.Run(name, func(t *testing.T) {
			for _, kind := range p.kinds {
				testutil.Need(t, kind)
			}
			c, ns := lab.Scratch(t)
			testutil.IPBatch(t, ns.File, p.setup...)
			if err := p.call(t, c); err != nil {
				t.Fatal(err)
			}
			for args, want := range p.says {
				if got := ns.IP(strings.Fields(args)...); !strings.Contains(got, want) {
					t.Errorf("ip %s does not say %q:\n%s", args, want, got)
				}
			}
		})
	}
}

// TestContradictions asks for settings of which only some can hold: the error names both
// links.
func TestContradictions(t *testing.T) {
	testutil.Need(t, iplink.KindTeam)
	testutil.Need(t, iplink.KindDummy)
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, "link add team0 type team", "link add p0 type dummy", "link set p0 master team0")
	_, err := c.Ensure(t.Context(), team.New("team0").MTU(9000), iplink.Device("p0").MTU(1400))
	const want = `ensure p0: mtu: operation not permitted ("team0" of the same call asks for 9000)`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestEnsureCompetes has several goroutines, each with a Conn of its own, ensure one
// bridge, and a pair each with an end in it, over and over. None may fail, and at the end
// all that they share is there.
func TestEnsureCompetes(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	_, ns := lab.Scratch(t)
	netns := lab.NetNS(ns)
	const callers = 4
	for round := range lab.Emulated(10, 30) {
		br := fmt.Sprint("br", round)
		failed := make(chan error, callers)
		for i := range callers {
			go func() {
				c, err := netns.Dial()
				if err != nil {
					failed <- err
					return
				}
				defer c.Close()
				port := fmt.Sprintf("p%d.%d", round, i)
				_, err = c.Ensure(t.Context(), bridge.New(br).Addr(lab.Prefix("192.0.2.17/28")).Up(), veth.New(port).Master(br).Up().Peer(veth.New(port+"x").Up()))
				failed <- err
			}()
		}
		for range callers {
			if err := <-failed; err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if ports := strings.Count(ns.IP("-o", "link", "show", "master", br), "\n"); ports != callers {
			t.Errorf("%s has %d ports", br, ports)
		}
	}
}

// TestPeer looks at the other end of a pair that a call returns.
func TestPeer(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	c, _ := lab.Scratch(t)
	_, other := lab.Scratch(t)
	far := lab.NetNS(other)
	check := func(l *iplink.Link, name string) {
		t.Helper()
		if l.Peer == nil || l.Peer.Parent != l.Index || l.Parent != l.Peer.Index || !strings.HasPrefix(l.Peer.Name, name) {
			t.Errorf("%s: the peer is %+v", l.Name, l.Peer)
		}
	}
	check(lab.MustCreate(t, c, veth.New("a0").Peer(veth.New("a1")))[0], "a1")
	check(lab.MustCreate(t, c, veth.New("b0").Peer(veth.New("b1").NetNS(far)))[0], "b1")
	check(lab.MustCreate(t, c, veth.New("c0").Peer(veth.New("").NetNS(far)))[0], "veth")
	for _, created := range []bool{true, false} {
		check(lab.Ensured(t, c, veth.New("d0").Peer(veth.New("d1").NetNS(far).Up()), created).Link, "d1")
	}
	check(lab.Ensured(t, c, veth.New("d0").Peer(veth.New("d1").NetNS(far).MTU(1400)), false, "mtu").Link, "d1")
	if l := lab.MustCreate(t, c, bridge.New("br0"))[0]; l.Peer != nil {
		t.Errorf("a bridge has a peer: %v", l.Peer)
	}
}

// TestEnsureRefusesCycles gives links that refer to each other or to themselves, and two
// descriptions of one link.
func TestEnsureRefusesCycles(t *testing.T) {
	c, _ := lab.Scratch(t)
	for want, specs := range map[string][]iplink.Spec{
		`ensure bridge a: invalid argument (#1 of 2: they refer to each other: bridge a (#1) → bridge b (#2) → bridge a (#1))`: {bridge.New("a").Master("b"), bridge.New("b").Master("a")},
		`ensure bridge a: invalid argument (it refers to itself)`:                                                              {bridge.New("a").Master("a")},
		`ensure a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of bridge a (#1))`:                {bridge.New("a"), iplink.Device("a").MTU(1400)},
		`ensure bridge b: index: invalid argument (#2 of 2: 4660 in the same namespace is also that of bridge a (#1))`:         {bridge.New("a").Index(0x1234), bridge.New("b").Index(0x1234)},
	} {
		if _, err := c.Ensure(t.Context(), specs...); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestRecreatedFor asks what a link was replaced for.
func TestRecreatedFor(t *testing.T) {
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, "link add t0 type bridge", "link add vx0 type vxlan id 7 dstport 4789", "link add a0 type veth peer name a1")
	for _, test := range []struct {
		spec iplink.Spec
		want iplink.Difference
	}{
		{veth.New("t0").Recreate(), iplink.Difference{Attr: "type", Have: "bridge", Want: "veth", Immutable: true}},
		{vxlan.New("vx0").VNI(0x1234).Port(4789).Recreate(), iplink.Difference{Attr: "id", Have: "7", Want: "4660", Immutable: true}},
		{veth.New("a0").Peer(veth.New("b1")).Recreate(), iplink.Difference{Attr: "peer", Have: "a1", Want: "b1", Immutable: true}},
	} {
		changes, err := c.Ensure(t.Context(), test.spec)
		if err != nil || !changes[0].Recreated || !slices.Contains(changes[0].Differences, test.want) {
			t.Errorf("%v: %+v, want %v; error %v", test.spec, changes, test.want, err)
		}
	}
}
