package bond_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scratch is a namespace of a test's own with a bond b0, opened.
type scratch struct {
	*testutil.Lab
	b *bond.Bond
}

// newScratch makes the bond, and ports p1 and p2 that are not in it yet, as pairs
// with q1 and q2.
func newScratch(t *testing.T, b *bond.Builder) *scratch {
	t.Helper()
	l := testutil.NewLab(t, "bond")
	l.Batch("link add p1 index 71 address 02:00:00:00:00:71 type veth peer name q1", "link add p2 index 72 address 02:00:00:00:00:72 type veth peer name q2",
		"link set q1 up", "link set q2 up")
	l.In(func() {
		_, err := b.Create(t.Context())
		testutil.Must(t, err)
	})
	return &scratch{l, testutil.OpenedLink(l, "b0", bond.Open)}
}

// wants fails the test unless an error matches, and says a text.
func (x *scratch) wants(err, target error, text string) {
	x.Helper()
	if _, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, target) || !strings.Contains(err.Error(), text) {
		x.Errorf("%v, want an *iplink.Error that matches %v and says %q", err, target, text)
	}
}

func (x *scratch) active() string {
	x.Helper()
	name, err := x.b.Active(x.Context())
	testutil.Must(x, err)
	return name
}

// TestPorts joins, configures and removes ports, and has /proc/net/bonding say
// the same.
func TestPorts(t *testing.T) {
	x := newScratch(t, bond.New("b0").Mode(bond.ActiveBackup).MIIMon(50*time.Millisecond).Up())
	x.IP("link set p1 up")
	testutil.Must(x, x.b.AddPort(x.Context(), "p1"))
	testutil.Must(x, x.b.AddPort(x.Context(), "p2"))
	testutil.Must(x, x.b.AddPort(x.Context(), "p2"))
	testutil.Must(x, x.b.SetPort(x.Context(), "p1", bond.Port().QueueID(3).Prio(-7)))
	testutil.Must(x, x.b.SetPort(x.Context(), "p2", bond.Port().QueueID(12).Prio(0x1234)))
	said := procOf(t, x.File, "b0")
	ports, err := x.b.Ports(x.Context())
	testutil.Must(x, err)
	if len(ports) != 2 || len(said.ports) != 2 {
		t.Fatalf("ports %+v, /proc %v", ports, said.ports)
	}
	for i, p := range ports {
		proc := said.ports[p.Link.Name]
		if p.Link.Index != 71+i || !p.Link.Up() || fmt.Sprint(p.QueueID) != proc["Slave queue ID"] ||
			strings.ToLower(p.MIIStatus.String()) != strings.ReplaceAll(proc["MII Status"], " ", "_") ||
			p.PermAddress.String() != proc["Permanent HW addr"] || fmt.Sprint(p.LinkFailureCount) != proc["Link Failure Count"] {
			t.Errorf("%s: %+v, /proc %v", p.Link.Name, p.BondPortInfo, proc)
		}
	}
	if ports[0].QueueID != 3 || ports[1].QueueID != 12 || ports[0].Prio != -7 || ports[1].Prio != 0x1234 {
		t.Errorf("%+v", ports)
	}
	x.wants(x.b.SetPort(x.Context(), "p2", bond.Port().QueueID(3)), fs.ErrPermission, "queue_id: another port of the bond has that queue")
	x.wants(x.b.SetPort(x.Context(), "p2", bond.Port().QueueID(17)), fs.ErrPermission, "or the bond has none of that number")
	x.wants(x.b.SetPort(x.Context(), "q1", bond.Port().QueueID(5)), fs.ErrInvalid, "it is not a port of the bond")
	testutil.Must(x, x.b.RemovePort(x.Context(), "p2"))
	if said := procOf(t, x.File, "b0"); len(said.ports) != 1 || said.ports["p1"] == nil {
		t.Errorf("/proc %v", said.ports)
	}
	if l := x.Link("p2"); l["master"] != nil || l["operstate"] != "DOWN" || l["address"] != "02:00:00:00:00:72" {
		t.Errorf("p2 was taken out: %v", l)
	}
	x.wants(x.b.RemovePort(x.Context(), "p2"), fs.ErrInvalid, "it is not a port of the bond")
}

// TestFailover chooses the active port, and takes its carrier away.
func TestFailover(t *testing.T) {
	x := newScratch(t, bond.New("b0").Mode(bond.ActiveBackup).MIIMon(50*time.Millisecond).Up())
	if got := x.active(); got != "" {
		t.Errorf("%q is active without ports", got)
	}
	testutil.Must(x, x.b.AddPort(x.Context(), "p1"))
	testutil.Must(x, x.b.AddPort(x.Context(), "p2"))
	testutil.Eventually(x, "both ports are up", func() bool {
		said := procOf(t, x.File, "b0").ports
		return said["p1"]["MII Status"] == "up" && said["p2"]["MII Status"] == "up"
	})
	for _, port := range []string{"p2", "p1", "p2"} {
		testutil.Must(x, x.b.SetActive(x.Context(), port))
		if said := procOf(t, x.File, "b0").bond["Currently Active Slave"]; said != port || x.active() != port {
			t.Errorf("active is %s, /proc says %s, want %s", x.active(), said, port)
		}
	}
	x.IP("link set q2 down")
	testutil.Eventually(x, "p1 takes over", func() bool { return x.active() == "p1" })
	if said := procOf(t, x.File, "b0"); said.bond["Currently Active Slave"] != "p1" || said.ports["p2"]["MII Status"] != "down" {
		t.Errorf("/proc %v", said)
	}
	ports, err := x.b.Ports(x.Context())
	testutil.Must(x, err)
	for _, p := range ports {
		wantState, wantMII, failures := iplink.BondPortActive, iplink.BondMIIUp, uint32(0)
		if p.Link.Name == "p2" {
			wantState, wantMII, failures = iplink.BondPortBackup, iplink.BondMIIDown, 1
		}
		if p.State != wantState || p.MIIStatus != wantMII || p.LinkFailureCount != failures {
			t.Errorf("%s is %+v", p.Link.Name, p.BondPortInfo)
		}
	}
	x.wants(x.b.SetActive(x.Context(), "p2"), fs.ErrInvalid, "p2: invalid argument (its link is DOWN)")
	x.wants(x.b.SetActive(x.Context(), "q1"), fs.ErrInvalid, "it is not a port of the bond")
	x.wants(x.b.SetActive(x.Context(), "nosuch"), fs.ErrNotExist, "nosuch")
	_, err = x.b.LACP(x.Context())
	x.wants(err, fs.ErrInvalid, "mode: invalid argument (it is active-backup; only 802.3ad speaks LACP)")
}

// TestAddPortRestores has links not become ports, early and late, which leaves
// them as they were.
func TestAddPortRestores(t *testing.T) {
	x := newScratch(t, bond.New("b0").Mode(bond.ActiveBackup).MIIMon(50*time.Millisecond).Up())
	testutil.Must(x, x.b.AddPort(x.Context(), "p1"))
	x.Batch("link add br0 type bridge", "link set p2 master br0 up",
		"link add over link b0 up address 02:00:00:00:12:34 mtu 1400 type macvlan", // the bond cannot sit on it: a loop
		"address add 192.0.2.17/28 dev over", "address add 2001:db8::17/64 nodad dev over",
		"route add default via 192.0.2.18 dev over", "route add 2001:db8:7::/48 via 2001:db8::18 dev over metric 7",
		"neigh add 192.0.2.18 lladdr 02:00:00:00:00:01 dev over", "link set lo up")
	x.wants(x.b.AddPort(x.Context(), "p2"), fs.ErrInvalid, "add port to bond b0: p2: invalid argument (it is a port of br0: take it out first)")
	x.wants(x.b.AddPort(x.Context(), "b0"), fs.ErrInvalid, "it is the bond itself")
	x.wants(x.b.AddPort(x.Context(), "nosuch"), fs.ErrNotExist, "nosuch")
	before := x.describe("over")
	err := x.b.AddPort(x.Context(), "over")
	if err == nil {
		t.Fatal("the bond sits on what sits on it")
	}
	t.Log(err)
	if after := x.describe("over"); after != before {
		t.Errorf("before:\n%s\nafterwards:\n%s", before, after)
	}
	ended, cancel := context.WithCancel(x.Context())
	cancel()
	x.wants(x.b.AddPort(ended, "over"), context.Canceled, "")
	x.IP("link set over down")
	if err := x.b.AddPort(x.Context(), "over"); err == nil {
		t.Error("the bond sits on what sits on it")
	}
	if l := x.Link("over"); slices.Contains(l["flags"].([]any), any("UP")) {
		t.Errorf("over came up: %v", l)
	}
}

var operState = regexp.MustCompile(` state [A-Z]+`)

// describe is what `ip` says of a link, its addresses, routes and neighbours,
// without link-local ones and the operational state, which comes with a delay.
func (x *scratch) describe(name string) string {
	x.Helper()
	var lines []string
	text := x.IP("address show dev "+name) + x.IP("route show dev "+name) + x.IP("-6 route show dev "+name) + x.IP("neigh show nud permanent dev "+name)
	for line := range strings.Lines(text) {
		link := strings.Contains(line, "fe80:") || strings.Contains(line, "valid_lft")
		if line = strings.Join(strings.Fields(line), " "); !link && line != "" {
			lines = append(lines, operState.ReplaceAllString(strings.TrimSuffix(line, " linkdown"), ""))
		}
	}
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n")
}

func TestOpen(t *testing.T) {
	x := newScratch(t, bond.New("b0").Mode(bond.BalanceRR).Index(77).AltName("a-bond-with-a-long-name"))
	x.In(func() {
		b, err := bond.Open(x.Context(), "a-bond-with-a-long-name")
		testutil.Must(x, err)
		defer b.Close()
		if b.Index() != 77 || b.Name() != "a-bond-with-a-long-name" {
			t.Errorf("%d, %q", b.Index(), b.Name())
		}
		_, err = bond.Open(x.Context(), "p1")
		x.wants(err, iplink.ErrKind, `open bond p1: the link is of another kind (it is not a bond but "veth")`)
		_, err = bond.Open(x.Context(), "nosuch")
		x.wants(err, fs.ErrNotExist, "nosuch")
		_, err = bond.Open(x.Context(), "")
		x.wants(err, fs.ErrInvalid, "name")
	})
	testutil.Must(x, x.b.AddPort(x.Context(), "p1"))
	x.wants(x.b.SetActive(x.Context(), "p1"), fs.ErrInvalid, "")
	x.IP("link del b0")
	_, err := x.b.Active(x.Context())
	x.wants(err, syscall.ENODEV, "")
	_, err = x.b.Ports(x.Context())
	x.wants(err, fs.ErrNotExist, "")
	_, err = x.b.LACP(x.Context())
	x.wants(err, fs.ErrNotExist, "")
	x.IP("link add b1 index 77 type veth peer name c1")
	_, err = x.b.Ports(x.Context())
	x.wants(err, iplink.ErrKind, "")
}
