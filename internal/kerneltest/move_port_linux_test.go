package kerneltest_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestPortMoves takes a port, which is up because its master opened it, to another
// master.
func TestPortMoves(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	testutil.Need(t, iplink.KindTeam)
	testutil.Need(t, iplink.KindDummy)
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, "link add b1 type bond", "link add b2 type bond mode active-backup", "link add t1 type team",
		"link add br1 type bridge", "link add p1 type dummy", "link set p1 master b1")
	for _, test := range []struct {
		to   any
		spec iplink.Spec
		up   bool
	}{
		{"b2", iplink.Device("p1").Master("b2"), true},
		{"t1", iplink.Device("p1").Master("t1").Up(), true},
		{"b1", dummy.New("p1").Master("b1"), true},
		{"br1", iplink.Device("p1").Master("br1").Up(), true},
		{"b2", iplink.Device("p1").Master("b2").DownFirst(), true},
		{nil, iplink.Device("p1").NoMaster().Up(), true},
		{"t1", iplink.Device("p1").Master("t1").Down(), true},
		{"b1", iplink.Device("p1").Master("b1").Down().TxQueueLen(123), true},
		{"br1", iplink.Device("p1").Master("br1").Down(), false},
		{"b1", dummy.New("p1").Master("b1").Up(), true},
	} {
		lab.Updated(t, c, test.spec)
		if l := ns.Link("p1"); l["master"] != test.to || ns.Up("p1") != test.up {
			t.Errorf("%v: %v", test.spec, l)
		}
	}
	lab.Ensured(t, c, dummy.New("p1").Master("b2"), false, "master")
	lab.Ensured(t, c, dummy.New("p1").Master("t1").Up(), false, "master")
	lab.Ensured(t, c, dummy.New("p1").MasterIndex(0).Up(), false, "master")
	if l := ns.Link("p1"); l["master"] != nil || !ns.Up("p1") {
		t.Errorf("%v", l)
	}
	ns.IP("link", "set", "p1", "master", "br1")
	_, err := c.Update(t.Context(), iplink.Device("p1").Master("b2"))
	lab.Refused(t, err, "master", "takes only links that are down: DownFirst")
	if l := ns.Link("p1"); l["master"] != "br1" {
		t.Errorf("p1 has left its bridge: %v", l)
	}
}
