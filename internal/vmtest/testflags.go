package vmtest

import (
	"path/filepath"
	"strings"
	"time"
)

// testFlags are the flags of a test binary that matter to the host: the files it
// writes, and its time limit.
type testFlags struct {
	files   []string // absolute
	dirs    []string // absolute
	timeout time.Duration
}

// readTestFlags reads the flags that `go test` passes and that a test binary built
// by `go test -c` takes. Relative names are relative to dir, and profiles are
// relative to -test.outputdir.
func readTestFlags(args []string, dir string) testFlags {
	value := map[string]string{}
	for _, arg := range args {
		if name, v, ok := strings.Cut(strings.TrimPrefix(arg, "-"), "="); ok && strings.HasPrefix(arg, "-") {
			value[strings.TrimPrefix(name, "-")] = v
		}
	}
	var t testFlags
	outputDir := absolute(dir, value["test.outputdir"])
	for _, flag := range []string{"test.coverprofile", "test.cpuprofile", "test.memprofile", "test.blockprofile", "test.mutexprofile", "test.trace"} {
		if v := value[flag]; v != "" {
			t.files = append(t.files, absolute(outputDir, v))
		}
	}
	if v := value["test.testlogfile"]; v != "" {
		t.files = append(t.files, absolute(dir, v))
	}
	if v := value["test.gocoverdir"]; v != "" {
		t.dirs = append(t.dirs, absolute(dir, v))
	}
	if value["test.artifacts"] == "true" {
		t.dirs = append(t.dirs, filepath.Join(outputDir, "_artifacts"))
	}
	t.timeout, _ = time.ParseDuration(value["test.timeout"]) // 0, no limit, is also the test's default
	return t
}

func absolute(base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, name)
}
