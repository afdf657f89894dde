package testutil

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// unhex returns the bytes of a text in base 16 with blanks.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	Must(t, err)
	return b
}

const ethernet = "020000000002 020000000001 "

func TestParseOuter(t *testing.T) {
	for _, c := range []struct {
		frame string
		want  Outer
		rest  string
	}{
		{"0800 4514 0018 0000 4000 112f 0000 c0000201 c0000202 12345678", Outer{TTL: 17, TOS: 0x14, DF: true, Protocol: 47}, "12345678"},
		{"0800 4628 001c 0000 0000 2104 0000 c0000201 c0000202 94040000 1234", Outer{TTL: 33, TOS: 0x28, Protocol: 4}, "1234"},
		{"86dd 61412345 0002 2911" + strings.Repeat("12", 32) + "1234", Outer{TTL: 17, TOS: 0x14, FlowLabel: 0x12345, Protocol: 41}, "1234"},
		{"86dd 60000000 000a 3c40" + strings.Repeat("12", 32) + "2f00 0401 0501 0100 1234",
			Outer{TTL: 64, Limited: true, EncapLimit: 5, Protocol: 47}, "1234"},
		{"86dd 60000000 000a 3c40" + strings.Repeat("12", 32) + "1100 0501 0501 0100 1234", Outer{TTL: 64, EncapLimit: 5, Protocol: 17}, "1234"},
	} {
		if got, rest := ParseOuter(unhex(t, ethernet+c.frame)); got != c.want || !bytes.Equal(rest, unhex(t, c.rest)) {
			t.Errorf("%s: %+v, % x", c.frame, got, rest)
		}
	}
}

func TestParseGRE(t *testing.T) {
	for _, c := range []struct {
		packet string
		want   GREHeader
	}{
		{"0000 0800 4567", GREHeader{Protocol: 0x800}},
		{"b000 6558 abcd0000 00001234 00000007 4567", GREHeader{GRECsum | GREKey | GRESeq, 0x6558, 0x1234, 7}},
		{"1000 88be 00000007 4567", GREHeader{GRESeq, 0x88be, 0, 7}},
	} {
		if got, rest := ParseGRE(unhex(t, c.packet)); got != c.want || !bytes.Equal(rest, []byte{0x45, 0x67}) {
			t.Errorf("%s: %+v, % x", c.packet, got, rest)
		}
	}
}

func TestParseERSPAN(t *testing.T) {
	for _, c := range []struct {
		packet string
		want   ERSPANHeader
	}{
		{"1234 e923 abc12345 4567", ERSPANHeader{Version: 1, Session: 0x123, Index: 0x12345}},
		{"2000 1b21 12345678 0000 fe1f 4567", ERSPANHeader{Version: 2, Session: 0x321, Egress: true, HWID: 33}},
		{"2000 0321 12345678 0000 0110 4567", ERSPANHeader{Version: 2, Session: 0x321, HWID: 17}},
	} {
		if got, rest := ParseERSPAN(unhex(t, c.packet)); got != c.want || !bytes.Equal(rest, []byte{0x45, 0x67}) {
			t.Errorf("%s: %+v, % x", c.packet, got, rest)
		}
	}
}

// TestInternetSum uses the example of RFC 1071, section 3.
func TestInternetSum(t *testing.T) {
	b := unhex(t, "0001 f203 f4f5 f6f7")
	if sum := InternetSum(b); sum != 0xddf2 {
		t.Errorf("%#x", sum)
	}
	if sum := InternetSum(append(b, 0x22, 0x0d)); sum != 0xffff {
		t.Errorf("with its complement: %#x", sum)
	}
	if sum := InternetSum([]byte{0x12, 0x34, 0x56}); sum != 0x6834 {
		t.Errorf("of an odd number: %#x", sum)
	}
}
