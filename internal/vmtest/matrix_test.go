package vmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A stand-in for the runner, which has every kernel but 6.9: on Linux 6.1 package packet
// fails the first time, on 7.3 package team fails twice.
const (
	fakeRunner = `#!/bin/sh
cd "$(dirname "$0")"
case "$*" in
"fetch -kernel 6.9") exit 78 ;;
fetch*) ;;
"-failover -kernel 6.1 -collected bin/jobs example.org/packet") echo "ok  	example.org/packet	0.2s" ;;
"-failover -kernel 6.1 -collected bin/jobs") cat packet.log; exit 1 ;;
*7.3*bin/jobs*) cat team.log; exit 1 ;;
*) echo "ok  	example.org/packet	0.1s" ;;
esac
`
	packetLog = `=== RUN   TestOther
    other_test.go:7: not the reason
--- PASS: TestOther (0.00s)
=== RUN   TestPing
=== PAUSE TestPing
=== RUN   TestPings
=== CONT  TestPing
    netns_linux.go:12: ip link add eth0 type veth
=== NAME  TestPings
    packet_linux_test.go:70: not the reason either
=== RUN   TestPing/far
    packet_linux_test.go:35: frame 01 00 5e,
        which is nobody's
    packet_linux_test.go:36: $ ip link del eth0
        which was there
--- FAIL: TestPing (0.10s)
    --- FAIL: TestPing/far (0.05s)
    --- FAIL: TestPing/near (0.05s)
--- FAIL: TestPings (0.20s)
FAIL
FAIL	example.org/packet	0.2s
ok  	example.org/team	0.4s
FAIL
`
	teamLog = `=== RUN   TestRun
=== RUN   TestRun/broadcast
panic: runtime error: index out of range
goroutine 7 [running]:
FAIL	example.org/team	0.2s
the guest ended before the test did: exit status 1
FAIL	example.org/tap
`
)

// matrix runs internal/tools/matrix.sh on kernels with the stand-ins.
func matrix(t *testing.T, kernels string, env ...string) (out string, err error) {
	t.Helper()
	if _, err := exec.LookPath("awk"); err != nil {
		t.Skip("this system has no awk")
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"runner": fakeRunner, "packet.log": packetLog, "team.log": teamLog} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", filepath.Join("..", "tools", "matrix.sh"), filepath.Join(dir, "runner")+" -failover", kernels, "bin/jobs", "bin/more")
	cmd.Env = append(os.Environ(), append([]string{"CI=", "RETRIES="}, env...)...)
	b, err := cmd.CombinedOutput()
	return string(b), err
}

const packetRetry = `*** tried once more on Linux 6.1, passed then; the first time:
  example.org/packet: TestPing/far: packet_linux_test.go:35: frame 01 00 5e,
          which is nobody's
`

// TestMatrixListsRetries has one package pass when tried again, and says why it was.
func TestMatrixListsRetries(t *testing.T) {
	out, err := matrix(t, "6.1 6.9 6.12")
	if err != nil || !strings.HasSuffix(out, packetRetry) || !strings.Contains(out, "*** NOT TESTED ON LINUX 6.9") {
		t.Errorf("error %v:\n%s", err, out)
	}
}

// TestMatrixFails has packages fail twice: one that panics, and one whose guest
// crashes.
func TestMatrixFails(t *testing.T) {
	out, err := matrix(t, "6.1 7.3")
	if err == nil {
		t.Error("no error")
	}
	for _, want := range []string{"failed on Linux 7.3\n", packetRetry, `*** tried once more on Linux 7.3, FAILED AGAIN; the first time:
  example.org/team: TestRun/broadcast: panic: runtime error: index out of range
  example.org/tap: the guest ended before the test did: exit status 1
`} {
		if !strings.Contains(out, want) {
			t.Errorf("error %v:\n%s\nlacks:\n%s", err, out, want)
		}
	}
}

// TestMatrixRunsDirectories has a guest for each directory of each kernel.
func TestMatrixRunsDirectories(t *testing.T) {
	out, err := matrix(t, "6.1 6.12")
	if err != nil {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{"=== Linux 6.1, jobs", "=== Linux 6.1, more", "=== Linux 6.12, jobs", "=== Linux 6.12, more"} {
		if strings.Count(out, want+"\n") != 1 {
			t.Errorf("no single %q in:\n%s", want, out)
		}
	}
}

// TestMatrixPassesRetriesOn leaves the list to its caller, behind that of others.
func TestMatrixPassesRetriesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "retries")
	for range 2 {
		if out, err := matrix(t, "6.1", "RETRIES="+file); err != nil || strings.Contains(out, "passed then") {
			t.Errorf("error %v:\n%s", err, out)
		}
	}
	if list, err := os.ReadFile(file); err != nil || string(list) != packetRetry+packetRetry {
		t.Errorf("error %v:\n%s", err, list)
	}
}
