package wire

import (
	"slices"
	"testing"

	"github.com/mdlayher/netlink"
)

// FuzzAttrs walks any bytes. What was found is appended again: a second walk,
// and an independent decoder, must find the same in that.
func FuzzAttrs(f *testing.F) {
	f.Add(bytesOf(f, "0500 2301 a1000000 0400 0200", "0005 0123 a1000000 0004 0002"))
	f.Add(bytesOf(f, "0800 1280 0400 0100 0900 0100 a1", "0008 8012 0004 0001 0009 0001 a1"))
	f.Add(appendRequest(nil, []byte{0xa1, 0xa2})[HeaderLen+LinkLen:])
	f.Fuzz(func(t *testing.T, b []byte) {
		found := walkAttrs(b)
		var again []byte
		for i, typ := range found.types {
			again = AppendAttr(again, typ, []byte(found.data[i]))
		}
		if found.err == nil && len(again) < len(b)-AttrLen {
			t.Errorf("% x holds % x only", b, again)
		}
		walkAttrs(again).want(t, "again", nil, found.types, found.data...)
		d, err := netlink.NewAttributeDecoder(again)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; d.Next(); i++ {
			if d.Type() != found.types[i] || string(d.Bytes()) != found.data[i] {
				t.Errorf("number %d: %#x, % x; want %#x, % x", i, d.Type(), d.Bytes(), found.types[i], found.data[i])
			}
		}
		if d.Err() != nil || d.Len() != len(found.types) {
			t.Errorf("%d attributes, want %d; error %v", d.Len(), len(found.types), d.Err())
		}
	})
}

// FuzzMessages walks any bytes as the messages of a datagram, and again what is
// made of them.
func FuzzMessages(f *testing.F) {
	request := appendRequest(nil, []byte{0xa1, 0xa2})
	f.Add(request)
	f.Add(slices.Concat(request, request, request[:20]))
	f.Add(bytesOf(f, "ffffffff 1000 0506 d4c3b2a1 00000000", "ffffffff 0010 0605 a1b2c3d4 00000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		found := walkMessages(b)
		var again []byte
		for i, typ := range found.types {
			m, at := BeginMessage(again, typ, 0)
			again = pad(EndMessage(append(m, found.data[i]...), at), len(found.data[i]))
		}
		if found.err == nil && len(again) < len(b) {
			t.Errorf("% x holds % x only", b, again)
		}
		walkMessages(again).want(t, "again", nil, found.types, found.data...)
	})
}
