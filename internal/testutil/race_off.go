//go:build !race

package testutil

// Race reports whether the race detector is on, which takes some ten times as long.
const Race = false
