package testutil

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// IP runs `ip` in a network namespace and returns its output. If `ip` fails, so does
// the test.
func IP(t testing.TB, ns *os.File, args ...string) string {
	t.Helper()
	return runIP(t, ns, "", args)
}

// IPBatch runs `ip` once for many commands, one per line.
func IPBatch(t testing.TB, ns *os.File, commands ...string) {
	t.Helper()
	if len(commands) > 0 {
		runIP(t, ns, strings.Join(commands, "\n"), []string{"-batch", "-"})
	}
}

func runIP(t testing.TB, ns *os.File, stdin string, args []string) string {
	t.Helper()
	path, err := exec.LookPath("ip")
	if err != nil {
		missing(t, "this system has no ip command (iproute2)")
	}
	var out []byte
	var stderr strings.Builder
	In(t, ns, func() {
		cmd := exec.Command(path, args...)
		cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &stderr
		out, err = cmd.Output()
	})
	if err != nil {
		t.Fatalf("ip %s: %v: %s", strings.TrimSpace(strings.Join(args, " ")+"\n"+stdin), err, &stderr)
	}
	return string(out)
}

// LinkJSON returns the output of `ip -d -j link show` for the named link.
func LinkJSON(t testing.TB, ns *os.File, name string) map[string]any {
	t.Helper()
	out := IP(t, ns, "-d", "-j", "link", "show", "dev", name)
	var links []map[string]any
	if err := json.Unmarshal([]byte(out), &links); err != nil || len(links) != 1 {
		t.Fatalf("%d links, error %v, in %s", len(links), err, out)
	}
	return links[0]
}

// IPOlder reports whether `ip` is older than release major.minor of iproute2.
func IPOlder(t testing.TB, major, minor int) bool {
	t.Helper()
	version, err := ipVersion()
	if err != nil {
		missing(t, "this system has no ip command (iproute2)")
	}
	older, err := olderThan(version, major, minor)
	if err != nil {
		t.Fatal(err)
	}
	return older
}

// ipVersion runs `ip` only once: processes are slow in a virtual machine.
var ipVersion = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("ip", "-V").Output()
	_, version, _ := strings.Cut(string(out), "iproute2-")
	return version, err
})

// Settle waits until the kernel has dealt with a carrier, which it does up to
// a second later, and which changes the state of links and ports once more.
// Links without a carrier of their own never come to be UP: they stay UNKNOWN,
// or in another state for as long as Settle waits.
func Settle(t testing.TB, ns *os.File, name string) {
	t.Helper()
	unknown := 0
	for range 60 {
		switch LinkJSON(t, ns, name)["operstate"] {
		case "UP":
			return
		case "UNKNOWN":
			unknown++
		}
		if unknown == 3 {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// Shell runs a line in a network namespace and returns its error output, if it fails.
func Shell(t testing.TB, ns *os.File, line string) string {
	t.Helper()
	var out []byte
	var err error
	In(t, ns, func() { out, err = exec.Command("sh", "-c", line).CombinedOutput() })
	if err != nil {
		return string(out) + err.Error()
	}
	return ""
}
