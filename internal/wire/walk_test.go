package wire

import (
	"errors"
	"slices"
	"testing"
)

func TestParseLink(t *testing.T) {
	want := Link{Family: 0x0a, Type: 0x1234, Index: 0x11223344, Flags: 0x55667788, Change: 0x10203040}
	b := append(AppendLink(nil, want), 0xa1, 0xa2)
	got, rest, err := ParseLink(b)
	if got != want || string(rest) != "\xa1\xa2" || err != nil {
		t.Errorf("%+v, rest % x, error %v", got, rest, err)
	}
	for n := range LinkLen {
		if _, _, err := ParseLink(b[:n]); !errors.Is(err, ErrTruncated) {
			t.Errorf("%d bytes: error %v", n, err)
		}
	}
}

// walked is what a walk of attributes or messages came to.
type walked struct {
	types []uint16
	data  []string
	err   error
}

func walkAttrs(b []byte) (w walked) {
	for a, err := range Attrs(b) {
		if err != nil {
			w.err = err
			continue // A walk that goes on after an error shows here.
		}
		w.types = append(w.types, a.Type)
		w.data = append(w.data, string(a.Data))
	}
	return w
}

func walkMessages(b []byte) (w walked) {
	for m, err := range Messages(b) {
		if err != nil {
			w.err = err
			continue
		}
		w.types = append(w.types, m.Type)
		w.data = append(w.data, string(m.Data))
	}
	return w
}

func (w walked) want(t *testing.T, name string, err error, types []uint16, data ...string) {
	t.Helper()
	if !errors.Is(w.err, err) || len(w.types) != len(types) {
		t.Fatalf("%s: %x, error %v; want %x, error %v", name, w.types, w.err, types, err)
	}
	for i := range types {
		if w.types[i] != types[i] || w.data[i] != data[i] {
			t.Errorf("%s, number %d: type %#x, % x; want %#x, % x", name, i, w.types[i], w.data[i], types[i], data[i])
		}
	}
}

func TestAttrs(t *testing.T) {
	for _, c := range []struct {
		name, little, big string
		types             []uint16
		data              []string
		err               error
	}{
		{"nothing", "", "", nil, nil, nil},
		{"padding", "000000", "000000", nil, nil, nil},
		{"padded", "0500 2301 a1000000 0400 0200", "0005 0123 a1000000 0004 0002",
			[]uint16{0x123, 2}, []string{"\xa1", ""}, nil},
		{"last without padding", "0500 2301 a1", "0005 0123 a1", []uint16{0x123}, []string{"\xa1"}, nil},
		{"flag bits of types", "0400 02c0 0400 0280 0400 0240", "0004 c002 0004 8002 0004 4002",
			[]uint16{2, 2, 2}, []string{"", "", ""}, nil},
		{"too short for its header", "0400 0200 0300 0100", "0004 0002 0003 0001", []uint16{2}, []string{""}, ErrTruncated},
		{"length 0", "0000 0100", "0000 0001", nil, nil, ErrTruncated},
		{"past the end", "0400 0200 0900 0100 a1a2a3a4", "0004 0002 0009 0001 a1a2a3a4", []uint16{2}, []string{""}, ErrTruncated},
		{"goes on after an error", "0300 0100 0400 0200", "0003 0001 0004 0002", nil, nil, ErrTruncated},
	} {
		walkAttrs(bytesOf(t, c.little, c.big)).want(t, c.name, c.err, c.types, c.data...)
	}
}

func TestMessages(t *testing.T) {
	one := func(typ uint16, data string) []byte {
		b, at := BeginMessage(nil, typ, 0)
		return EndMessage(append(b, data...), at)
	}
	length := func(n uint32) []byte { // a message of 20 bytes that claims n
		b := one(0x11, "\xa1\xa2\xa3\xa4")
		Order.PutUint32(b, n)
		return b
	}
	first := one(0x12, "\xe1\xe2\xe3\xe4")
	for _, c := range []struct {
		name  string
		b     []byte
		types []uint16
		data  []string
		err   error
	}{
		{"nothing", nil, nil, nil, nil},
		{"two", slices.Concat(one(0x10, "\xa1\xa2\xa3\xa4"), one(0x11, "")), []uint16{0x10, 0x11}, []string{"\xa1\xa2\xa3\xa4", ""}, nil},
		{"padded", slices.Concat(one(0x10, "\xa1"), make([]byte, 3), one(0x11, "")), []uint16{0x10, 0x11}, []string{"\xa1", ""}, nil},
		{"last without padding", one(0x10, "\xa1"), []uint16{0x10}, []string{"\xa1"}, nil},
		{"half a header behind", slices.Concat(first, length(20)[:15]), []uint16{0x12}, []string{"\xe1\xe2\xe3\xe4"}, ErrTruncated},
		{"shorter than a header", slices.Concat(first, length(15)), []uint16{0x12}, []string{"\xe1\xe2\xe3\xe4"}, ErrTruncated},
		{"longer than there is", slices.Concat(first, length(21)), []uint16{0x12}, []string{"\xe1\xe2\xe3\xe4"}, ErrTruncated},
		{"as long as can be", slices.Concat(first, length(1<<32-1)), []uint16{0x12}, []string{"\xe1\xe2\xe3\xe4"}, ErrTruncated},
		{"length 0", length(0), nil, nil, ErrTruncated},
	} {
		walkMessages(c.b).want(t, c.name, c.err, c.types, c.data...)
	}
}

func TestMessageHeader(t *testing.T) {
	b := bytesOf(t,
		"14000000 1000 0506 d4c3b2a1 44332211 a1a2a3a4",
		"00000014 0010 0605 a1b2c3d4 11223344 a1a2a3a4")
	want := Header{Len: 20, Type: 0x10, Flags: 0x605, Seq: 0xa1b2c3d4, PID: 0x11223344}
	for m, err := range Messages(b) {
		if m.Header != want || err != nil {
			t.Errorf("%+v, error %v; want %+v", m.Header, err, want)
		}
	}
}

// TestWalksStop when the loop is left, and payloads end where they end, also
// for append.
func TestWalksStop(t *testing.T) {
	b := AppendU16(AppendU16(nil, 1, 0x1234), 2, 0x5678)
	before := string(b)
	for a := range Attrs(b) {
		_ = append(a.Data, 0xee)
		break
	}
	m, at := BeginMessage(nil, 1, 0)
	m = append(EndMessage(append(m, 0xa1, 0xa2, 0xa3, 0xa4), at), m...)
	messages := string(m)
	for m := range Messages(m) {
		_ = append(m.Data, 0xee)
		break
	}
	if string(b) != before || string(m) != messages {
		t.Error("an append to a payload went into what lies behind it")
	}
}

func TestWalkAllocates(t *testing.T) {
	b := appendRequest(nil, []byte{0xa1})
	n := 0
	allocs := testing.AllocsPerRun(100, func() {
		n = 0
		for m := range Messages(b) {
			for a := range Attrs(m.Data[LinkLen:]) {
				n += len(a.Data)
			}
		}
	})
	if n == 0 || allocs != 0 {
		t.Errorf("%v allocations for %d bytes, want none", allocs, n)
	}
}

func BenchmarkAttrs(b *testing.B) {
	request := appendRequest(nil, []byte{0xa1})
	for b.Loop() {
		for a, err := range Attrs(request[HeaderLen+LinkLen:]) {
			if err != nil || a.Type == 0 {
				b.Fatal(a, err)
			}
		}
	}
}
