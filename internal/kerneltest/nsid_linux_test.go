package kerneltest_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
	"golang.org/x/sys/unix"
)

// TestNSID finds that a namespace has no id without giving it one, gives it one, and
// finds that. `ip` shows the same, also at a link whose other end is there.
func TestNSID(t *testing.T) {
	conn, here := lab.Scratch(t)
	there, third := lab.UnnamedNetNS(t), lab.UnnamedNetNS(t)
	if id, err := conn.NSID(t.Context(), there); id != -1 || err != nil {
		t.Errorf("at first: %d, %v", id, err)
	}
	if out := here.IP("netns", "list-id"); out != "" {
		t.Errorf("after a look: %s", out)
	}
	for range 2 { // that it has the id is no error
		if err := conn.SetNSID(t.Context(), there, 0x1234); err != nil {
			t.Fatal(err)
		}
	}
	if out := here.IP("netns", "list-id"); !strings.HasPrefix(out, "nsid 4660") || strings.Count(out, "nsid") != 1 {
		t.Errorf("list-id: %s", out)
	}
	if id, err := conn.NSID(t.Context(), there); id != 0x1234 || err != nil {
		t.Errorf("then: %d, %v", id, err)
	}
	lab.MustCreate(t, conn, veth.New("t0").Peer(veth.New("t1").NetNS(there)))
	if got := here.Link("t0")["link_netnsid"]; got != 4660. {
		t.Errorf("link-netnsid %v", got)
	}
	for text, err := range map[string]error{"another id": conn.SetNSID(t.Context(), there, 0x4321), "an id that is taken": conn.SetNSID(t.Context(), third, 0x1234)} {
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", text, err)
		}
	}
	lab.Refused(t, conn.SetNSID(t.Context(), third, -1), "nsid", "-1 is not in 0…2147483647")
	if id, err := conn.NSID(t.Context(), third); id != -1 || err != nil {
		t.Errorf("the third: %d, %v", id, err)
	}
}

// TestNetNSFromFD opens the namespace of a descriptor, which stays open, and refuses other
// descriptors.
func TestNetNSFromFD(t *testing.T) {
	l := testutil.NewLab(t)
	ns, err := iplink.NetNSFromFD(int(l.File.Fd()))
	if err != nil || !ns.Equal(lab.NetNS(l)) {
		t.Fatalf("%v, %v", ns, err)
	}
	testutil.Must(t, ns.Close())
	l.IP("link") // the descriptor is still open
	null, err := os.Open(os.DevNull)
	testutil.Must(t, err)
	defer null.Close()
	files := openFiles(t)
	if ns, err := iplink.NetNSFromFD(int(null.Fd())); ns != nil || err == nil || !strings.Contains(err.Error(), "not a network namespace") {
		t.Errorf("%v, %v", ns, err)
	}
	if ns, err := iplink.NetNSFromFD(-1); ns != nil || !errors.Is(err, unix.EBADF) {
		t.Errorf("%v, %v", ns, err)
	}
	if now := openFiles(t); now != files {
		t.Errorf("%d open files, were %d", now, files)
	}
}

// TestLinkNetNSID makes links whose parent, underlay or other end is in a namespace of
// which only an id is given, in the Conn's namespace and in another one.
func TestLinkNetNSID(t *testing.T) {
	conn, here := lab.Scratch(t)
	far, third := testutil.NewLab(t), testutil.NewLab(t)
	there, elsewhere := lab.NetNS(far), lab.NetNS(third)
	for range 4 {
		far.IP("link", "add", "type", "veth") // so that indexes differ
	}
	far.IP("link", "add", "low0", "mtu", "1450", "type", "bridge")
	testutil.Must(t, conn.SetNSID(t.Context(), there, 0x1234))
	files := openFiles(t)
	specs := []iplink.Spec{
		macvlan.New("mv0").Parent("low0").LinkNetNSID(0x1234),
		vxlan.New("vx0").VNI(0x4321).Dev("low0").LinkNetNSID(0x1234),
		veth.New("a0").LinkNetNSID(0x1234).Up().Peer(veth.New("a1").MTU(1403)),
		veth.New("b0").LinkNetNSID(0x1234),
	}
	lab.MustCreate(t, conn, specs...)
	low := far.Link("low0")["ifindex"]
	for name, index := range map[string]any{"mv0": low, "vx0": nil, "a0": far.Link("a1")["ifindex"], "b0": nil} {
		if got := here.Link(name); got["link_netnsid"] != 4660. || index != nil && got["link_index"] != index {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := far.Link("a1"); got["mtu"] != 1403. || here.InfoData("vx0")["link_index"] != low && here.InfoData("vx0")["link"] == nil {
		t.Errorf("%v, %v", got, here.InfoData("vx0"))
	}
	changes, err := conn.Ensure(t.Context(), specs...)
	for i := range changes {
		if changes[i].Changed() {
			t.Errorf("%v: changed %v", specs[i], changes[i].Differences)
		}
	}
	if err != nil {
		t.Error(err)
	}
	testutil.Must(t, conn.SetNSID(t.Context(), elsewhere, 0x4321))
	third.IP("link", "add", "low0", "type", "bridge")
	if _, err := conn.Ensure(t.Context(), macvlan.New("mv0").Parent("low0").LinkNetNSID(0x4321)); !errors.Is(err, iplink.ErrImmutable) {
		t.Errorf("another id: %v", err)
	}
	if now := openFiles(t); now > files+1 { // the Conn keeps its own namespace
		t.Errorf("%d open files, were %d", now, files)
	}
	// The id counts in the namespace of the link, not in that of the Conn.
	id, err := there.Dial()
	testutil.Must(t, err)
	defer id.Close()
	testutil.Must(t, id.SetNSID(t.Context(), elsewhere, 0x1234))
	lab.MustCreate(t, conn, macvlan.New("mv1").NetNS(there).Parent("low0").LinkNetNSID(0x1234),
		bridge.New("low1").NetNS(elsewhere), macvlan.New("mv2").NetNS(there).Parent("low1").LinkNetNSID(0x1234))
	for name, lower := range map[string]string{"mv1": "low0", "mv2": "low1"} {
		if got := far.Link(name); got["link_netnsid"] != 4660. || got["link_index"] != third.Link(lower)["ifindex"] {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestLinkNetNSIDRefused refuses ids that nothing has, and settings that need the
// namespace itself.
func TestLinkNetNSIDRefused(t *testing.T) {
	conn, here := lab.Scratch(t)
	far := testutil.NewLab(t)
	testutil.Must(t, conn.SetNSID(t.Context(), lab.NetNS(far), 5))
	far.IP("link", "add", "low0", "type", "bridge")
	_, err := conn.Create(t.Context(), macvlan.New("mv0").Parent("low0").LinkNetNSID(6))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no namespace has the id 6 in the namespace of the Conn") {
		t.Error(err)
	}
	_, err = conn.Create(t.Context(), macvlan.New("mv0").Parent("none0").LinkNetNSID(5))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `no link "none0" in namespace`) {
		t.Error(err)
	}
	for want, spec := range map[string]iplink.Spec{
		"LinkNetNSID: -1 is not in 0…2147483647":            macvlan.New("mv0").Parent("low0").LinkNetNSID(-1),
		"LinkNetNSID: it has a LinkNetNS":                   macvlan.New("mv0").Parent("low0").LinkNetNS(lab.NetNS(far)).LinkNetNSID(5),
		"LinkNetNS: it has a LinkNetNSID":                   macvlan.New("mv0").Parent("low0").LinkNetNSID(5).LinkNetNS(lab.NetNS(far)),
		"link-netns: a bridge has no parent":                bridge.New("br0").LinkNetNSID(5),
		"address: it can be set only from within the other": veth.New("a0").LinkNetNSID(5).Peer(veth.New("a1").Addr(lab.Prefix("192.0.2.1/24"))),
	} {
		attr, text, _ := strings.Cut(want, ": ")
		_, err := conn.Create(t.Context(), spec)
		if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrInvalid) || !strings.HasPrefix(e.Attr, attr) || !strings.Contains(e.Message, text) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if got := len(here.Names()) + len(far.Names()); got != 3 {
		t.Errorf("left: %v, %v", here.Names(), far.Names())
	}
}

// TestLinkNetNSIDString has `ip` make the links that the commands describe.
func TestLinkNetNSIDString(t *testing.T) {
	conn, here := lab.Scratch(t)
	far := testutil.NewLab(t)
	testutil.Must(t, conn.SetNSID(t.Context(), lab.NetNS(far), 5))
	far.Batch("link add type veth", "link add index 18 low0 type bridge")
	for _, c := range []struct {
		spec iplink.Spec
		want string
	}{
		{macvlan.New("mv0").ParentIndex(18).LinkNetNSID(5), "ip link add mv0 link if18 link-netnsid 5 type macvlan"},
		{veth.New("a0").LinkNetNSID(5).Peer(veth.New("a1").MTU(1403)), "ip link add a0 link-netnsid 5 type veth peer a1 mtu 1403"},
	} {
		if got := c.spec.String(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
		if c.spec.String()[12] == 'm' && !testutil.IPOlder(t, 6, 15) { // which looks if18 up in its own namespace
			lab.MustCreate(t, conn, c.spec)
			continue
		}
		if fault := testutil.Shell(t, here.File, c.spec.String()); fault != "" {
			t.Errorf("%s: %s", c.spec, fault)
		}
	}
	if here.Link("mv0")["link_netnsid"] != 5. || far.Link("a1")["mtu"] != 1403. {
		t.Errorf("%v, %v", here.Link("mv0"), far.Link("a1"))
	}
	for spec, want := range map[iplink.Spec]string{
		macvlan.New("mv0").Parent("low0").LinkNetNSID(5):               "ip link add mv0 link low0 link-netnsid 5 type macvlan # ip has no word for: a link by name in a namespace by id",
		veth.New("a0").LinkNetNSID(5).Peer(veth.New("a1").Up()):        "ip link add a0 link-netnsid 5 type veth peer a1 # ip has no word for: a peer in a namespace by id: ip link set dev a1 up",
		veth.New("a0").LinkNetNSID(5).Peer(veth.New("").AltName("a2")): "ip link add a0 link-netnsid 5 type veth peer # ip has no word for: a peer in a namespace by id: ip link property add dev '' altname a2",
	} {
		if got := spec.String(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
