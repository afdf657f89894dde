package iplink_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// bonded is a bond that names its ports: one that is down, one that is up and the port of
// a bridge, and one of the same call. It takes down the second one, gives all its MAC
// and its MTU, and brings them up.
func bonded() []iplink.Spec {
	return []iplink.Spec{
		bond.New("master").Mode(bond.ActiveBackup).MTU(1400).Address(attachMAC(1)).Ports("end", "port", "made").Up(),
		veth.New("made").Address(attachMAC(2)).Peer(veth.New("made1").Address(attachMAC(3))),
	}
}

// TestBondPortsFaults makes moments of the creation of a bond with ports go wrong in every
// way: the ports have their master, state, MTU and MAC again, and nothing is left.
func TestBondPortsFaults(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	l, r := newTestbed(t), seeded(t)
	l.all[0].IP("link", "set", "end", "down")
	l.restore = []string{"link set port master br up", "link set end down"}
	l.settle()
	want, moments := l.made(bonded()), l.moments(bonded())
	tries := lab.Many(t, emulated(16), moments+1)
	failed := 0
	for _, what := range slices.Sorted(maps.Keys(faults)) {
		for _, n := range r.Perm(moments + 1)[:min(tries, moments+1)] {
			if l.try(&injection{at: n, fault: faults[what], conn: l.conn}, what, bonded(), want) != nil {
				failed++
			}
		}
	}
	t.Logf("%d moments, %d failures were undone", moments, failed)
	if failed == 0 {
		t.Error("nothing failed")
	}
}
