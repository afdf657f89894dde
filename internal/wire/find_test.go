package wire

import (
	"bytes"
	"testing"
)

// TestFind looks in nests, behind attributes of other types and before a broken one.
func TestFind(t *testing.T) {
	b := AppendU32(nil, 3, 0x1234)
	b, outer := Begin(b, 7|0x8000)
	b = AppendU16(b, 1, 0x5678)
	b, inner := Begin(b, 2)
	b = AppendU16(AppendU16(b, 9, 0x9abc), 9, 0xdef0)
	b = End(End(b, inner), outer)
	b = AppendU32(b, 7, 1)
	for _, c := range []struct {
		path []uint16
		want []byte
	}{
		{nil, b},
		{[]uint16{3}, Order.AppendUint32(nil, 0x1234)},
		{[]uint16{7, 1}, Order.AppendUint16(nil, 0x5678)},
		{[]uint16{7, 2, 9}, Order.AppendUint16(nil, 0x9abc)},
		{[]uint16{7, 2, 8}, nil},
		{[]uint16{9}, nil},
		{[]uint16{8, 2}, nil},
	} {
		if got := Find(b, c.path...); !bytes.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("at %d stands %x, want %x", c.path, got, c.want)
		}
	}
	if got := Find(append(b[:8:8], 0xff), 3); !bytes.Equal(got, b[4:8]) {
		t.Errorf("before a broken attribute stands %x", got)
	}
	if got := Find([]byte{3, 0, 3, 0}, 3); got != nil {
		t.Errorf("in a broken attribute stands %x", got)
	}
	if got := Find(AppendFlag(b[:8:8], 5), 5); got == nil || len(got) != 0 {
		t.Errorf("in an empty attribute stands %x", got)
	}
	if n := testing.AllocsPerRun(10, func() { Find(b, 7, 2, 9) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
