package testutil

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A Lab is a network namespace of a test's own, and the test. Its methods ask `ip`, /proc
// and other programs about the namespace.
type Lab struct {
	testing.TB
	File *os.File // the namespace
}

// NewLab returns a new namespace, as NetNS does, on a kernel that has the drivers of
// the given kinds (see Need).
func NewLab(t testing.TB, kinds ...string) *Lab {
	t.Helper()
	for _, kind := range kinds {
		Need(t, kind)
	}
	return &Lab{t, NetNS(t)}
}

// Opened calls a function such as iplink.Dial in the namespace and returns its result, which is closed when the
// test ends, unless the test closes it.
func Opened[T io.Closer, O any](l *Lab, open func(...O) (T, error)) T {
	l.Helper()
	return OpenedBy(l, func() (T, error) { return open() })
}

// OpenedBy is Opened for a function without options.
func OpenedBy[T io.Closer](l *Lab, open func() (T, error)) (opened T) {
	l.Helper()
	var err error
	l.In(func() { opened, err = open() })
	Must(l, err)
	l.Cleanup(func() {
		if err := opened.Close(); err != nil && !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
			l.Error(err)
		}
	})
	return opened
}

// OpenedLink calls a function such as bridge.Open in the namespace and returns its
// result, which is closed when the test ends.
func OpenedLink[T io.Closer, O any](l *Lab, name string, open func(context.Context, string, ...O) (T, error)) T {
	l.Helper()
	return OpenedBy(l, func() (T, error) { return open(l.Context(), name) })
}

// In runs fn in the namespace, as the function In does.
func (l *Lab) In(fn func()) {
	l.Helper()
	In(l, l.File, fn)
}

// Path returns a path to the namespace, which this process and `ip` can open.
func (l *Lab) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), l.File.Fd())
}

// IP runs `ip` and returns its output. One argument alone is a whole command.
func (l *Lab) IP(args ...string) string {
	l.Helper()
	if len(args) == 1 {
		args = strings.Fields(args[0])
	}
	return IP(l, l.File, args...)
}

// Batch runs `ip` once for many commands.
func (l *Lab) Batch(commands ...string) {
	l.Helper()
	IPBatch(l, l.File, commands...)
}

// Show runs `ip` once, with options, for many commands, and returns their output.
func (l *Lab) Show(options string, commands ...string) string {
	l.Helper()
	return runIP(l, l.File, strings.Join(commands, "\n"), append(strings.Fields(options), "-batch", "-"))
}

// Decode runs `ip` and decodes the JSON that it prints.
func (l *Lab) Decode(v any, args ...string) {
	l.Helper()
	Must(l, json.Unmarshal([]byte(l.IP(args...)), v))
}

// Run runs a program and returns its output, errors included.
func (l *Lab) Run(name string, args ...string) (string, error) {
	l.Helper()
	var out []byte
	var err error
	l.In(func() { out, err = exec.CommandContext(l.Context(), name, args...).CombinedOutput() })
	return string(out), err
}

// Link returns the report of `ip -d -j link` about a link.
func (l *Lab) Link(name string) map[string]any {
	l.Helper()
	return LinkJSON(l, l.File, name)
}

// InfoData returns the report of `ip` about the settings of a link's kind.
func (l *Lab) InfoData(name string) map[string]any {
	l.Helper()
	return l.Link(name)["linkinfo"].(map[string]any)["info_data"].(map[string]any)
}

// Names returns the names of all links, as `ip` has them.
func (l *Lab) Names() []string {
	l.Helper()
	var links []struct{ Ifname string }
	l.Decode(&links, "-j", "link")
	var all []string
	for _, link := range links {
		all = append(all, link.Ifname)
	}
	return all
}

// Addrs returns the addresses of a link, as `ip` has them.
func (l *Lab) Addrs(name string) []string {
	l.Helper()
	var links []struct {
		Info []struct {
			Local     string
			Prefixlen int
		} `json:"addr_info"`
	}
	l.Decode(&links, "-j", "address", "show", "dev", name)
	var all []string
	for _, a := range links[0].Info {
		all = append(all, a.Local+"/"+strconv.Itoa(a.Prefixlen))
	}
	return all
}

// Up reports whether `ip` calls a link up.
func (l *Lab) Up(name string) bool {
	l.Helper()
	return slices.Contains(l.Link(name)["flags"].([]any), any("UP"))
}

// Proc returns a file in /proc/net of the namespace.
func (l *Lab) Proc(name string) (text string, err error) {
	l.Helper()
	l.In(func() {
		var b []byte
		b, err = os.ReadFile("/proc/thread-self/net/" + name)
		text = string(b)
	})
	return text, err
}
