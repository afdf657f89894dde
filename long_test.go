package iplink_test

import (
	"os"
	"testing"
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
