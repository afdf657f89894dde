package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sourceEnv is the environment variable with the directory of package iplink, and
// testsEnv the variable with the file of its compiled tests. The program passes both
// to itself when it restarts.
const (
	sourceEnv = "IPLINK_BENCH_SOURCE"
	testsEnv  = "IPLINK_BENCH_TESTS"
)

// prepare compiles the tests of package iplink, if the selected workloads need them:
// they contain the codec's benchmarks and the hand-written codec. It must be called
// before the program enters a namespace, because the go command may have to download
// modules, and the servers are unreachable from the network namespaces made here. The
// caller must call clean at the end.
func prepare(o options) (clean func() error, err error) {
	nothing := func() error { return nil }
	if os.Getenv(testsEnv) != "" || !o.run.MatchString(encoding().name) && !o.run.MatchString(decoding().name) {
		return nothing, nil
	}
	source, err := command("", "go", "list", "-f", "{{.Dir}}", "github.com/iplink-go/iplink")
	if err != nil {
		return nothing, err
	}
	source = strings.TrimSpace(source)
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nothing, err
	}
	clean = func() error { return os.RemoveAll(dir) }
	tests := filepath.Join(dir, "iplink.test")
	if _, err := command(source, "go", "test", "-c", "-o", tests, "."); err != nil {
		return nothing, errors.Join(fmt.Errorf("compiling the codec's benchmarks: %w", err), clean())
	}
	return clean, errors.Join(os.Setenv(sourceEnv, source), os.Setenv(testsEnv, tests))
}

// prepared returns the directory of package iplink and the file of its compiled
// tests.
func prepared() (source, tests string, err error) {
	source, tests = os.Getenv(sourceEnv), os.Getenv(testsEnv)
	if tests == "" {
		err = errors.New("the codec's benchmarks have not been compiled")
	}
	return source, tests, err
}

func command(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	return string(out), err
}
