package iplink_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
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

// path is what `ip` is told after the word netns.
func (ns *scratchNS) path() string {
	return fmt.Sprintf("/proc/%d/fd/%s", os.Getpid(), fdName(ns.file))
}

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
func pairsOfOneIndex(t *testing.T) (c *iplink.Conn, home, one, two *scratchNS) {
	t.Helper()
	c, home = scratch(t)
	_, one = scratch(t)
	_, two = scratch(t)
	home.ip("link", "add", "h1", "index", "41", "type", "veth", "peer", "name", "eth0", "index", "77", "netns", one.path())
	home.ip("link", "add", "h2", "index", "42", "type", "veth", "peer", "name", "eth0", "index", "77", "netns", two.path())
	return c, home, one, two
}

func TestPeerOfOneIndexInAnotherNamespace(t *testing.T) {
	c, home, one, two := pairsOfOneIndex(t)
	home.ip("link", "add", "spare", "index", "78", "type", "veth", "peer", "name", "eth0", "index", "77")
	for name, peer := range map[string]*veth.Builder{
		"two":  veth.New("eth0").NetNS(two.NetNS).MTU(1400),
		"home": veth.New("eth0").MTU(1400),
	} {
		_, err := c.Ensure(t.Context(), veth.New("h1").Peer(peer))
		isImmutable(t, err, "peer")
		diffs, err := c.Diff(t.Context(), veth.New("h1").Peer(peer))
		if err != nil || len(diffs) != 1 || diffs[0].Attr != "peer" || !diffs[0].Immutable {
			t.Errorf("%s: %v, error %v", name, diffs, err)
		}
	}
	for _, ns := range []*scratchNS{home, one, two} {
		if mtu := ns.link("eth0")["mtu"]; mtu != 1500.0 {
			t.Errorf("an MTU became %v", mtu)
		}
	}
	ensured(t, c, veth.New("h1").Peer(veth.New("eth0").NetNS(one.NetNS).MTU(1400)), false, "mtu")
	if got, other := one.link("eth0")["mtu"], two.link("eth0")["mtu"]; got != 1400.0 || other != 1500.0 {
		t.Errorf("MTUs are %v and %v", got, other)
	}
	far, err := two.NetNS.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	ensured(t, far, veth.New("eth0").Peer(veth.New("h2").NetNS(home.NetNS)), false)
	_, err = far.Ensure(t.Context(), veth.New("eth0").Peer(veth.New("h1").NetNS(home.NetNS)))
	isImmutable(t, err, "peer")
}

// TestRecreateMovesPeer puts the other end into another namespace, unless its
// name is taken there: then the pair stays.
func TestRecreateMovesPeer(t *testing.T) {
	c, home, one, two := pairsOfOneIndex(t)
	spec := veth.New("h1").Recreate().Peer(veth.New("eth0").NetNS(two.NetNS).MTU(1400))
	if _, err := c.Ensure(t.Context(), spec); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want fs.ErrExist", err)
	}
	if home.link("h1")["ifindex"] != 41.0 || one.link("eth0")["ifindex"] != 77.0 || two.link("eth0")["mtu"] != 1500.0 {
		t.Error("the pairs have changed")
	}
	home.ip("link", "del", "h2")
	change := ensured(t, c, spec, false, "peer")
	if !change.Recreated || two.link("eth0")["mtu"] != 1400.0 || !slices.Equal(one.names(), []string{"lo"}) {
		t.Errorf("recreated %v; one has %v", change.Recreated, one.names())
	}
	ensured(t, c, spec, false)
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
func parentsOfOneIndex(t *testing.T) (c *iplink.Conn, home, one, two *scratchNS) {
	t.Helper()
	c, home = scratch(t)
	_, one = scratch(t)
	_, two = scratch(t)
	for _, ns := range []*scratchNS{home, one, two} {
		ns.ip("link", "add", "p", "index", "291", "type", "veth", "peer", "name", "q")
	}
	return c, home, one, two
}

func TestParentOfOneIndexInAnotherNamespace(t *testing.T) {
	for kind, spec := range stacked {
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			c, home, one, two := parentsOfOneIndex(t)
			ensured(t, c, spec(one.NetNS), true)
			before := home.link("t0")
			for _, wrong := range []iplink.Spec{spec(two.NetNS), spec(home.NetNS), iplink.Device("t0").LinkNetNS(two.NetNS)} {
				_, err := c.Ensure(t.Context(), wrong)
				isImmutable(t, err, "link-netns")
				_, err = c.Update(t.Context(), wrong)
				isImmutable(t, err, "link-netns")
			}
			for _, right := range []iplink.Spec{spec(one.NetNS), iplink.Device("t0").LinkNetNS(one.NetNS)} {
				ensured(t, c, right, false)
				if _, err := c.Update(t.Context(), right); err != nil {
					t.Error(err)
				}
			}
			if after := home.link("t0"); after["ifindex"] != before["ifindex"] || after["link_netnsid"] != before["link_netnsid"] {
				t.Errorf("ip: %v, before %v", after, before)
			}
		})
	}
}

func TestRecreateMovesParent(t *testing.T) {
	c, home, one, two := parentsOfOneIndex(t)
	ensured(t, c, macvlan.New("t0").ParentIndex(291).LinkNetNS(one.NetNS), true)
	before := home.link("t0")
	for _, ns := range []*scratchNS{two, home} {
		spec := macvlan.New("t0").ParentIndex(291).LinkNetNS(ns.NetNS)
		if change := ensured(t, c, spec.Clone().Recreate(), false, "link-netns"); !change.Recreated {
			t.Error("it was not made anew")
		}
		after := home.link("t0")
		if (after["link_netnsid"] == nil) != (ns == home) || after["link_netnsid"] == before["link_netnsid"] {
			t.Errorf("ip: %v, before %v", after, before)
		}
		ensured(t, c, spec, false)
	}
}

// TestParentOfOneFamily makes a macvlan on a macvlan, each link in a namespace of
// its own: the kernel has both sit on the lowest.
func TestParentOfOneFamily(t *testing.T) {
	c, _, one, two := parentsOfOneIndex(t)
	there, err := two.NetNS.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	ensured(t, there, macvlan.New("middle").Parent("p").LinkNetNS(one.NetNS), true)
	top := macvlan.New("top").Parent("middle").LinkNetNS(two.NetNS)
	ensured(t, c, top, true)
	ensured(t, c, top, false)
	ensured(t, c, macvlan.New("top").Parent("p").LinkNetNS(one.NetNS), false)
	_, err = c.Ensure(t.Context(), macvlan.New("top").Parent("p").LinkNetNS(two.NetNS))
	isImmutable(t, err, "link-netns")

	ensured(t, there, macvlan.New("local").Parent("p"), true)
	ensured(t, c, macvlan.New("upper").Parent("local").LinkNetNS(two.NetNS), true)
	ensured(t, c, macvlan.New("upper").Parent("local").LinkNetNS(two.NetNS), false)
	_, err = c.Ensure(t.Context(), macvlan.New("upper").Parent("middle").LinkNetNS(two.NetNS))
	isImmutable(t, err, "link")
	ensured(t, there, macvlan.New("beside").Parent("local"), true)
	_, err = there.Ensure(t.Context(), macvlan.New("beside").Parent("middle"))
	isImmutable(t, err, "link")
}

// TestParentOfAnotherFamily wants a macvlan on a VLAN, and finds it on what the
// VLAN sits on.
func TestParentOfAnotherFamily(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	c, ns := scratch(t)
	ns.ip("link", "add", "p", "type", "veth", "peer", "name", "q")
	ns.ip("link", "add", "p.7", "link", "p", "type", "vlan", "id", "7")
	ensured(t, c, macvlan.New("t0").Parent("p"), true)
	_, err := c.Ensure(t.Context(), macvlan.New("t0").Parent("p.7"))
	isImmutable(t, err, "link")
}

// TestParentThatIsNotTold ensures an ipvtap link, of which the kernel does not
// say in which namespace its parent is.
func TestParentThatIsNotTold(t *testing.T) {
	testutil.Need(t, iplink.KindIPvtap)
	c, _, one, _ := parentsOfOneIndex(t)
	spec := ipvtap.New("t0").ParentIndex(291).LinkNetNS(one.NetNS)
	ensured(t, c, spec, true)
	ensured(t, c, spec, false)
}
