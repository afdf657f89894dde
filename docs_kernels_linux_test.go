package iplink_test

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
)

// kernelsDocument is generated from the tables, here.
const kernelsDocument = "docs/kernels.md"

// sources has it, and the tests that it names, on the kernels of the matrix too.
//
//go:embed docs/kernels.md *_settings_linux_test.go
var sources embed.FS

// TestKernelsDocument compares the document with the tables. With -update it
// writes it.
func TestKernelsDocument(t *testing.T) {
	want := kernelsIntroduction + kernelsKinds(t) + kernelsSettings(t)
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

The oldest kernel supported is Linux 6.1: every kind below, and every setting that is not
in the second table, is in it, if it was built with the option.

Where the kernel does not know a setting, Create and Update fail, with its refusal or with
` + "`iplink.ErrNotApplied`" + `, which names it. One that cannot be read is the exception: an
older kernel ignores it unnoticed.

What is said here is tried. The test that is named sets each setting alone, changes it and
reads it back, and asks ` + "`ip`" + `, on Linux 6.1, 6.12 and 7.3; what a kernel must have by this
document and does not is a failure, and so is a setting that no test tries:

    make test-kernel K=6.1 RUN=TestVXLANSettings PKG=.

`

// kernelsTable is a table of settings, and the test that tries each.
type kernelsTable struct {
	title, kind, test string
	rows              []attr.Row
}

// goNames are the kinds as Go code writes them.
var goNames = map[string]string{iplink.KindBond: "Bond", iplink.KindBridge: "Bridge", iplink.KindCAN: "CAN", iplink.KindIPoIB: "IPoIB",
	iplink.KindIPvlan: "IPvlan", iplink.KindIPvtap: "IPvtap", iplink.KindMACsec: "MACsec", iplink.KindMacvlan: "Macvlan",
	iplink.KindMacvtap: "Macvtap", iplink.KindVLAN: "VLAN", iplink.KindVXLAN: "VXLAN"}

// tablesOf returns the tables of a kind.
func tablesOf(t *testing.T, kind string) (all []kernelsTable) {
	own, ports := iplink.HasRows(kind)
	if own && kind != iplink.KindTeam { // whose one setting goes another way, since long ago
		all = append(all, kernelsTable{kind, kind, settingsTest(t, goNames[kind]), iplink.KindRows(kind)})
	}
	if ports {
		all = append(all, kernelsTable{kind + " port", kind, settingsTest(t, goNames[kind]+"Port"), iplink.PortRows(kind)})
	}
	return all
}

// settingsTest returns the name of the test that tries the settings of a table,
// which must be there.
func settingsTest(t *testing.T, name string) string {
	t.Helper()
	name = "Test" + name + "Settings"
	files, err := fs.Glob(sources, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := sources.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(t *testing.T)") {
			return name
		}
	}
	t.Errorf("there is no %s", name)
	return name
}

func kernelsKinds(t *testing.T) string {
	var b strings.Builder
	b.WriteString("## Kinds\n\n| kind | the kernel's option | settings | newer than 6.1 | test |\n|---|---|---|---|---|\n")
	for _, kind := range iplink.KindNames() {
		option := "–"
		if config := iplink.KindConfig(kind); config != "" {
			option = "`CONFIG_" + config + "`"
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
	fmt.Fprintf(&b, "| every link | – | %d | %d | `%s` |\n", count(common, attr.Row.Settable), count(common, isNewer), settingsTest(t, "Common"))
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
	tables = append(tables, kernelsTable{title: "every link", test: settingsTest(t, "Common"), rows: iplink.LinkRows()})
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
