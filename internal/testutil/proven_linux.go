package testutil

import (
	"fmt"
	"testing"
)

// Proven puts on record that the test has proven so many of the attributes that
// this kernel has, for the summary that [Main] prints.
func Proven(t testing.TB, proven, of int) {
	t.Helper()
	proofs.add(release(t), fmt.Sprintf("  %s: %d of %d", t.Name(), proven, of))
}
