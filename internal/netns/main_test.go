package netns

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) {
	os.Exit(testutil.Main(m))
}
