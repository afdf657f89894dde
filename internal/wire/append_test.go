package wire

import (
	"encoding/hex"
	"strings"
	"testing"
)

// bytesOf returns the bytes for this host's order of two literals in base 16,
// the first for little-endian and the second for big-endian hosts.
func bytesOf(t testing.TB, little, big string) []byte {
	t.Helper()
	literal := little
	if Order.Uint16([]byte{0x12, 0x34}) == 0x1234 {
		literal = big
	}
	b, err := hex.DecodeString(strings.ReplaceAll(literal, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantBytes(t testing.TB, name string, got []byte, little, big string) {
	t.Helper()
	if want := bytesOf(t, little, big); string(got) != string(want) {
		t.Errorf("%s:\n got % x\nwant % x", name, got, want)
	}
}

// appended is what is appended, and the bytes for it in both orders.
var appended = map[string]struct {
	append      func([]byte) []byte
	little, big string
}{
	"attr of 0": {
		func(b []byte) []byte { return AppendAttr(b, 0x0123, nil) },
		"0400 2301", "0004 0123",
	},
	"attr of 1": {
		func(b []byte) []byte { return AppendAttr(b, 0x0123, []byte{0xa1}) },
		"0500 2301 a1000000", "0005 0123 a1000000",
	},
	"attr of 3": {
		func(b []byte) []byte { return AppendAttr(b, 0x0123, []byte{0xa1, 0xa2, 0xa3}) },
		"0700 2301 a1a2a300", "0007 0123 a1a2a300",
	},
	"attr of 4": {
		func(b []byte) []byte { return AppendAttr(b, 0x0123, []byte{0xa1, 0xa2, 0xa3, 0xa4}) },
		"0800 2301 a1a2a3a4", "0008 0123 a1a2a3a4",
	},
	"attr of 5": {
		func(b []byte) []byte { return AppendAttr(b, 0x0123, []byte{0xa1, 0xa2, 0xa3, 0xa4, 0xa5}) },
		"0900 2301 a1a2a3a4 a5000000", "0009 0123 a1a2a3a4 a5000000",
	},
	"string": {
		func(b []byte) []byte { return AppendString(b, 0x0123, "vx0") },
		"0800 2301 76783000", "0008 0123 76783000",
	},
	"string, padded": {
		func(b []byte) []byte { return AppendString(b, 0x0123, "eth0") },
		"0900 2301 65746830 00000000", "0009 0123 65746830 00000000",
	},
	"empty string": {
		func(b []byte) []byte { return AppendString(b, 0x0123, "") },
		"0500 2301 00000000", "0005 0123 00000000",
	},
	"text": {
		func(b []byte) []byte { return AppendText(b, 0x0123, "vxlan") },
		"0900 2301 76786c61 6e000000", "0009 0123 76786c61 6e000000",
	},
	"u8": {
		func(b []byte) []byte { return AppendU8(b, 0x0123, 0xa1) },
		"0500 2301 a1000000", "0005 0123 a1000000",
	},
	"u16": {
		func(b []byte) []byte { return AppendU16(b, 0x0123, 0x1234) },
		"0600 2301 34120000", "0006 0123 12340000",
	},
	"u32": {
		func(b []byte) []byte { return AppendU32(b, 0x0123, 0x12345678) },
		"0800 2301 78563412", "0008 0123 12345678",
	},
	"u64": {
		func(b []byte) []byte { return AppendU64(b, 0x0123, 0x123456789abcdef0) },
		"0c00 2301 f0debc9a 78563412", "000c 0123 12345678 9abcdef0",
	},
	"flag": {
		func(b []byte) []byte { return AppendFlag(b, 0x0123) },
		"0400 2301", "0004 0123",
	},
	"ifinfomsg": {
		func(b []byte) []byte {
			return AppendLink(b, Link{Family: 0x0a, Type: 0x1234, Index: 0x11223344, Flags: 0x55667788, Change: 0x10203040})
		},
		"0a00 3412 44332211 88776655 40302010", "0a00 1234 11223344 55667788 10203040",
	},
	"negative index": {
		func(b []byte) []byte { return AppendLink(b, Link{Index: -2}) },
		"0000 0000 feffffff 00000000 00000000", "0000 0000 fffffffe 00000000 00000000",
	},
}

func TestAppend(t *testing.T) {
	for name, c := range appended {
		wantBytes(t, name, c.append(nil), c.little, c.big)
		wantBytes(t, name+", behind others", c.append([]byte{0xe1, 0xe2, 0xe3, 0xe4}), "e1e2e3e4"+c.little, "e1e2e3e4"+c.big)
	}
}

func TestBeginEnd(t *testing.T) {
	b, outer := Begin([]byte{0xe1, 0xe2, 0xe3, 0xe4}, 0x8012)
	b, inner := Begin(b, 0x8002)
	b = AppendU8(b, 5, 0xa1)
	b = End(b, inner)
	b = End(append(b, 0xa2), outer)
	wantBytes(t, "nested", b,
		"e1e2e3e4 1100 1280 0c00 0280 0500 0500 a1000000 a2000000",
		"e1e2e3e4 0011 8012 000c 8002 0005 0005 a1000000 a2000000")
}

func TestMessage(t *testing.T) {
	b, at := BeginMessage([]byte{0xe1, 0xe2, 0xe3, 0xe4}, 0x0010, 0x0605)
	b = EndMessage(AppendU32(b, 4, 0x12345678), at)
	SetSeq(b[at:], 0xa1b2c3d4)
	wantBytes(t, "message", b,
		"e1e2e3e4 18000000 1000 0506 d4c3b2a1 00000000 0800 0400 78563412",
		"e1e2e3e4 00000018 0010 0605 a1b2c3d4 00000000 0008 0004 12345678")
}

func TestAlign(t *testing.T) {
	for n, want := range []int{0, 4, 4, 4, 4, 8, 8, 8, 8, 12} {
		if got := Align(n); got != want {
			t.Errorf("Align(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestCString(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"\x00":         "",
		"vx0":          "vx0",
		"vx0\x00":      "vx0",
		"vx0\x00\x00x": "vx0",
		"\x00vx0":      "",
	} {
		if got := CString([]byte(in)); got != want {
			t.Errorf("CString(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestAppendAllocates nothing beyond the buffer.
func TestAppendAllocates(t *testing.T) {
	buf := make([]byte, 0, 1<<10)
	data := []byte{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6}
	if n := testing.AllocsPerRun(100, func() { appendRequest(buf[:0], data) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// appendRequest appends something of each sort.
func appendRequest(b, data []byte) []byte {
	b, message := BeginMessage(b, 16, 0x605)
	b = AppendLink(b, Link{Index: 0x1234})
	b = AppendString(b, 3, "vx0")
	b, info := Begin(b, 18)
	b = AppendText(b, 1, "vxlan")
	b = AppendAttr(b, 2, data)
	b = AppendU8(b, 3, 0xa1)
	b = AppendU16(b, 4, 0x1234)
	b = AppendU32(b, 5, 0x12345678)
	b = AppendU64(b, 6, 0x123456789abcdef0)
	b = End(AppendFlag(b, 7), info)
	b = EndMessage(b, message)
	SetSeq(b, 0x1234)
	return b
}
