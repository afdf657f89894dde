//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "batch") }

// commands are a file for `ip -batch`.
const commands = `# a bridge with a port
link add br0 type bridge forward_delay 1234
link add p1 type veth peer name host
link set p1 master br0 mtu 1400 up
address add 192.0.2.1/24 dev br0
bridge fdb add 02:00:00:00:12:34 dev p1 master static
link set dev old alias new
`

// A machine is a named namespace, with a link that is there before.
type machine struct {
	*testing.T
	name, file string
	ns         *os.File
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{T: t, name: testutil.Name(t), file: filepath.Join(t.TempDir(), "links.batch")}
	ns, err := iplink.CreateNetNS(m.name)
	testutil.Must(t, err)
	t.Cleanup(func() {
		testutil.Must(t, ns.Close())
		testutil.Must(t, iplink.DeleteNetNS(m.name))
	})
	m.ns, err = os.Open("/run/netns/" + m.name)
	testutil.Must(t, err)
	t.Cleanup(func() { m.ns.Close() })
	testutil.IPBatch(t, m.ns, "link add old type bridge", "link set old alias before")
	return m
}

// run runs the program for commands, and expects an exit status and texts of its output.
func (m *machine) run(status int, flags, text string, want ...string) string {
	m.Helper()
	testutil.Must(m, os.WriteFile(m.file, []byte(text), 0o600))
	out, got := labtest.Program(m.T, fmt.Sprintf("batch %s -netns %s %s", flags, m.name, m.file))
	if got != status {
		m.Errorf("exit status %d, want %d: %s", got, status, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			m.Errorf("%q is missing in %s", w, out)
		}
	}
	return out
}

// alias returns the alias of the link that is there before, as `ip` has it.
func (m *machine) alias() any {
	m.Helper()
	return testutil.LinkJSON(m, m.ns, "old")["ifalias"]
}

// state returns the report of `ip` about the link that is there before, without the line
// about the bridge, which has timers.
func (m *machine) state() string {
	m.Helper()
	text := testutil.IP(m, m.ns, "-d", "address", "show", "dev", "old") + testutil.IP(m, m.ns, "route", "show", "table", "all", "dev", "old")
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.Contains(line, " forward_delay ") })
	return strings.Join(lines, "\n") + fmt.Sprint(testutil.LinkJSON(m, m.ns, "old")["inet6_addr_gen_mode"])
}

// TestBatch carries a file out three times: without changes, with them, and again.
func TestBatch(t *testing.T) {
	m := newMachine(t)
	m.run(0, "-n", commands, "to be made: ip link add br0 type bridge forward_delay 1234", "to be changed: ip link set dev old", "alias: have before, want new")
	if m.alias() != "before" {
		t.Errorf("the alias is %v after a run without changes", m.alias())
	}
	m.run(0, "", commands, "made: ip link add br0 type bridge", "made: ip link add p1 ", "changed: ip link set dev old", "alias: have before, want new")
	if port := testutil.LinkJSON(t, m.ns, "p1"); port["master"] != "br0" || port["mtu"] != 1400.0 || m.alias() != "new" {
		t.Errorf("the port is %v, and the alias %v", port, m.alias())
	}
	if out := m.run(0, "", commands); out != "" {
		t.Errorf("the second time it prints %s", out)
	}
	testutil.IPBatch(t, m.ns, "link set p1 mtu 1500")
	m.run(0, "", commands, "mtu: have 1500, want 1400")
}

// TestBatchFails has the kernel refuse a command, after which all is as before.
func TestBatchFails(t *testing.T) {
	m := newMachine(t)
	m.run(1, "", "link set dev old alias new\nlink add br0 type bridge\nroute add 198.51.100.0/24 via 203.0.113.1 dev br0\nlink set br0 up\n", "batch: ", "route")
	if names := testutil.IP(t, m.ns, "-o", "link", "show"); strings.Contains(names, "br0") || m.alias() != "before" {
		t.Errorf("it left %s with the alias %v", names, m.alias())
	}
	before := m.state()
	m.run(1, "", "link set dev old mtu 1400 txqueuelen 77 group 7 address 02:00:00:00:12:34 addrgenmode none\naddress add 192.0.2.77/24 dev old\n"+
		"link set dev old arp off multicast off\nlink property add dev old altname another\nlink add br0 type bridge\nroute add 198.51.100.0/24 via 203.0.113.1 dev br0\nlink set br0 up\n", "batch: ", "route")
	if after := m.state(); after != before {
		t.Errorf("it was\n%sand is\n%s", before, after)
	}
	m.run(1, "", "link add br0 type brigde\n", "links.batch: ", "line 1, column 19", "bridge")
}

// TestBatchProgress makes so many links that lines about the progress appear.
func TestBatchProgress(t *testing.T) {
	m := newMachine(t)
	var text strings.Builder
	for i := range 30 {
		fmt.Fprintf(&text, "link add b%d type bridge\n", i)
	}
	m.run(0, "-progress 1ms", text.String(), "requests so far", "made: ip link add b29 ")
}
