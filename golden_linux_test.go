package iplink_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/testutil"
)

var recordGolden = flag.Bool("update", false, "record the golden requests anew")

// goldenLinks make what the golden requests refer to, with the indexes that
// goldenIndexes gives them.
var goldenLinks = []string{
	"link add br0 index 88 type bridge",
	"link add under index 77 type veth peer name under1", "link add spare0 index 78 type veth peer name spare1",
	"link add backup index 99 type veth peer name backup1", "link set dev backup master br0",
}

// TestGoldenUpdate records what `ip` sends, as strace sees it, when a shell
// runs the commands of String. What the kernel says to that is of no interest
// here, so that any kernel will do.
func TestGoldenUpdate(t *testing.T) {
	if !*recordGolden {
		testutil.Skipf(t, "recording golden requests takes -update")
	}
	for _, c := range goldenCases() {
		ns := testutil.NetNS(t)
		testutil.IPBatch(t, ns, goldenLinks...)
		requests := traced(t, ns, c.spec.String())
		text := c.spec.String() + "\n\n" + golden.Text(requests)
		if err := os.MkdirAll(filepath.Dir(c.path()), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path(), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// traced returns what the commands in a line for the shell send.
func traced(t *testing.T, ns *os.File, line string) [][]byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "strace")
	args := append(slices.Clone(golden.StraceArgs), "-o", file, "sh", "-c", line)
	var out []byte
	var err error
	testutil.In(t, ns, func() { out, err = exec.Command("strace", args...).CombinedOutput() })
	if err != nil {
		t.Logf("%s: %v\n%s", line, err, out)
	}
	trace, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	requests, err := golden.Requests(trace)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}
