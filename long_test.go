package iplink_test

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// many returns how many rounds a test is to make: more if $IPLINK_LONG is set,
// and fewer on the emulated processor that kernels of the matrix have.
func many(t testing.TB, few, long int) int {
	t.Helper()
	if os.Getenv("IPLINK_LONG") != "" {
		return long
	}
	if testutil.Matrix() {
		few = max(few/8, 1)
	}
	t.Logf("%d rounds; IPLINK_LONG=1 makes %d", few, long)
	return few
}
