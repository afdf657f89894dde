package iplink

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestImage keeps messages as what differs from a model, which is little if they
// are alike, and gets them back.
func TestImage(t *testing.T) {
	model := bytes.Repeat([]byte{0x12, 0x34, 0x56, 0x78}, 700)
	w, l := newMirror(filter{}), &Link{Kind: KindVXLAN}
	if i := w.imageOf(l, model); i.differs != "" || i.model != string(model) {
		t.Error("the first message is not the model")
	}
	for _, test := range []struct {
		at   []int // of bytes that differ
		most int   // bytes that are kept
	}{
		{nil, 0},
		{[]int{0}, 5},
		{[]int{5, 7, 2799}, 12},
		{[]int{4 * 254}, 5},
		{[]int{4 * 255}, 6},
		{[]int{4*255 - 1, 4 * 511}, 11},
	} {
		b := slices.Clone(model)
		for _, at := range test.at {
			b[at] ^= 0x9a
		}
		i := w.imageOf(l, b)
		if got := i.message(); !bytes.Equal(got, b) || i.model != string(model) {
			t.Errorf("differing at %v: %x, want %x", test.at, got, b)
		}
		if len(i.differs) > test.most {
			t.Errorf("differing at %v: %d bytes are kept, want %d", test.at, len(i.differs), test.most)
		}
	}
}

// TestImageModel has a message that is little like the model become the next one,
// and leaves those of other kinds alone.
func TestImageModel(t *testing.T) {
	w := newMirror(filter{})
	old, other := bytes.Repeat([]byte{0x12}, 640), bytes.Repeat([]byte{0x34}, 640)
	first := w.imageOf(&Link{Kind: KindVXLAN}, old)
	w.imageOf(&Link{Kind: KindVeth}, other)
	if i := w.imageOf(&Link{Kind: KindVXLAN}, old); i != first {
		t.Error("another kind's message has become the model")
	}
	for range 2 {
		if i := w.imageOf(&Link{Kind: KindVXLAN}, other); i.differs != "" || i.model != string(other) {
			t.Errorf("%d bytes are kept of how a message differs that has nothing in common with the model", len(i.differs))
		}
	}
	if first.model != string(old) {
		t.Error("the next model has overwritten the former")
	}
}

// TestWatcherForgets changes two links over and over, so that what is said of them is
// of another length and another content each time. What a watcher keeps is bounded by
// what there is.
func TestWatcherForgets(t *testing.T) {
	w := newMirror(filter{})
	w.replace(-1, nil)
	for n := range 4000 {
		b := wire.AppendLink(nil, wire.Link{Index: int32(1 + n%2)})
		b = wire.AppendString(b, uapi.IFLA_IFNAME, "a")
		b = wire.AppendU32(b, uapi.IFLA_MTU, 1400)
		b = wire.AppendString(b, uapi.IFLA_IFALIAS, strings.Repeat("y", rand.IntN(256)))
		b, at := wire.Begin(b, uapi.IFLA_PROP_LIST)
		for range rand.IntN(200) {
			b = wire.AppendString(b, uapi.IFLA_ALT_IFNAME, strings.Repeat("x", 1+rand.IntN(127)))
		}
		b = wire.End(b, at)
		w.put(w.spaces[-1], w.parse(wire.Message{Data: b}))
		w.discardEvents()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(w)
	w = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(before.HeapAlloc) - int64(after.HeapAlloc)
	t.Logf("%d KiB are kept of two links", kept>>10)
	if kept > 1<<20 {
		t.Error("that is too much")
	}
}

// TestPool has equal bytes be kept once, and nobody append to those of others.
func TestPool(t *testing.T) {
	for name, p := range map[string]*interner{"apart": {}, "together": {slab: new(slab)}} {
		a, b := []byte("noqueue"), []byte("noqueue")
		x, y := p.copy(a), p.copy(b)
		a[0], b[0] = 'X', 'Y'
		if string(x) != "noqueue" || &x[0] != &y[0] || cap(x) != len(x) {
			t.Errorf("%s: %q with room for %d, and %q", name, x, cap(x), y)
		}
		if empty := p.copy(a[:0]); empty == nil || cap(empty) != 0 {
			t.Errorf("%s: of nothing, %v with room for %d is kept", name, empty, cap(empty))
		}
		for n := range 1000 { // of which some differ where no look is taken to find them
			long := bytes.Repeat([]byte{byte(n), byte(n >> 8), 0x12}, 1+n%100)
			long[n%len(long)] ^= byte(n)
			if kept := p.copy(long); !bytes.Equal(kept, long) {
				t.Fatalf("%s: %x is kept as %x", name, long, kept)
			}
		}
	}
}
