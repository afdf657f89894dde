package iplink_test

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

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

// kernelsForeign is the part of docs/kernels.md about links that are read alone.
const kernelsForeign = `
## Links that other interfaces make

These links come about by other interfaces of the kernel than route netlink. ` + "`Get`, `List`" + ` and
` + "`Watch`" + ` read them like all others; ` + "`Device`" + ` changes the settings that every link has. A
link without a kind has an empty ` + "`Link.Kind`" + `. Attributes that the library does not know are in
` + "`Link.Unknown`" + `.

| link | kind | hardware type | comes about by | test |
|---|---|---|---|---|
| port of a switch, DSA | ` + "`dsa`" + ` | ether | the driver of the switch; package dsa changes it | ` + "`TestDSADecoding`" + ` |
| CAN controller | ` + "`can`" + ` | can | its driver, or ` + "`slcand`" + ` on a serial line; package can changes it | ` + "`TestGet`" + ` in can |
| PPP over serial lines, PPPoE, L2TP | ` + "`ppp`" + ` | ppp | ` + "`pppd`" + `, by ioctl on /dev/ppp; package ppp makes it as well | ` + "`TestLink`" + ` in ppp |
| port of Open vSwitch | ` + "`openvswitch`" + ` | ether | ` + "`ovs-vsctl add-port`" + `, by generic netlink (ovs_datapath, ovs_vport) | ` + "`TestOpenVSwitch`" + ` |
| simulated device | ` + "`netdevsim`" + ` | ether | ` + "`/sys/bus/netdevsim/new_device`" + ` | |
| L2TP session | none | ether | ` + "`ip l2tp add session`" + `, by generic netlink (l2tp) | ` + "`TestL2TP`" + ` |
| wireless interface | none | ether | its driver, or ` + "`iw phy interface add`" + `, by generic netlink (nl80211) | ` + "`TestWireless`" + ` |
| wireless monitor | none | ieee802.11/radiotap | the same | ` + "`TestWireless`" + ` |
| IEEE 802.15.4 radio | none | ieee802.15.4 | its driver, or ` + "`iwpan phy interface add`" + `, by generic netlink (nl802154) | ` + "`TestLink`" + ` in lowpan |
| IP on a serial line, SLIP | none | slip | ` + "`slattach`" + `, by ioctl on the terminal (N_SLIP) | |
| virtual function | none | ether | ` + "`/sys/class/net/NAME/device/sriov_numvfs`" + ` | |
| subfunction of a device | none | ether | ` + "`devlink port add`" + `, by generic netlink (devlink) | |
| multicast router's register | none | pimreg | a routing program, by socket option (MRT_ADD_VIF) | |
`
