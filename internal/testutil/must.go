package testutil

import (
	"testing"
	"time"
)

// Must fails the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Eventually waits until met returns true, for 30 seconds at most.
func Eventually(t testing.TB, condition string, met func() bool) {
	t.Helper()
	for start := time.Now(); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("not in 30 s: %s", condition)
		}
	}
}
