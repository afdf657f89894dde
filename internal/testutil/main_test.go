package testutil

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// role is the environment variable that makes this test program run one of the
// parts, in place of its tests.
const role = "TESTUTIL_TEST_ROLE"

// runner is what Main takes.
type runner func() int

func (r runner) Run() int { return r() }

func TestMain(m *testing.M) {
	if part, ok := os.LookupEnv(role); ok {
		os.Exit(Main(parts[part]))
	}
	os.Exit(Main(m))
}

var parts = map[string]runner{
	"pass": func() int { return 0 },
	"fail": func() int { return 3 },
	"leak": func() int {
		os.Pipe()
		return 0
	},
	"late": func() int { // Ends after the tests, but soon.
		go time.Sleep(100 * time.Millisecond)
		return 0
	},
	"skip": func() int {
		skips.add("needs a moon", "TestTide")
		skips.add("needs a moon", "TestEclipse")
		return 0
	},
}

func TestMainJudges(t *testing.T) {
	for part, want := range map[string]struct {
		code int
		says string
	}{
		"pass": {0, ""},
		"fail": {3, ""},
		"leak": {1, "the tests left behind:\nfile descriptor of pipe:["},
		"late": {0, ""},
		"skip": {0, "skipped:\n  needs a moon: TestTide, TestEclipse\n"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), role+"="+part)
		out, _ := cmd.CombinedOutput()
		noisy := want.says == "" && len(out) > 0
		if code := cmd.ProcessState.ExitCode(); code != want.code || !strings.HasPrefix(string(out), want.says) || noisy {
			t.Errorf("%s: exit code %d, want %d; output %q, want %q", part, code, want.code, out, want.says)
		}
	}
}

func TestSkipf(t *testing.T) {
	t.Cleanup(func() { delete(skips.tests, "needs 3 moons") })
	got := play(t, func(t testing.TB) { Skipf(t, "needs %d moons", 3) })
	wantOutcome(t, got, "skipped: needs 3 moons")
	if want := "  needs 3 moons: TestFake\n"; !strings.Contains(skips.summary(), want) {
		t.Errorf("summary %q, want %q", skips.summary(), want)
	}
}
