package vti_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
)

// TestKeys sends a datagram whose policy at the receiver has another mark than the IKey,
// and one whose outer packet has a route only with the FwMark, which the kernel has no
// regard for.
func TestKeys(t *testing.T) {
	t.Run("vti", func(t *testing.T) {
		end := func(local, remote string) *vti.Builder {
			return vti.New("v").Local(lab.Addr(local)).Remote(lab.Addr(remote)).Key(0x1234).FwMark(0x4321).Up()
		}
		over4.keys(t, end(over4.left, over4.right).Addr(over4.host(1)), end(over4.right, over4.left).Addr(over4.host(2)),
			vti.New("v").IKey(0x4321), vti.New("v").IKey(0x1234))
	})
	t.Run("vti6", func(t *testing.T) {
		end := func(local, remote string) *vti6.Builder {
			return vti6.New("v").Local(lab.Addr(local)).Remote(lab.Addr(remote)).Key(0x1234).FwMark(0x4321).Up()
		}
		over6.keys(t, end(over6.left, over6.right).Addr(over6.host(1)), end(over6.right, over6.left).Addr(over6.host(2)),
			vti6.New("v").IKey(0x4321), vti6.New("v").IKey(0x1234))
	})
}

// keys makes both ends, and changes the receiving one to wrong and to right.
func (p plan) keys(t *testing.T, here, there, wrong, right iplink.Spec) {
	conn, left, far := p.ends(t)
	beyond := testutil.Opened(far, iplink.Dial)
	lab.MustCreate(t, conn, here)
	lab.MustCreate(t, beyond, there)
	passes := p.sender(t, left, far)
	if !passes("before", 100) {
		t.Fatal("the datagram has not arrived")
	}
	lab.Updated(t, beyond, wrong)
	if passes("elsewhere", 2) {
		t.Error("a datagram arrives although no policy has the mark")
	}
	lab.Updated(t, beyond, right)
	if !passes("again", 100) {
		t.Error("the datagram has not arrived after the mark was right again")
	}
	lab.ByMark(left, p.kind == iplink.KindVTI6, 0x4321)
	if passes("by its mark", 2) {
		t.Error("the datagram has arrived by the route for the mark")
	}
}

// TestFwMark reads the MTU of new links, where the route for a mark leads to a link with a
// smaller one: a vti link has that, a vti6 link does not.
func TestFwMark(t *testing.T) {
	testutil.Need(t, iplink.KindVTI6)
	conn, ns, _ := lab.Cable(t, iplink.KindVTI)
	ns.Batch("link add small mtu 1333 type veth peer name small1", "link set small up", "link set small1 up",
		"rule add fwmark 0x4321 lookup 77", "route add 192.0.2.0/24 dev small table 77")
	ns.IP("-6 rule add fwmark 0x4321 lookup 77")
	ns.IP("-6 route add 2001:db8::/64 dev small table 77")
	four := func(name, remote string) *vti.Builder {
		return vti.New(name).Local(lab.Addr("192.0.2.1")).Remote(lab.Addr(remote)).Key(0x1234)
	}
	six := func(name, remote string) *vti6.Builder {
		return vti6.New(name).Local(lab.Addr("2001:db8::1")).Remote(lab.Addr(remote)).Key(0x1234)
	}
	lab.MustCreate(t, conn, four("a", "192.0.2.2"), four("b", "192.0.2.3").FwMark(0x4321),
		six("c", "2001:db8::2"), six("d", "2001:db8::3").FwMark(0x4321))
	mtu := func(name string) float64 { return ns.Link(name)["mtu"].(float64) }
	if less := mtu("a") - mtu("b"); less != 1500-1333 {
		t.Errorf("the MTU of vti is smaller by %v", less)
	}
	if less := mtu("c") - mtu("d"); less != 0 {
		t.Errorf("the MTU of vti6 is smaller by %v", less)
	}
}
