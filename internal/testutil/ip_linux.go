package testutil

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// IP runs `ip` in a network namespace and returns what it prints. If `ip`
// fails so does the test.
func IP(t testing.TB, ns *os.File, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("ip")
	if err != nil {
		missing(t, "this system has no ip command (iproute2)")
	}
	var out []byte
	var stderr strings.Builder
	In(t, ns, func() {
		cmd := exec.Command(path, args...)
		cmd.Stderr = &stderr
		out, err = cmd.Output()
	})
	if err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// LinkJSON returns what `ip -d -j link show` says about the link name.
func LinkJSON(t testing.TB, ns *os.File, name string) map[string]any {
	t.Helper()
	out := IP(t, ns, "-d", "-j", "link", "show", "dev", name)
	var links []map[string]any
	if err := json.Unmarshal([]byte(out), &links); err != nil || len(links) != 1 {
		t.Fatalf("%d links, error %v, in %s", len(links), err, out)
	}
	return links[0]
}
