package testutil

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// BridgeJSON decodes the output of `bridge -d -j` with args in a network namespace.
func BridgeJSON(t testing.TB, ns *os.File, v any, args ...string) {
	t.Helper()
	out := Bridge(t, ns, append([]string{"-d", "-j"}, args...)...)
	if err := json.Unmarshal([]byte(out), v); err != nil && strings.TrimSpace(out) != "" {
		t.Fatalf("bridge %s: %v in %s", strings.Join(args, " "), err, out)
	}
}

// Bridge runs `bridge` in a network namespace and returns its output. If `bridge`
// fails, so does the test.
func Bridge(t testing.TB, ns *os.File, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("bridge")
	if err != nil {
		missing(t, "this system has no bridge command (iproute2)")
	}
	var out []byte
	var stderr strings.Builder
	In(t, ns, func() {
		cmd := exec.Command(path, args...)
		cmd.Stderr = &stderr
		out, err = cmd.Output()
	})
	if err != nil {
		t.Fatalf("bridge %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}
