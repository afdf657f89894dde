package iplink_test

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// goldenLinks make what the golden requests refer to, with the indexes that
// goldenIndexes gives them.
var goldenLinks = []string{
	"link add br0 index 88 type bridge",
	"link add under index 77 type veth peer name under1", "link add spare0 index 78 type veth peer name spare1",
	"link add free index 79 type veth peer name free1",
	"link add backup index 99 type veth peer name backup1", "link set dev backup master br0",
}

// TestGoldenUpdate records what `ip` sends, as strace sees it, when a shell
// runs the commands of String. What the kernel says to that is of no interest
// here, so that any kernel will do.
func TestGoldenUpdate(t *testing.T) {
	if !*recordGolden {
		testutil.Skipf(t, "recording golden requests takes -update")
	}
	for _, c := range goldenCases() {
		ns := testutil.NetNS(t)
		testutil.IPBatch(t, ns, goldenLinks...)
		requests := traced(t, ns, c.spec.String())
		text := c.spec.String() + "\n\n" + golden.Text(requests)
		if err := os.MkdirAll(filepath.Dir(c.path()), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path(), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// traced returns what the commands in a line for the shell send.
func traced(t *testing.T, ns *os.File, line string) [][]byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "strace")
	args := append(slices.Clone(golden.StraceArgs), "-o", file, "sh", "-c", line)
	var out []byte
	var err error
	testutil.In(t, ns, func() { out, err = exec.Command("strace", args...).CombinedOutput() })
	if err != nil {
		t.Logf("%s: %v\n%s", line, err, out)
	}
	trace, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	requests, err := golden.Requests(trace)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}

// TestStringThroughIP gives the String of each golden builder to a shell, and
// the builder to the library, in one namespace each: `ip` must see the same
// link in both.
func TestStringThroughIP(t *testing.T) {
	loadFOU(t)
	for _, k := range slices.Concat(kindTests, sharedRequests()) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			testutil.NeedKind(t, k.name)
			twins := newTwins(t)
			for _, spec := range k.golden {
				c := goldenCase{k, spec}
				if !t.Run(c.name, func(t *testing.T) { c.throughIP(t, twins) }) || c.existing() {
					twins = newTwins(t)
				}
			}
		})
	}
}

// twins are two namespaces with the same links.
type twins struct {
	theirs, ours *os.File
}

func newTwins(t *testing.T) twins {
	return twins{goldenNetNS(t), goldenNetNS(t)}
}

// loadFOU loads the modules for the encapsulations, which the kernel does not do.
func loadFOU(t *testing.T) {
	t.Helper()
	if testutil.Matrix() {
		testutil.NeedModule(t, "fou6")
	}
}

// throughIP makes the link by `ip` in one namespace and by the library in the
// other, compares them and removes them.
func (c goldenCase) throughIP(t *testing.T, in twins) {
	if c.needsHardware() {
		testutil.Skipf(t, "needs a device in the namespace that only hardware has: see the kind's settings")
	}
	if c.name == "rename" { // which links that are up may refuse
		testutil.IP(t, in.theirs, "link", "set", "dev", "backup", "down")
		testutil.IP(t, in.ours, "link", "set", "dev", "backup", "down")
	}
	refusal := testutil.Shell(t, in.theirs, c.spec.String())
	_, err := lab.InNetNS(t, in.ours, func(conn *iplink.Conn) ([]*iplink.Link, error) {
		if c.existing() {
			return conn.Update(t.Context(), c.spec)
		}
		return conn.Create(t.Context(), c.spec)
	})
	switch {
	case err != nil && refusal != "" && c.name == "carrier": // of a veth, which nobody can set
		return
	case err != nil && refusal != "" && !testutil.Matrix():
		testutil.Skipf(t, "this kernel refuses it to both: %v", err)
	case err != nil || refusal != "":
		t.Fatalf("%s\nshell: %s\nlibrary: %v", c.spec, refusal, err)
	}
	var diff string
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(50 * time.Millisecond) { // the state follows the carrier
		if diff = cmp.Diff(c.seen(t, in.theirs), c.seen(t, in.ours)); diff == "" {
			break
		}
	}
	if diff != "" {
		t.Errorf("%s\n- ip, + library: %s", c.spec, diff)
	}
	if !c.existing() {
		testutil.IP(t, in.theirs, "link", "del", link)
		testutil.IP(t, in.ours, "link", "del", link)
	}
}

// goldenNetNS returns a namespace with what the golden builders refer to, the
// port with a carrier, which some of its settings need.
func goldenNetNS(t *testing.T) *os.File {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, append(goldenLinks,
		"link set dev spare0 master br0", "link set dev br0 up", "link set dev backup1 up", "link set dev backup up")...)
	if link := testutil.LinkJSON(t, ns, "backup"); link["operstate"] != "UP" {
		t.Logf("backup is %v", link["operstate"])
	}
	return ns
}

// needsHardware reports whether the links of goldenNetNS cannot do.
func (c goldenCase) needsHardware() bool {
	return c.kind.hardware || c.kind.name == iplink.KindMACsec && c.name == "scb" // offload
}

// existing reports whether the builder changes a link that is there already.
func (c goldenCase) existing() bool {
	_, ok := c.spec.(*iplink.DeviceUpdate)
	return ok
}

// seen is what `ip` says about the link, without what differs between any two
// links: random addresses and timers.
func (c goldenCase) seen(t *testing.T, ns *os.File) map[string]any {
	name := link
	switch {
	case c.name == "rename":
		name = "spare"
	case c.existing():
		name = "backup"
	}
	l := testutil.LinkJSON(t, ns, name)
	delete(l, "permaddr") // which tunnels over IPv6 choose at random
	if c.name != "identity" {
		delete(l, "address")
	}
	for _, nest := range []string{"info_data", "info_slave_data"} {
		info, _ := l["linkinfo"].(map[string]any)
		data, _ := info[nest].(map[string]any)
		if c.name != "sci" {
			delete(data, "sci") // it begins with the address
		}
		for _, key := range []string{"bridge_id", "root_id", "gc_timer", "hold_timer", "forward_delay_timer", "message_age_timer"} {
			delete(data, key)
		}
	}
	return l
}

// kernelsDocument is generated from the tables, here.
const kernelsDocument = "docs/kernels.md"

// sources has it, and the tests that it names, on the kernels of the matrix too.
//
//go:embed docs/kernels.md *settings_linux_test.go
var sources embed.FS

// TestKernelsDocument compares the document with the tables. With -update it
// writes it.
func TestKernelsDocument(t *testing.T) {
	want := kernelsIntroduction + kernelsKinds(t) + kernelsSettings(t) + kernelsForeign
	if *recordGolden {
		if err := os.WriteFile(kernelsDocument, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := sources.ReadFile(kernelsDocument)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(have), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("go test -run TestKernelsDocument . -update writes %s; - as it is, + as the tables have it:\n%s", kernelsDocument, diff)
	}
}

const kernelsIntroduction = `# Which kernel for what

<!-- Generated from the tables of the kinds: go test -run TestKernelsDocument . -update -->

The oldest kernel supported is Linux 6.1: every kind below for which no release is given,
and every setting that is not in the second table, is in it, if it was built with the
option.

Where the kernel does not know a setting, Create and Update fail, with its refusal or with
` + "`iplink.ErrNotApplied`" + `, which names it. One that cannot be read is the exception: an
older kernel ignores it unnoticed.

What is said here is tried. The test that is named sets each setting alone, changes it and
reads it back, and asks ` + "`ip`" + `, on Linux 6.1, 6.12 and 7.3; what a kernel must have by this
document and does not is a failure, and so is a setting that no test tries:

    make test-kernel K=6.1 RUN=TestVXLANSettings PKG=.

No kernel of the matrix has links of the kinds dsa, virt_wifi and wwan: ` + "`TestGolden`" + ` compares
the requests for them with those of ` + "`ip`" + `. Links of the kind netdevsim are not tried.

`

// kernelsTable is a table of settings, and the test that tries each.
type kernelsTable struct {
	title, test string
	rows        []attr.Row
}

// tablesOf returns the tables of a kind and its ports, unless they are empty.
func tablesOf(t *testing.T, kind string) (all []kernelsTable) {
	for _, title := range []string{kind, kind + " port"} {
		if rows := iplink.TableRows()[title]; len(rows) > 0 {
			all = append(all, kernelsTable{title, settingsTest(t, title), rows})
		}
	}
	return all
}

// settingsElsewhere are the tests of kinds whose links no settings test can make. No kernel
// of the matrix has a switch or a modem, and a PPP link needs an open file.
var settingsElsewhere = map[string]string{"dsa": "TestGolden", "ppp": "TestLink", "wwan": "TestGolden"}

// settingsTest returns the name of the test that tries the settings of a table: for
// "bond port", TestBondPortSettings.
func settingsTest(t *testing.T, table string) string {
	t.Helper()
	if test := settingsElsewhere[table]; test != "" {
		return test
	}
	declaration := regexp.MustCompile(`(?mi)^func (Test` + strings.ReplaceAll(table, " ", "") + `Settings)\(t \*testing\.T\)`)
	files, err := fs.Glob(sources, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := sources.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := declaration.FindSubmatch(text); found != nil {
			return string(found[1])
		}
	}
	t.Errorf("no test tries the settings of %s", table)
	return ""
}

func kernelsKinds(t *testing.T) string {
	var b strings.Builder
	b.WriteString("## Kinds\n\n| kind | the kernel's option | settings | newer than 6.1 | test |\n|---|---|---|---|---|\n")
	for _, kind := range iplink.KindNames() {
		option := "–"
		if config := iplink.KindConfig(kind); config != "" {
			option = "`CONFIG_" + config + "`"
		}
		if since := iplink.KindSince(kind); since != (attr.Version{}) {
			option += fmt.Sprintf(", since %v", since)
		}
		tables := tablesOf(t, kind)
		for _, table := range tables {
			fmt.Fprintf(&b, "| %s | %s | %d | %d | `%s` |\n", table.title, option,
				count(table.rows, attr.Row.Settable), count(table.rows, isNewer), table.test)
		}
		if len(tables) == 0 {
			fmt.Fprintf(&b, "| %s | %s | none of its own | | |\n", kind, option)
		}
	}
	common := iplink.CommonRows()
	fmt.Fprintf(&b, "| every link | – | %d | %d | `%s` |\n", count(common, attr.Row.Settable), count(common, isNewer), settingsTest(t, "common"))
	return b.String()
}

// count counts settings.
func count(rows []attr.Row, which func(attr.Row) bool) (n int) {
	for _, r := range rows {
		if which(r) && r.Settable() {
			n++
		}
	}
	return n
}

func isNewer(r attr.Row) bool {
	return r.Since != attr.Version{}
}

func kernelsSettings(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n## Settings newer than Linux 6.1\n\nSettings are in the words of `ip link`; those that it lacks are named likewise.\n\n" +
		"| kind | setting | since Linux | | test |\n|---|---|---|---|---|\n")
	var tables []kernelsTable
	for _, kind := range iplink.KindNames() {
		tables = append(tables, tablesOf(t, kind)...)
	}
	tables = append(tables, kernelsTable{title: "every link", test: settingsTest(t, "common"), rows: iplink.LinkRows()})
	for _, table := range tables {
		for _, r := range byVersion(table.rows) {
			access, test := "", "`"+table.test+"/"+r.Name+"`"
			switch {
			case !r.Settable():
				access, test = "is read only", ""
			case !r.Changeable():
				access = "is set once"
			case !r.Readable():
				access = "cannot be read"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %v | %s | %s |\n", table.title, r.Name, r.Since, access, test)
		}
	}
	return b.String()
}

// byVersion returns the rows that are newer than the oldest kernel, oldest first.
func byVersion(rows []attr.Row) []attr.Row {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r attr.Row) bool { return !isNewer(r) })
	slices.SortStableFunc(rows, func(a, b attr.Row) int {
		return slices.Compare([]uint8{a.Since.Major, a.Since.Minor}, []uint8{b.Since.Major, b.Since.Minor})
	})
	return rows
}

//go:embed docs/errors.md
var errorsDocument string

// commonFailures provoke the failures that docs/errors.md is about, in its order,
// each in a namespace with lab.ErrorLinks.
var commonFailures = []func(*testing.T, *iplink.Conn) error{
	failing(lab.Creating(bridge.New("vx0"))),
	failing(lab.Creating(veth.New("t0").Peer(veth.New("br0")))),
	failing(lab.Creating(vxlan.New("t0").VNI(7).Port(4789))),
	failing(lab.Updating(iplink.Device("eth7").Up())),
	failing(lab.Creating(macvlan.New("t0").Parent("eth7"))),
	func(t *testing.T, _ *iplink.Conn) error {
		runtime.LockOSThread() // never unlocked: the thread has lost its capabilities
		testutil.DropCapabilities(t)
		_, err := bridge.New("t0").Create(t.Context())
		return err
	},
	failing(lab.Creating(iplink.Raw("warp", "t0"))),
	failing(lab.Creating(bridge.New("bridge-of-host-17"))),
	failing(lab.Creating(vxlan.New("t0").VNI(1 << 24))),
	failing(lab.Creating(veth.New("t0").MTU(65536))),
	failing(lab.Creating(macvlan.New("t0"))),
	failing(lab.Creating(vlan.New("t0").Parent("under"))),
	failing(lab.Creating(vxlan.New("t0").VNI(7).Remote(lab.Addr("239.1.2.3")))),
	failing(lab.Updating(vxlan.New("vx0").Port(0x1234))),
	failing(lab.Updating(bridge.New("vx0").STP(true))),
	func(t *testing.T, c *iplink.Conn) error {
		if err := lab.Updating(iplink.Device("under").Master("br0"))(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return lab.Creating(macvlan.New("t0").Parent("under"))(t.Context(), c)
	},
	failing(lab.Creating(bridge.New("t0").MulticastHashElasticity(7))),
	failing(lab.Creating(vxlan.New("t0").VNI(7).Master("t1"), bridge.New("t1"))),
	func(t *testing.T, c *iplink.Conn) error {
		ns := lab.UnnamedNetNS(t)
		if err := ns.Close(); err != nil {
			t.Fatal(err)
		}
		return lab.Creating(bridge.New("t0").NetNS(ns))(t.Context(), c)
	},
	func(t *testing.T, c *iplink.Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return lab.Creating(bridge.New("t0"))(ctx, c)
	},
	failing(lab.Creating(macvlan.New("t0").Parent("under").MTU(1501))),
	failing(lab.Creating(bridge.New("t0").MTU(1000).Addr(lab.Prefix("2001:db8::17/64")))),
	failing(lab.Creating(bridge.New("t0").Up().DefaultRoute(lab.Addr("192.0.2.1")))),
	func(t *testing.T, c *iplink.Conn) error {
		lab.MustCreate(t, c, vxlan.New("vx1").VNI(8).Port(4789).Up())
		return lab.Creating(vxlan.New("t0").VNI(9).Port(4789).GBP().Up())(t.Context(), c)
	},
	failing(lab.Updating(iplink.Device("under").Rename("tunnel"))),
	failing(lab.Creating(bridge.New("t0").Address(net.HardwareAddr{1, 0, 0x5e, 0, 0, 7}))),
	failing(lab.Creating(veth.New("t0").PortSettings(bridge.Port().Cost(7)))),
	failing(func(ctx context.Context, c *iplink.Conn) error { return c.Delete(ctx, "lo") }),
	func(t *testing.T, c *iplink.Conn) error {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := c.List(t.Context())
		return err
	},
	func(*testing.T, *iplink.Conn) error { _, err := iplink.OpenNetNS("gone"); return err },
}

// inode is the number of a namespace, which is another one each time.
var inode = regexp.MustCompile(`net:\[\d+\]`)

func failing(do func(context.Context, *iplink.Conn) error) func(*testing.T, *iplink.Conn) error {
	return func(t *testing.T, c *iplink.Conn) error { return do(t.Context(), c) }
}

// TestErrorsDocument compares the messages of docs/errors.md, which stand alone on
// an indented line, with what the failures really say.
func TestErrorsDocument(t *testing.T) {
	for _, kind := range []string{iplink.KindBridge, iplink.KindVeth, iplink.KindVXLAN, iplink.KindMacvlan} {
		testutil.Need(t, kind)
	}
	messages := regexp.MustCompile(`(?m)^    (.*)$`).FindAllStringSubmatch(errorsDocument, -1)
	if len(messages) != len(commonFailures) || len(messages) != strings.Count(errorsDocument, "\n## ") {
		t.Fatalf("%d messages in %d sections for %d failures", len(messages), strings.Count(errorsDocument, "\n## "), len(commonFailures))
	}
	for i, fail := range commonFailures {
		ns := testutil.NetNS(t)
		testutil.IPBatch(t, ns, lab.ErrorLinks...)
		_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) { return nil, fail(t, c) })
		want := inode.ReplaceAllString(messages[i][1], "")
		if err == nil || inode.ReplaceAllString(err.Error(), "") != want {
			t.Errorf("the document has\n%s, and it is\n%v", messages[i][1], err)
		}
	}
}
