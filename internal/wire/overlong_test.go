package wire

import (
	"bytes"
	"slices"
	"testing"
)

// nestOf appends an attribute of which the length does not matter, as the kernel does.
func nestOf(b []byte, typ uint16, n int, entry []byte) []byte {
	b, at := Begin(b, typ)
	for range n {
		b = append(b, entry...)
	}
	Order.PutUint16(b[at:], uint16(len(b)-at))
	return b
}

// TestLegible has nests of entries be longer than their length says, by one entry
// and more, between other attributes, where a walk would go astray at once, late or
// not at all.
func TestLegible(t *testing.T) {
	for _, size := range []int{4, 8, 12, 16, 28, 132} {
		entry := AppendAttr(nil, 0x35, bytes.Repeat([]byte{0x12, 0x34}, 66)[:size-AttrLen])
		for _, lengths := range [][]int{{66000, 8}, {65536, 8}, {65532, 65540}, {200000, 131072 + 16}, {40000, 40000}, {16, 65528}} {
			var b []byte
			b = AppendU32(b, 4, 0xa1b2c3d4)
			b = nestOf(b, 18, lengths[0]/size, entry)
			b = AppendString(b, 0x34, "between")
			b = nestOf(b, 26, lengths[1]/size, entry)
			b = AppendU16(b, 7, 0x1234)

			want := []uint16{4, 0x34, 7}
			cut := map[uint16]int{}
			for i, typ := range []uint16{18, 26} {
				if n := lengths[i] / size * size; n+AttrLen > MaxLen {
					cut[typ] = n
				} else {
					want = append(want, typ)
				}
			}
			legible, ok := Legible(b, func(a Attr) {
				if cut[a.Type] != len(a.Data) {
					t.Errorf("entries of %d bytes, nests of %v: %d is taken to have %d bytes", size, lengths, a.Type, len(a.Data))
				}
				delete(cut, a.Type)
			})
			found := walkAttrs(legible)
			slices.Sort(want)
			slices.Sort(found.types)
			if !ok || found.err != nil || len(cut) > 0 || !slices.Equal(found.types, want) {
				t.Errorf("entries of %d bytes, nests of %v: %v, %v left, %v, %t; want %v", size, lengths, found.types, cut, found.err, ok, want)
			}
		}
	}
}

// TestIllegible gives up.
func TestIllegible(t *testing.T) {
	b := AppendString(nil, 3, "first")
	for range 1 << 13 {
		b = AppendU32(b, 9, 0x1234)
	}
	b = append(b, b...)
	legible, ok := Legible(b, func(a Attr) { t.Errorf("%d is too long", a.Type) })
	if want := AppendString(nil, 3, "first"); ok || !bytes.Equal(legible, want) {
		t.Errorf("% x, %t; want % x", legible, ok, want)
	}
}

// FuzzLegible has any bytes be legible in the end, in a bounded time.
func FuzzLegible(f *testing.F) {
	f.Add(bytesOf(f, "0500 2301 a1000000 0400 0200", "0005 0123 a1000000 0004 0002"), 9000)
	f.Add(bytesOf(f, "0000 0100 0400 0200 0400 0300", "0000 0001 0004 0002 0004 0003"), 7000)
	f.Fuzz(func(t *testing.T, b []byte, times int) {
		b = bytes.Repeat(b, min(max(times, 1), 1<<20/max(len(b), 1)))
		legible, ok := Legible(b, func(a Attr) {
			if len(a.Data)+AttrLen <= MaxLen {
				t.Errorf("an attribute of %d bytes is too long", len(a.Data))
			}
		})
		if found := walkAttrs(legible); ok && len(b) > MaxLen && found.err != nil {
			t.Error(found.err)
		}
	})
}
