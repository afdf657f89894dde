package vmtest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCollect keeps this test binary, twice, and finds it again by its package.
func TestCollect(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, alone := range []bool{false, true} {
		binary := filepath.Join(t.TempDir(), "x.test")
		if err := os.WriteFile(binary, content, 0o755); err != nil {
			t.Fatal(err)
		}
		job := Job{Command: []string{binary, "-test.timeout=7s"}, Dir: "/somewhere", Pack: []string{"more"}, Alone: alone}
		if err := Collect(dir, job); err != nil {
			t.Fatal(err)
		}
	}
	const name = "github.com/iplink-go/iplink/internal/vmtest"
	jobs, err := Collected(dir, []string{name})
	if err != nil || len(jobs) != 2 || jobs[0].Alone == jobs[1].Alone {
		t.Fatalf("collected %+v, %v", jobs, err)
	}
	for _, job := range jobs {
		kept, err := os.ReadFile(job.Command[0])
		if err != nil || !bytes.Equal(kept, content) || job.Name != name || job.Command[1] != "-test.timeout=7s" || job.Dir != "/somewhere" ||
			!slices.Equal(job.Pack, []string{"more"}) {
			t.Errorf("collected %+v, %v", job, err)
		}
	}
	if jobs, err := Collected(dir, []string{"example.org/other"}); err == nil {
		t.Errorf("another package is %+v", jobs)
	}
}

// TestSuite runs several jobs in one guest, of which one has the kernel crash.
func TestSuite(t *testing.T) {
	if os.Getenv(KernelVariable) != "" {
		t.Skip("in a guest already")
	}
	if testing.Short() {
		t.Skip("boots a virtual machine: not with -short")
	}
	kernel, runner, dir := bootable(t), buildRunner(t), t.TempDir()
	for name, script := range map[string]string{
		"a-pass":  "echo a >/run/file; echo out; echo settable 7",
		"b-fail":  "echo err >&2; exit 42",
		"c-own":   "[ ! -e /run/file ]",
		"d-warn":  "echo '<4>WARNING: CPU: 0 PID: 7 at net/core/dev.c:7 a_test' >/dev/kmsg",
		"e-pass":  "true",
		"f-crash": "echo c >/proc/sysrq-trigger",
		"g-rest":  "echo rest",
		"h-alone": "echo alone",
	} {
		writeJob(t, dir, Job{Name: name, Command: []string{"sh", "-c", script}, Dir: "/", Alone: name == "h-alone"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, runner, "-kernel", kernel, "-timeout", "50s", "-collected", dir).CombinedOutput()
	if err == nil {
		t.Error("the suite passed")
	}
	rest := string(out)
	for _, want := range []string{
		"out\nsettable 7\nok  \ta-pass\t", "err\nexit status 42\nFAIL\tb-fail\n", "ok  \tc-own\t", "KERNEL TROUBLE", "complained\nFAIL\td-warn\n",
		"ok  \te-pass\t", "sysrq triggered crash", "the guest ended before the test did", "FAIL\tf-crash\n", "rest\nok  \tg-rest\t", "alone\nok  \th-alone\t",
	} {
		before, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("no %q in:\n%s\nof:\n%s", want, before, out)
		}
		rest = after
	}
}

func writeJob(t *testing.T, dir string, job Job) {
	t.Helper()
	b, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, job.Name)
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(own, jobFile), b, 0o644); err != nil {
		t.Fatal(err)
	}
}
