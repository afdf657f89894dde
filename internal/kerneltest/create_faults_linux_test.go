package kerneltest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestCreateUnknown drops all answers about one link. It is removed if it exists; a link
// that had the name before stays.
func TestCreateUnknown(t *testing.T) {
	for name, want := range map[string]struct {
		text  string
		links []string
	}{
		"mine":   {"create bridge mine: the kernel's answer was lost", []string{"lo", "theirs"}},
		"theirs": {"create bridge theirs: the kernel's answer was lost", []string{"lo", "theirs"}},
	} {
		c, ns := lab.Scratch(t)
		lab.MustCreate(t, c, bridge.New("theirs"))
		inject := &lab.Injection{Fault: lab.Faults["all-answers-dropped"], Conn: c}
		err := inject.Run(t, lab.CreatingBy(c, []iplink.Spec{bridge.New(name)}))
		if err == nil || err.Error() != want.text {
			t.Errorf("error %v", err)
		}
		if got := ns.Names(); !slices.Equal(got, want.links) {
			t.Errorf("links %v", got)
		}
	}
}

// TestCreateRandomly makes random transactions go wrong at random moments, up
// to twice each, the second time perhaps while it is being undone.
func TestCreateRandomly(t *testing.T) {
	l, r := lab.NewTestbed(t), lab.Seeded(t)
	failed := 0
	for n := range lab.Many(t, lab.Rounds(40), 1000) {
		specs := randomSpecs(l, r)
		what := fmt.Sprintf("transaction %d, %v", n, specs)
		want := l.Made(specs)
		inject := randomFaults(l, r, len(specs))
		err := l.Try(inject, what, specs, want)
		if err != nil {
			failed++
		}
	}
	t.Logf("%d failed and were undone", failed)
	if failed == 0 {
		t.Error("none failed")
	}
}

// randomSpecs describes two to twelve links; later ones may refer to earlier.
func randomSpecs(l *lab.Testbed, r *rand.Rand) []iplink.Spec {
	var specs []iplink.Spec
	parents, masters := []string{"end"}, []string{"br"}
	for i := range 2 + r.IntN(11) {
		name, ns := fmt.Sprintf("r%d", i), l.NS[r.IntN(3)]
		switch r.IntN(6) {
		case 0:
			masters = append(masters, name)
			specs = append(specs, bridge.New(name).Group(r.Uint32N(9)).Up())
		case 1:
			specs = append(specs, vxlan.New(name).NetNS(ns).VNI(uint32(i)+7).AltName("alternative-name-of-"+name))
		case 2:
			parents = append(parents, name)
			specs = append(specs, veth.New(name).Peer(veth.New("p"+name).NetNS(ns).Up()))
		case 3:
			specs = append(specs, macvlan.New(name).Parent(parents[r.IntN(len(parents))]).NetNS(ns))
		case 4:
			specs = append(specs, veth.New(name).Master(masters[r.IntN(len(masters))]).Alias("alias of "+name).Up())
		case 5:
			specs = append(specs, vxlan.New(name).VNI(uint32(i)+7).Dev("under").LinkNetNS(l.NS[1]).Addr(lab.NumberedAddr(i)))
		}
	}
	return specs
}

// randomFaults makes one moment go wrong and perhaps a later one.
func randomFaults(l *lab.Testbed, r *rand.Rand, links int) *lab.Injection {
	names := slices.Sorted(maps.Keys(lab.Faults))
	first := r.IntN(8 * links)
	moments := map[int]lab.Fault{first: lab.Faults[names[r.IntN(len(names))]]}
	if r.IntN(2) == 0 {
		moments[first+1+r.IntN(20)] = lab.Faults[[]string{"error", "no-buffers", "closed"}[r.IntN(3)]]
	}
	return &lab.Injection{Conn: l.Conn, Fault: func(i *lab.Injection, p rtnl.Point) error {
		f := moments[i.Now]
		if f == nil {
			return nil
		}
		i.At, i.Done = i.Now, false
		return f(i, p)
	}}
}

// bonded is a bond that names its ports: one that is down, one that is up and the port of
// a bridge, and one of the same call. It takes down the second one, gives all its MAC
// and its MTU, and brings them up.
func bonded() []iplink.Spec {
	return []iplink.Spec{
		bond.New("master").Mode(bond.ActiveBackup).MTU(1400).Address(lab.NumberedMAC(1)).Ports("end", "port", "made").Up(),
		veth.New("made").Address(lab.NumberedMAC(2)).Peer(veth.New("made1").Address(lab.NumberedMAC(3))),
	}
}

// TestBondPortsFaults makes moments of the creation of a bond with ports go wrong in every
// way: the ports have their master, state, MTU and MAC again, and nothing is left.
func TestBondPortsFaults(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	l, r := lab.NewTestbed(t), lab.Seeded(t)
	l.All[0].IP("link", "set", "end", "down")
	l.Restore = []string{"link set port master br up", "link set end down"}
	l.Settle()
	want, moments := l.Made(bonded()), l.Moments(bonded())
	tries := lab.Many(t, lab.Rounds(16), moments+1)
	failed := 0
	for _, what := range slices.Sorted(maps.Keys(lab.Faults)) {
		for _, n := range r.Perm(moments + 1)[:min(tries, moments+1)] {
			if l.Try(&lab.Injection{At: n, Fault: lab.Faults[what], Conn: l.Conn}, what, bonded(), want) != nil {
				failed++
			}
		}
	}
	t.Logf("%d moments, %d failures were undone", moments, failed)
	if failed == 0 {
		t.Error("nothing failed")
	}
}
