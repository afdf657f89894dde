package iplink_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// seeded returns a source of randomness that $IPLINK_SEED repeats.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("IPLINK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("IPLINK_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestCreateRandomly makes random transactions go wrong at random moments, up
// to twice each, the second time perhaps while it is being undone.
func TestCreateRandomly(t *testing.T) {
	l, r := newLab(t), seeded(t)
	failed := 0
	for n := range many(t, emulated(40), 1000) {
		specs := randomSpecs(l, r)
		what := fmt.Sprintf("transaction %d, %v", n, specs)
		want := l.made(specs)
		inject := randomFaults(l, r, len(specs))
		err := l.try(inject, what, specs, want)
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
func randomSpecs(l *lab, r *rand.Rand) []iplink.Spec {
	var specs []iplink.Spec
	parents, masters := []string{"end"}, []string{"br"}
	for i := range 2 + r.IntN(11) {
		name, ns := fmt.Sprintf("r%d", i), l.all[r.IntN(3)].NetNS
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
			specs = append(specs, vxlan.New(name).VNI(uint32(i)+7).Dev("under").LinkNetNS(l.all[1].NetNS).Addr(attachAddr(i)))
		}
	}
	return specs
}

// randomFaults makes one moment go wrong and perhaps a later one.
func randomFaults(l *lab, r *rand.Rand, links int) *injection {
	names := slices.Sorted(maps.Keys(faults))
	first := r.IntN(8 * links)
	moments := map[int]fault{first: faults[names[r.IntN(len(names))]]}
	if r.IntN(2) == 0 {
		moments[first+1+r.IntN(20)] = faults[[]string{"error", "no-buffers", "closed"}[r.IntN(3)]]
	}
	return &injection{conn: l.conn, fault: func(i *injection, p rtnl.Point) error {
		f := moments[i.now]
		if f == nil {
			return nil
		}
		i.at, i.done = i.now, false
		return f(i, p)
	}}
}
