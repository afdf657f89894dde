package testutil

import (
	"fmt"
	"testing"
)

// Proven records that the test has proven that number of the attributes that this
// kernel has, for the summary that [Main] prints.
func Proven(t testing.TB, proven, of int) {
	t.Helper()
	proofs.add(release(t), fmt.Sprintf("  %s: %d of %d", t.Name(), proven, of))
}
