package lab

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// NS is a namespace of a test's own, seen by `ip`.
type NS struct {
	T    testing.TB
	File *os.File
	*iplink.NetNS
}

// Scratch returns a Conn in a new namespace, and the namespace for `ip`.
func Scratch(t *testing.T) (*iplink.Conn, *NS) {
	t.Helper()
	file := testutil.NetNS(t)
	ns, err := iplink.NetNSAtPath("/proc/self/fd/" + FDName(file))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ns.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); ns.Close() })
	return c, &NS{T: t, File: file, NetNS: ns}
}

// FDName returns the number of a descriptor.
func FDName(f *os.File) string {
	return strconv.Itoa(int(f.Fd()))
}

// InNetNS calls f with a Conn in the namespace.
func InNetNS[T any](t testing.TB, ns *os.File, f func(*iplink.Conn) (T, error)) (got T, err error) {
	t.Helper()
	testutil.In(t, ns, func() {
		var c *iplink.Conn
		if c, err = iplink.Dial(); err != nil {
			return
		}
		defer c.Close()
		got, err = f(c)
	})
	return got, err
}

// IP runs `ip` and returns its output.
func (ns *NS) IP(args ...string) string {
	ns.T.Helper()
	return testutil.IP(ns.T, ns.File, args...)
}

// Decode runs `ip` and decodes the JSON that it prints.
func (ns *NS) Decode(v any, args ...string) {
	ns.T.Helper()
	if err := json.Unmarshal([]byte(ns.IP(args...)), v); err != nil {
		ns.T.Fatal(err)
	}
}

// Link returns the report of `ip -d -j link` about a link.
func (ns *NS) Link(name string) map[string]any {
	ns.T.Helper()
	return testutil.LinkJSON(ns.T, ns.File, name)
}

// InfoData returns the report of `ip` about the settings of a link's kind.
func (ns *NS) InfoData(name string) map[string]any {
	ns.T.Helper()
	return ns.Link(name)["linkinfo"].(map[string]any)["info_data"].(map[string]any)
}

// Names returns the names of all links, as `ip` has them.
func (ns *NS) Names() []string {
	ns.T.Helper()
	var links []struct{ Ifname string }
	ns.Decode(&links, "-j", "link")
	var all []string
	for _, l := range links {
		all = append(all, l.Ifname)
	}
	return all
}

// Addrs returns the addresses of a link, as `ip` has them.
func (ns *NS) Addrs(name string) []string {
	ns.T.Helper()
	var links []struct {
		Info []struct {
			Local     string
			Prefixlen int
		} `json:"addr_info"`
	}
	ns.Decode(&links, "-j", "address", "show", "dev", name)
	var all []string
	for _, a := range links[0].Info {
		all = append(all, a.Local+"/"+strconv.Itoa(a.Prefixlen))
	}
	return all
}

// Up reports whether `ip` calls a link up.
func (ns *NS) Up(name string) bool {
	ns.T.Helper()
	return slices.Contains(ns.Link(name)["flags"].([]any), any("UP"))
}

// Proc returns a file in /proc/net of the namespace.
func (ns *NS) Proc(name string) (text string, err error) {
	ns.T.Helper()
	testutil.In(ns.T, ns.File, func() {
		var b []byte
		b, err = os.ReadFile("/proc/thread-self/net/" + name)
		text = string(b)
	})
	return text, err
}

// Output runs a program in the namespace and returns its output, errors
// included.
func (ns *NS) Output(args ...string) (string, error) {
	ns.T.Helper()
	out, err := ns.Command(ns.T.Context(), args[0], args[1:]...).CombinedOutput()
	return string(out), err
}

// Shell runs a line and returns its error output, if it fails.
func Shell(t *testing.T, ns *os.File, line string) string {
	t.Helper()
	var out []byte
	var err error
	testutil.In(t, ns, func() { out, err = exec.Command("sh", "-c", line).CombinedOutput() })
	if err != nil {
		return string(out) + err.Error()
	}
	return ""
}

// Settle waits until the kernel has dealt with a carrier, which it does up to
// a second later, and which changes the state of links and ports once more.
// Links without a carrier of their own never come to be UP.
func Settle(t *testing.T, ns *os.File, name string) {
	for range 15 {
		if testutil.LinkJSON(t, ns, name)["operstate"] == "UP" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
