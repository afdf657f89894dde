package wire

import (
	"testing"

	"github.com/mdlayher/netlink"
)

// TestReferenceReads has an independent decoder read what was appended.
func TestReferenceReads(t *testing.T) {
	b := appendRequest(nil, []byte{0xa1, 0xa2, 0xa3, 0xa4, 0xa5})
	var m netlink.Message
	if err := m.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if m.Header.Type != 16 || m.Header.Flags != 0x605 || m.Header.Sequence != 0x1234 {
		t.Errorf("header %+v", m.Header)
	}
	d, err := netlink.NewAttributeDecoder(m.Data[LinkLen:])
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for d.Next() {
		found++
		switch d.Type() {
		case 3:
			equal(t, d.String(), "vx0")
		case 18:
			d.Nested(func(d *netlink.AttributeDecoder) error {
				found += readNest(t, d)
				return nil
			})
		}
	}
	if err := d.Err(); err != nil || found != 9 {
		t.Errorf("%d attributes, want 9; error %v", found, err)
	}
}

func readNest(t *testing.T, d *netlink.AttributeDecoder) (found int) {
	for ; d.Next(); found++ {
		switch d.Type() {
		case 1:
			equal(t, d.String(), "vxlan")
		case 2:
			equal(t, string(d.Bytes()), "\xa1\xa2\xa3\xa4\xa5")
		case 3:
			equal(t, d.Uint8(), 0xa1)
		case 4:
			equal(t, d.Uint16(), 0x1234)
		case 5:
			equal(t, d.Uint32(), 0x12345678)
		case 6:
			equal(t, d.Uint64(), 0x123456789abcdef0)
		case 7:
			equal(t, d.Flag(), true)
		}
	}
	return found
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestReferenceWrites walks what an independent encoder made, and compares the
// bytes where its choices are ours.
func TestReferenceWrites(t *testing.T) {
	e := netlink.NewAttributeEncoder()
	e.String(3, "vx0")
	e.Uint8(4, 0xa1)
	e.Uint16(5, 0x1234)
	e.Uint32(6, 0x12345678)
	e.Uint64(7, 0x123456789abcdef0)
	e.Flag(8, true)
	e.Bytes(9, []byte{0xa1, 0xa2, 0xa3})
	e.Nested(18, func(e *netlink.AttributeEncoder) error {
		e.Uint16(2, 0x5678)
		return nil
	})
	reference, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b := AppendString(nil, 3, "vx0")
	b = AppendU8(b, 4, 0xa1)
	b = AppendU16(b, 5, 0x1234)
	b = AppendU32(b, 6, 0x12345678)
	b = AppendU64(b, 7, 0x123456789abcdef0)
	b = AppendFlag(b, 8)
	b = AppendAttr(b, 9, []byte{0xa1, 0xa2, 0xa3})
	b, at := Begin(b, 0x8000|18)
	b = End(AppendU16(b, 2, 0x5678), at)
	if string(b) != string(reference) {
		t.Errorf("\n got % x\nwant % x", b, reference)
	}
	walkAttrs(reference[len(reference)-12:]).want(t, "nest", nil, []uint16{18}, string(AppendU16(nil, 2, 0x5678)))
}
