package iplink_test

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) {
	os.Exit(testutil.Main(m))
}

// serial returns how many rounds a test in one goroutine makes, where the race detector
// finds nothing: few with it.
func serial(rounds int) int {
	if testutil.Race {
		return rounds / 10
	}
	return rounds
}
