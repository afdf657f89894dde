package vmtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBoot builds the runner and runs commands of a guest with it. It takes
// what the cache has; it does not fetch.
func TestBoot(t *testing.T) {
	if os.Getenv(KernelVariable) != "" {
		t.Skip("in a guest already")
	}
	if testing.Short() {
		t.Skip("boots a virtual machine: not with -short")
	}
	kernel, runner := bootable(t), buildRunner(t)
	for _, c := range []struct {
		name, script, output string
		code                 int
	}{
		{name: "exit code", script: "echo out; echo err >&2; exit 42", output: "out\nerr\n", code: 42},
		{name: "kernel trouble", script: "echo '<4>WARNING: CPU: 0 PID: 7 at net/core/dev.c:7 a_test' >/dev/kmsg", output: "KERNEL TROUBLE", code: 1},
		{name: "crash", script: "echo c >/proc/sysrq-trigger", output: "sysrq triggered crash", code: ExitCrashed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out bytes.Buffer
			cmd := exec.CommandContext(ctx, runner, "-kernel", kernel, "-timeout", "50s", "sh", "-c", c.script)
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(out.String(), c.output) {
				t.Errorf("exit code %d (%v), want %d with %q:\n%s", code, err, c.code, c.output, out.String())
			}
		})
	}
}

// bootable returns a kernel that is in the cache, or skips the test.
func bootable(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath(qemuProgram); err != nil {
		t.Skip("QEMU is not installed")
	}
	cache, err := OpenCache(t.Logf)
	if err != nil {
		t.Skip(err)
	}
	for _, k := range Kernels() {
		if _, ok := cache.ready(k); ok {
			return k.Name
		}
	}
	t.Skip("no kernel is prepared: vmtest fetch")
	return ""
}

func buildRunner(t *testing.T) string {
	t.Helper()
	runner := filepath.Join(t.TempDir(), "vmtest")
	cmd := exec.Command("go", "build", "-o", runner, "./cmd/vmtest")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the runner: %v\n%s", err, out)
	}
	return runner
}
