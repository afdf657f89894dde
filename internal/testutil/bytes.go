package testutil

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

// LittleEndian returns the bytes of a literal in base 16, which may contain spaces. It skips
// the test on a big-endian host, where messages have other bytes.
func LittleEndian(t testing.TB, literal string) []byte {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{0x12, 0x34}) == 0x1234 {
		Skipf(t, "the bytes are those of a little-endian host")
	}
	b, err := hex.DecodeString(strings.ReplaceAll(literal, " ", ""))
	Must(t, err)
	return b
}
