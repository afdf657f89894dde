package gtpnl

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

var (
	first  = PDP{Version: 1, LocalTEI: 0x12345678, PeerTEI: 0x87654321, Peer: netip.MustParseAddr("192.0.2.2"), MS: netip.MustParseAddr("10.0.0.1")}
	second = PDP{TID: 0x123456789abcdef0, Flow: 0x1234, Peer: netip.MustParseAddr("2001:db8::2"), MS: netip.MustParseAddr("2001:db8:1::")}
)

// TestAppend compares requests with bytes written by hand from the kernel's header, and
// reads them.
func TestAppend(t *testing.T) {
	for want, p := range map[string]PDP{
		"08000100 21430000 08000200 01000000 08000500 0a000001 08000800 78563412 08000900 21436587 08000400 c0000202": first,
		"08000100 21430000 08000200 00000000 05000d00 0a000000 14000c00 20010db8000100000000000000000000" +
			"0c000300 f0debc9a78563412 06000600 34120000 14000b00 20010db8000000000000000000000002": second,
	} {
		b := p.appendNew(nil, 0x4321)
		if string(b) != string(testutil.LittleEndian(t, want)) {
			t.Errorf("\n got % x\nwant %s", b, want)
		}
		if got, index, err := parse(b); got != p || index != 0x4321 || err != nil {
			t.Errorf("%v of %#x, error %v; want %v", got, index, err, p)
		}
	}
}

// TestParse reads answers that no kernel gives.
func TestParse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		b := second.appendNew(first.appendNew(nil, 7), 8)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		_, _, _ = parse(b[:r.IntN(len(b)+1)])
	}
}

// random returns contexts of which no two have the same mobile or tunnel.
func random(r *rand.Rand) (all []PDP) {
	for range r.IntN(7) {
		p := PDP{Version: 1, LocalTEI: 1 + r.Uint32N(5), PeerTEI: 1 + r.Uint32N(2), Peer: first.Peer, MS: netip.AddrFrom4([4]byte{10, 0, 0, byte(r.UintN(5))})}
		if r.IntN(3) == 0 {
			p = PDP{TID: uint64(p.LocalTEI), Flow: 7, Peer: p.Peer, MS: p.MS}
		}
		if _, flaw := Twice(append(slices.Clone(all), p)); flaw == nil {
			all = append(all, p)
		}
	}
	return all
}

// TestPlan carries out plans, by a model of the kernel, and undoes them.
func TestPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		have, want, only := random(r), random(r), r.IntN(2) == 0
		steps := Steps(Plan(want, have, only))
		now := carryOut(t, have, steps)
		for _, w := range want {
			if !slices.Contains(now, w) {
				t.Fatalf("%v becomes %v, want %v", have, now, want)
			}
		}
		if only && len(now) != len(want) || len(Plan(want, now, only)) > 0 {
			t.Fatalf("%v becomes %v, want only %v", have, now, want)
		}
		var back []Step
		for _, s := range slices.Backward(steps) {
			back = append(back, s.undo())
		}
		if restored := carryOut(t, now, back); !same(restored, have) {
			t.Fatalf("%v restored as %v", have, restored)
		}
	}
}

// carryOut changes contexts as the kernel does, which refuses some steps.
func carryOut(t *testing.T, have []PDP, steps []Step) []PDP {
	t.Helper()
	now := slices.Clone(have)
	for _, s := range steps {
		i := slices.Index(now, s.PDP)
		if s.Remove != (i >= 0) {
			t.Fatalf("step %+v with %v", s, now)
		}
		if s.Remove {
			now = slices.Delete(now, i, i+1)
			continue
		}
		now = append(now, s.PDP)
		if _, flaw := Twice(now); flaw != nil {
			t.Fatalf("step %+v: %s", s, flaw.Text)
		}
	}
	return now
}

func same(a, b []PDP) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p PDP) bool { return !slices.Contains(b, p) })
}

// TestFind looks for contexts by the mobile and by the tunnel.
func TestFind(t *testing.T) {
	four := second
	four.MS = netip.MustParseAddr("10.0.0.2")
	all := []PDP{first, second, four}
	for _, c := range []struct {
		by   PDP
		want *PDP
		flaw string
	}{
		{PDP{MS: first.MS}, &all[0], ""},
		{PDP{Version: 1, LocalTEI: first.LocalTEI}, &all[0], ""},
		{PDP{Version: 1, LocalTEI: 7}, nil, ""},
		{PDP{MS: netip.MustParseAddr("10.0.0.3"), Version: 1, LocalTEI: first.LocalTEI}, nil, ""},
		{PDP{TID: second.TID}, nil, "ms"},
		{PDP{Version: 2, LocalTEI: 7}, nil, "version"},
		{PDP{}, nil, "ms"},
	} {
		found, flaw := c.by.Find(all)
		if found != c.want || (flaw == nil) != (c.flaw == "") || flaw != nil && flaw.Word != c.flaw {
			t.Errorf("%v is %v, %v; want %v, %q", c.by, found, flaw, c.want, c.flaw)
		}
	}
}
