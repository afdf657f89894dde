// Package labtest tests the examples.
package labtest

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// role is the environment variable that makes a test program run the example: it
// holds the command line.
const role = "IPLINK_EXAMPLE"

// Main is the body of an example's TestMain, with the example's main function as
// argument.
func Main(m *testing.M, main func()) {
	if line, ok := os.LookupEnv(role); ok {
		os.Unsetenv(role)
		os.Args = strings.Fields(line)
		flag.CommandLine = flag.NewFlagSet(os.Args[0], flag.ExitOnError)
		flag.CommandLine.Usage = func() { flag.Usage() }
		main()
		os.Exit(0)
	}
	os.Exit(testutil.Main(m))
}

// Program runs the example with a command line, and returns its output and exit
// status.
func Program(t *testing.T, line string) (out string, status int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), role+"="+line)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// Help tests the usage message of the example.
func Help(t *testing.T, name string) {
	t.Helper()
	if out, status := Program(t, name+" -h"); status != 0 || !strings.Contains(out, "Usage: "+name) || strings.Index(out, "Usage") < 40 {
		t.Errorf("-h: exit status %d, %s", status, out)
	}
	if out, status := Program(t, name+" -nosuch"); status != 2 {
		t.Errorf("-nosuch: exit status %d, %s", status, out)
	}
}

// New returns a lab with a unique prefix, and the buffer with its output.
func New(t *testing.T) (*lab.Lab, *bytes.Buffer) {
	t.Helper()
	var told bytes.Buffer
	return &lab.Lab{Out: &told, Prefix: testutil.Name(t) + "-", Image: filepath.Join(t.TempDir(), "links.svg")}, &told
}

// Run runs an example that needs drivers for links of the given kinds, and searches
// its output for the patterns in order. If a driver is missing, the example must
// report it; the test is then skipped.
func Run(t *testing.T, run func(context.Context, *lab.Lab) error, kinds []string, patterns ...string) {
	t.Helper()
	l, told := New(t)
	err := lab.Run(t.Context(), l, run)
	if err != nil {
		needDriver(t, err, kinds)
		t.Errorf("%v, after\n%s", err, told)
		return
	}
	text := strings.ReplaceAll(told.String(), l.Prefix, "")
	rest := text
	for _, pattern := range patterns {
		at := regexp.MustCompile("(?m)" + pattern).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("no %q in what follows of\n%s", pattern, text)
		}
		rest = rest[at[1]:]
	}
	checkClean(t, l)
	checkPicture(t, l)
}

// picture is the stored image of an example, if there is one.
const picture = "testdata/links.svg"

// checkPicture compares the drawn image with the stored one. With
// IPLINKTEST_UPDATE=1 in the environment it updates the stored image instead.
func checkPicture(t *testing.T, l *lab.Lab) {
	t.Helper()
	want, err := os.ReadFile(picture)
	if err != nil {
		return
	}
	got, err := os.ReadFile(l.Image)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("IPLINKTEST_UPDATE") != "" {
		if err := os.WriteFile(picture, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what was drawn, which IPLINKTEST_UPDATE=1 writes: %s", picture, got)
	}
}

// needDriver skips the test if the error reports a missing driver and the driver is
// indeed missing.
func needDriver(t *testing.T, err error, kinds []string) {
	t.Helper()
	m := regexp.MustCompile(`this kernel has no (\w+) driver`).FindStringSubmatch(err.Error())
	if m == nil || !slices.Contains(kinds, m[1]) {
		return
	}
	testutil.Need(t, m[1])
}

// checkClean checks that no namespaces were left behind.
func checkClean(t *testing.T, l *lab.Lab) {
	t.Helper()
	names, err := iplink.ListNetNS()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, l.Prefix) {
			t.Errorf("left behind: %s", name)
		}
	}
}
