package kerneltest_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// isImmutable fails the test unless err says that exactly this setting cannot
// change.
func isImmutable(t *testing.T, err error, attr string) {
	t.Helper()
	if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, iplink.ErrImmutable) || e.Attr != attr {
		t.Errorf("got %v, want ErrImmutable of %s", err, attr)
	}
}

// pairsOfOneIndex makes h1, whose other end is eth0 in one, and h2, whose other
// end is eth0 in two: both with the same index.
func pairsOfOneIndex(t *testing.T) (c *iplink.Conn, home, one, two *testutil.Lab) {
	t.Helper()
	c, home = lab.Scratch(t)
	_, one = lab.Scratch(t)
	_, two = lab.Scratch(t)
	home.IP("link", "add", "h1", "index", "41", "type", "veth", "peer", "name", "eth0", "index", "77", "netns", one.Path())
	home.IP("link", "add", "h2", "index", "42", "type", "veth", "peer", "name", "eth0", "index", "77", "netns", two.Path())
	return c, home, one, two
}

func TestPeerOfOneIndexInAnotherNamespace(t *testing.T) {
	c, home, one, two := pairsOfOneIndex(t)
	home.IP("link", "add", "spare", "index", "78", "type", "veth", "peer", "name", "eth0", "index", "77")
	for name, peer := range map[string]*veth.Builder{
		"two":  veth.New("eth0").NetNS(lab.NetNS(two)).MTU(1400),
		"home": veth.New("eth0").MTU(1400),
	} {
		_, err := c.Ensure(t.Context(), veth.New("h1").Peer(peer))
		isImmutable(t, err, "peer")
		diffs, err := c.Diff(t.Context(), veth.New("h1").Peer(peer))
		if err != nil || len(diffs) != 1 || diffs[0].Attr != "peer" || !diffs[0].Immutable {
			t.Errorf("%s: %v, error %v", name, diffs, err)
		}
	}
	for _, ns := range []*testutil.Lab{home, one, two} {
		if mtu := ns.Link("eth0")["mtu"]; mtu != 1500.0 {
			t.Errorf("an MTU became %v", mtu)
		}
	}
	lab.Ensured(t, c, veth.New("h1").Peer(veth.New("eth0").NetNS(lab.NetNS(one)).MTU(1400)), false, "mtu")
	if got, other := one.Link("eth0")["mtu"], two.Link("eth0")["mtu"]; got != 1400.0 || other != 1500.0 {
		t.Errorf("MTUs are %v and %v", got, other)
	}
	far, err := lab.NetNS(two).Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	lab.Ensured(t, far, veth.New("eth0").Peer(veth.New("h2").NetNS(lab.NetNS(home))), false)
	_, err = far.Ensure(t.Context(), veth.New("eth0").Peer(veth.New("h1").NetNS(lab.NetNS(home))))
	isImmutable(t, err, "peer")
}

// TestRecreateMovesPeer puts the other end into another namespace, unless its
// name is taken there: then the pair stays.
func TestRecreateMovesPeer(t *testing.T) {
	c, home, one, two := pairsOfOneIndex(t)
	spec := veth.New("h1").Recreate().Peer(veth.New("eth0").NetNS(lab.NetNS(two)).MTU(1400))
	if _, err := c.Ensure(t.Context(), spec); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want fs.ErrExist", err)
	}
	if home.Link("h1")["ifindex"] != 41.0 || one.Link("eth0")["ifindex"] != 77.0 || two.Link("eth0")["mtu"] != 1500.0 {
		t.Error("the pairs have changed")
	}
	home.IP("link", "del", "h2")
	change := lab.Ensured(t, c, spec, false, "peer")
	if !change.Recreated || two.Link("eth0")["mtu"] != 1400.0 || !slices.Equal(one.Names(), []string{"lo"}) {
		t.Errorf("recreated %v; one has %v", change.Recreated, one.Names())
	}
	lab.Ensured(t, c, spec, false)
}

// stacked are the kinds that sit on another link, here on the one with the index
// 291 in a namespace.
var stacked = map[string]func(ns *iplink.NetNS) iplink.Spec{
	iplink.KindMacvlan: func(ns *iplink.NetNS) iplink.Spec { return macvlan.New("t0").ParentIndex(291).LinkNetNS(ns) },
	iplink.KindMacvtap: func(ns *iplink.NetNS) iplink.Spec { return macvtap.New("t0").ParentIndex(291).LinkNetNS(ns) },
	iplink.KindVLAN:    func(ns *iplink.NetNS) iplink.Spec { return vlan.New("t0").ID(0x123).ParentIndex(291).LinkNetNS(ns) },
	iplink.KindIPvlan:  func(ns *iplink.NetNS) iplink.Spec { return ipvlan.New("t0").ParentIndex(291).LinkNetNS(ns) },
	iplink.KindMACsec:  func(ns *iplink.NetNS) iplink.Spec { return macsec.New("t0").ParentIndex(291).LinkNetNS(ns) },
	iplink.KindVXLAN:   func(ns *iplink.NetNS) iplink.Spec { return vxlan.New("t0").VNI(7).DevIndex(291).LinkNetNS(ns) },
}

// parentsOfOneIndex makes a link with the index 291 in three namespaces.
func parentsOfOneIndex(t *testing.T) (c *iplink.Conn, home, one, two *testutil.Lab) {
	t.Helper()
	c, home = lab.Scratch(t)
	_, one = lab.Scratch(t)
	_, two = lab.Scratch(t)
	for _, ns := range []*testutil.Lab{home, one, two} {
		ns.IP("link", "add", "p", "index", "291", "type", "veth", "peer", "name", "q")
	}
	return c, home, one, two
}

func TestParentOfOneIndexInAnotherNamespace(t *testing.T) {
	for kind, spec := range stacked {
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			c, home, one, two := parentsOfOneIndex(t)
			lab.Ensured(t, c, spec(lab.NetNS(one)), true)
			before := home.Link("t0")
			for _, wrong := range []iplink.Spec{spec(lab.NetNS(two)), spec(lab.NetNS(home)), iplink.Device("t0").LinkNetNS(lab.NetNS(two))} {
				_, err := c.Ensure(t.Context(), wrong)
				isImmutable(t, err, "link-netns")
				_, err = c.Update(t.Context(), wrong)
				isImmutable(t, err, "link-netns")
			}
			for _, right := range []iplink.Spec{spec(lab.NetNS(one)), iplink.Device("t0").LinkNetNS(lab.NetNS(one))} {
				lab.Ensured(t, c, right, false)
				if _, err := c.Update(t.Context(), right); err != nil {
					t.Error(err)
				}
			}
			if after := home.Link("t0"); after["ifindex"] != before["ifindex"] || after["link_netnsid"] != before["link_netnsid"] {
				t.Errorf("ip: %v, before %v", after, before)
			}
		})
	}
}

func TestRecreateMovesParent(t *testing.T) {
	c, home, one, two := parentsOfOneIndex(t)
	lab.Ensured(t, c, macvlan.New("t0").ParentIndex(291).LinkNetNS(lab.NetNS(one)), true)
	before := home.Link("t0")
	for _, ns := range []*testutil.Lab{two, home} {
		spec := macvlan.New("t0").ParentIndex(291).LinkNetNS(lab.NetNS(ns))
		if change := lab.Ensured(t, c, spec.Clone().Recreate(), false, "link-netns"); !change.Recreated {
			t.Error("it was not made anew")
		}
		after := home.Link("t0")
		if (after["link_netnsid"] == nil) != (ns == home) || after["link_netnsid"] == before["link_netnsid"] {
			t.Errorf("ip: %v, before %v", after, before)
		}
		lab.Ensured(t, c, spec, false)
	}
}

// TestParentOfOneFamily makes a macvlan on a macvlan, each link in a namespace of
// its own: the kernel has both sit on the lowest.
func TestParentOfOneFamily(t *testing.T) {
	c, _, one, two := parentsOfOneIndex(t)
	there, err := lab.NetNS(two).Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	lab.Ensured(t, there, macvlan.New("middle").Parent("p").LinkNetNS(lab.NetNS(one)), true)
	top := macvlan.New("top").Parent("middle").LinkNetNS(lab.NetNS(two))
	lab.Ensured(t, c, top, true)
	lab.Ensured(t, c, top, false)
	lab.Ensured(t, c, macvlan.New("top").Parent("p").LinkNetNS(lab.NetNS(one)), false)
	_, err = c.Ensure(t.Context(), macvlan.New("top").Parent("p").LinkNetNS(lab.NetNS(two)))
	isImmutable(t, err, "link-netns")

	lab.Ensured(t, there, macvlan.New("local").Parent("p"), true)
	lab.Ensured(t, c, macvlan.New("upper").Parent("local").LinkNetNS(lab.NetNS(two)), true)
	lab.Ensured(t, c, macvlan.New("upper").Parent("local").LinkNetNS(lab.NetNS(two)), false)
	_, err = c.Ensure(t.Context(), macvlan.New("upper").Parent("middle").LinkNetNS(lab.NetNS(two)))
	isImmutable(t, err, "link")
	lab.Ensured(t, there, macvlan.New("beside").Parent("local"), true)
	_, err = there.Ensure(t.Context(), macvlan.New("beside").Parent("middle"))
	isImmutable(t, err, "link")
}

// TestParentOfAnotherFamily wants a macvlan on a VLAN, and finds it on what the
// VLAN sits on.
func TestParentOfAnotherFamily(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "p", "type", "veth", "peer", "name", "q")
	ns.IP("link", "add", "p.7", "link", "p", "type", "vlan", "id", "7")
	lab.Ensured(t, c, macvlan.New("t0").Parent("p"), true)
	_, err := c.Ensure(t.Context(), macvlan.New("t0").Parent("p.7"))
	isImmutable(t, err, "link")
}

// TestParentThatIsNotTold ensures an ipvtap link, of which the kernel does not
// say in which namespace its parent is.
func TestParentThatIsNotTold(t *testing.T) {
	testutil.Need(t, iplink.KindIPvtap)
	c, _, one, _ := parentsOfOneIndex(t)
	spec := ipvtap.New("t0").ParentIndex(291).LinkNetNS(lab.NetNS(one))
	lab.Ensured(t, c, spec, true)
	lab.Ensured(t, c, spec, false)
}
