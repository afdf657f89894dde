package kerneltest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// mountInfo returns the mounts of the process.
func mountInfo(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	testutil.Must(t, err)
	return string(b)
}

// TestCommandView starts programs in a named namespace. /sys/class/net has its links
// alone, and /etc/hosts is the file of the namespace, as with `ip netns exec`. Neither the
// mounts of this process nor its threads change.
func TestCommandView(t *testing.T) {
	name := testutil.Name(t)
	ns, err := iplink.CreateNetNS(name)
	ns = lab.OpenedNetNS(t, ns, err)
	t.Cleanup(func() { testutil.Must(t, iplink.DeleteNetNS(name)) })
	dir := filepath.Join("/etc/netns", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		testutil.Skipf(t, "no files in /etc: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	testutil.Must(t, os.WriteFile(dir+"/hosts", []byte("192.0.2.7 seven\n"), 0o644))
	if _, err := os.Stat("/etc/hosts"); err != nil {
		testutil.Must(t, os.WriteFile("/etc/hosts", nil, 0o644))
		t.Cleanup(func() { os.Remove("/etc/hosts") })
	}
	conn, err := ns.Dial()
	testutil.Must(t, err)
	defer conn.Close()
	lab.MustCreate(t, conn, bridge.New("t0x1234"))

	before, script := mountInfo(t), []string{"-c", "for f in /sys/class/net/*; do echo $f; done; while read line; do echo $line; done </etc/hosts"}
	want, err := exec.CommandContext(t.Context(), "ip", append([]string{"netns", "exec", name, "sh"}, script...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(want), "t0x1234\n") || !strings.HasSuffix(string(want), "seven\n") {
		t.Fatalf("ip netns exec: %v, %s", err, want)
	}
	for range 20 {
		if out, err := ns.Command(t.Context(), "sh", script...).CombinedOutput(); err != nil || string(out) != string(want) {
			t.Fatalf("%v, %q, want %q", err, out, want)
		}
	}
	var out strings.Builder
	cmd := ns.Command(t.Context(), "sh", script...)
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil || out.String() != string(want) {
		t.Errorf("Run: %v, %q", err, &out)
	}
	if after := mountInfo(t); after != before {
		t.Errorf("the mounts were\n%sand are\n%s", before, after)
	}
	threadsAreHome(t)
}

// TestCommandPdeathsig refuses a process that would end with the thread that starts it.
func TestCommandPdeathsig(t *testing.T) {
	cmd := lab.UnnamedNetNS(t).Command(t.Context(), "true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	lab.Refused(t, cmd.Run(), "Pdeathsig", "ends at once")
}
