package wgnl

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/wire"
)

func TestMain(m *testing.M) {
	os.Exit(testutil.Main(m))
}

// bytesOf returns the bytes of a literal in base 16, written for a little-endian host.
func bytesOf(t testing.TB, literal string) []byte {
	t.Helper()
	if wire.Order.Uint16([]byte{0x12, 0x34}) == 0x1234 {
		testutil.Skipf(t, "the bytes are those of a little-endian host")
	}
	b, err := hex.DecodeString(strings.ReplaceAll(literal, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
