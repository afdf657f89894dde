package wire

import (
	"slices"
	"testing"
)

// TestPath asks for the attribute at every offset of a message.
func TestPath(t *testing.T) {
	const linkInfo, data, kind = 18, 2, 1
	b := AppendString(nil, 3, "vx0") // 0
	b, info := Begin(b, linkInfo)    // 8
	b = AppendText(b, kind, "vxlan") // 12
	b, nest := Begin(b, data)        // 24
	b = AppendU8(b, 7, 0xa1)         // 28
	b = AppendU32(b, 9, 0xa1a2a3a4)  // 36
	b = End(End(b, nest), info)
	b = AppendU32(b, 4, 0x1234) // 44
	want := map[int][]uint16{
		0: {3}, 8: {linkInfo}, 12: {linkInfo, kind}, 24: {linkInfo, data},
		28: {linkInfo, data, 7}, 36: {linkInfo, data, 9}, 44: {4},
	}
	for offset := -4; offset < len(b)+8; offset++ {
		if got := Path(b, offset, linkInfo, data); !slices.Equal(got, want[offset]) {
			t.Errorf("offset %d: %v, want %v", offset, got, want[offset])
		}
	}
	if got := Path(b, 28, linkInfo); got != nil {
		t.Errorf("looked into %v, which is not a nest", got)
	}
	if got := Path(b[:40], 36, linkInfo, data); got != nil {
		t.Errorf("found %v behind a broken length", got)
	}
}
