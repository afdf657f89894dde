package iplink_test

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// many returns how many rounds a test is to make: more if $IPLINK_LONG is set.
func many(t testing.TB, few, long int) int {
	t.Helper()
	if os.Getenv("IPLINK_LONG") != "" {
		return long
	}
	t.Logf("%d rounds; IPLINK_LONG=1 makes %d", few, long)
	return few
}

// emulated returns fewer rounds for the emulated processor that kernels of the
// matrix have.
func emulated(rounds int) int {
	if testutil.Matrix() {
		return rounds/8 + 1
	}
	return rounds
}
