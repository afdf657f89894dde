package kerneltest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// linkNames returns the names of all links that `ip` lists with the arguments,
// in its order.
func linkNames(t testing.TB, ns *os.File, args ...string) []string {
	t.Helper()
	var links []struct {
		Name string `json:"ifname"`
	}
	out := testutil.IP(t, ns, append([]string{"-j", "link", "show"}, args...)...)
	if out == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(out), &links); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	var names []string
	for _, l := range links {
		if l.Name != "" { // what a filter hides is an empty object
			names = append(names, l.Name)
		}
	}
	return names
}

// TestManyLinksLeaveNothing makes and removes links; what they leave behind in
// this process makes TestMain fail.
func TestManyLinksLeaveNothing(t *testing.T) {
	ns := testutil.NetNS(t)
	for i := range lab.Emulated(40, 100) {
		name := fmt.Sprint("t", i)
		testutil.In(t, ns, func() {
			if _, err := veth.New(name).Peer(veth.New(name + "p").Up()).Up().Create(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := bridge.New(name + "b").Up().Create(t.Context()); err != nil {
				t.Error(err)
			}
			if err := iplink.Delete(t.Context(), name, name+"b"); err != nil {
				t.Error(err)
			}
		})
	}
	if left := linkNames(t, ns); !slices.Equal(left, []string{"lo"}) {
		t.Errorf("left: %v", left)
	}
}

// lifecycleLinks are there before links are made in vain. The bridge has an
// address of its own and a port, as otherwise it follows the ports that come
// and go.
var lifecycleLinks = []string{
	"link add br0 address 02:00:00:00:12:34 type bridge", "link add under type veth peer name under1",
	"link add there type veth peer name there1", "link property add dev there altname alternative",
	"link set dev under1 master br0",
}

// TestCreateIsAllOrNothing fails at one step after another.
func TestCreateIsAllOrNothing(t *testing.T) {
	pair := func() *veth.Builder { return veth.New("t0").Peer(veth.New("t1")) }
	refused := map[string][]iplink.Spec{
		"second link":        {bridge.New("t0"), bridge.New("there")},
		"third link":         {bridge.New("t0"), pair().Clone().Peer(veth.New("t2").Master("t0")), macvlan.New("there").Parent("t2")},
		"altname taken":      {bridge.New("t0").AltName("mine", "alternative")},
		"altname of itself":  {bridge.New("t0").AltName("mine", "mine")},
		"address refused":    {bridge.New("t0").Addr(netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.0/24"))},
		"port refused":       {pair().Master("br0").PortSettings(bridge.Port().State(bridge.PortLearning))},
		"protodown refused":  {pair().ProtoDown(true)},
		"peer's name":        {veth.New("t0").Peer(veth.New("there"))},
		"peer's altname":     {veth.New("t0").Peer(veth.New("t1").AltName("alternative"))},
		"peer's master":      {veth.New("t0").Peer(veth.New("t1").Master("there"))},
		"peer's address":     {veth.New("t0").Peer(veth.New("t1").Addr(netip.MustParsePrefix("ff02::1/128")))},
		"carrier of a veth":  {veth.New("t0").Peer(veth.New("t1").Carrier(false))},
		"not applied":        {bridge.New("t0"), bridge.New("t1").MulticastHashElasticity(17)},
		"same VNI":           {vxlan.New("t0").VNI(7), vxlan.New("t1").VNI(7)},
		"index taken":        {bridge.New("t0").Index(0x1234), bridge.New("t1").Index(0x1234)},
		"same name twice":    {bridge.New("t0"), bridge.New("t0")},
		"address generation": {bridge.New("t0").AddrGenMode(iplink.AddrGenStableSecret)},
	}
	if !testutil.Older(t, 6, 5) { // which take any size of a new link
		refused["GSO above the TSO"] = []iplink.Spec{bridge.New("t0"), bridge.New("t1").GSOMaxSize(1 << 30)}
	}
	for name, specs := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, lifecycleLinks...)
			before := links(t, ns)
			_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) { return c.Create(t.Context(), specs...) })
			if err == nil {
				t.Error("no error")
			}
			t.Log(err)
			if diff := cmp.Diff(before, links(t, ns)); diff != "" {
				t.Errorf("changed: %s", diff)
			}
		})
	}
}

// links returns all that `ip` says about all links.
func links(t testing.TB, ns *os.File) (all []map[string]any) {
	t.Helper()
	out := testutil.IP(t, ns, "-d", "-j", "link")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, l := range all {
		info, _ := l["linkinfo"].(map[string]any)
		data, _ := info["info_data"].(map[string]any)
		delete(data, "gc_timer")
	}
	return all
}

// TestCreateWithinItself makes links of which later ones name earlier ones.
func TestCreateWithinItself(t *testing.T) {
	ns := testutil.NetNS(t)
	got, err := lab.InNetNS(t, ns, func(c *iplink.Conn) ([]*iplink.Link, error) {
		return c.Create(t.Context(),
			bridge.New("br1").Up(),
			veth.New("v0").Peer(veth.New("v1").Master("br1").Up()).Up(),
			macvlan.New("m0").Parent("v0").Mode(macvlan.Bridge),
			vxlan.New("x0").VNI(7).Dev("m0").Master("br1").PortSettings(bridge.Port().Isolated(true)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[2].Parent != got[1].Index || got[3].Master != got[0].Index || got[3].Info.(*iplink.VXLANInfo).Dev != got[2].Index {
		t.Errorf("%+v", got)
	}
	for path, want := range map[string]any{"v1 master": "br1", "m0 link": "v0", "x0 master": "br1"} {
		name, key, _ := strings.Cut(path, " ")
		if have := testutil.LinkJSON(t, ns, name)[key]; have != want {
			t.Errorf("%s: %v, want %v", path, have, want)
		}
	}
}

// TestCreateWithoutContext makes nothing once the context has ended.
func TestCreateWithoutContext(t *testing.T) {
	ns := testutil.NetNS(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) {
		_, err := c.Create(ctx, bridge.New("t0"), veth.New("t1"))
		if _, again := c.Create(t.Context(), bridge.New("after")); again != nil {
			t.Errorf("the Conn is unusable: %v", again)
		}
		return nil, err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if have := linkNames(t, ns); !slices.Equal(have, []string{"lo", "after"}) {
		t.Errorf("%v", have)
	}
}

// TestCreateWhileTheContextEnds ends it at any moment: either all links are
// there, or none.
func TestCreateWhileTheContextEnds(t *testing.T) {
	ns := testutil.NetNS(t)
	for i := range 30 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) {
			go func() {
				for range i * 1000 { // a moment that grows
					_ = ctx.Err()
				}
				cancel()
			}()
			return c.Create(ctx, bridge.New("t0"), veth.New("t1").Peer(veth.New("t2").Up()), macvlan.New("t3").Parent("t1"))
		})
		have := linkNames(t, ns)
		switch {
		case err == nil && len(have) == 5:
			testutil.IPBatch(t, ns, "link del t0", "link del t1")
		case err != nil && slices.Equal(have, []string{"lo"}):
		default:
			t.Fatalf("error %v, links %v", err, have)
		}
		cancel()
	}
}

// spaces are the namespaces of a test: that of the Conn, and two others.
type spaces struct {
	home       *os.File
	a, b       *iplink.NetNS
	aDir, bDir *os.File
}

func newSpaces(t *testing.T) spaces {
	s := spaces{home: testutil.NetNS(t), a: lab.UnnamedNetNS(t), b: lab.UnnamedNetNS(t)}
	s.aDir, s.bDir = fileOf(t, s.a), fileOf(t, s.b)
	testutil.IPBatch(t, s.home, "link add pad1 type bridge", "link add pad2 type bridge", "link add under index 77 type veth peer name under1")
	return s
}

// fileOf returns another descriptor of a namespace, for `ip`.
func fileOf(t *testing.T, ns *iplink.NetNS) *os.File {
	t.Helper()
	var file *os.File
	err := ns.Do(func() (err error) {
		file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// TestCreateInNetNS makes links whose ends and parents are in several
// namespaces, and looks with `ip` where they are.
func TestCreateInNetNS(t *testing.T) {
	for name, c := range map[string]struct {
		spec       func(spaces) iplink.Spec
		home, a, b []string // what is there afterwards
	}{
		"main end": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Peer(veth.New("t1").MTU(1281)) },
			[]string{"t1"}, []string{"t0"}, nil},
		"peer": {func(s spaces) iplink.Spec { return veth.New("t0").Peer(veth.New("t1").NetNS(s.b).Up().Alias("there")) },
			[]string{"t0"}, nil, []string{"t1"}},
		"both": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Up().Peer(veth.New("t1").NetNS(s.b).Up()) },
			nil, []string{"t0"}, []string{"t1"}},
		"both in one": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Up().Peer(veth.New("t1").NetNS(s.a).Up()) },
			nil, []string{"t0", "t1"}, nil},
		"same name": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Peer(veth.New("t0").NetNS(s.b)) },
			nil, []string{"t0"}, []string{"t0"}},
		"name that is taken at home": {func(s spaces) iplink.Spec { return veth.New("under").NetNS(s.a).Peer(veth.New("pad1").NetNS(s.b)) },
			nil, []string{"under"}, []string{"pad1"}},
		"parent at home": {func(s spaces) iplink.Spec { return macvlan.New("t0").Parent("under").NetNS(s.a) },
			nil, []string{"t0"}, nil},
		"parent at home by index": {func(s spaces) iplink.Spec { return macvlan.New("t0").ParentIndex(77).NetNS(s.b).Up().Alias("x") },
			nil, nil, []string{"t0"}},
		"underlay at home": {func(s spaces) iplink.Spec { return vxlan.New("t0").VNI(7).Dev("under").NetNS(s.a) },
			nil, []string{"t0"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpaces(t)
			before := linkNames(t, s.home)
			_, err := lab.InNetNS(t, s.home, func(conn *iplink.Conn) (any, error) { return conn.Create(t.Context(), c.spec(s)) })
			if err != nil {
				t.Fatal(err)
			}
			same(t, "home", linkNames(t, s.home), append(before, c.home...))
			same(t, "a", linkNames(t, s.aDir), append([]string{"lo"}, c.a...))
			same(t, "b", linkNames(t, s.bDir), append([]string{"lo"}, c.b...))
		})
	}
}

// same compares lists regardless of their order.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestCreateWithLinkNetNS makes a link here whose parent is elsewhere.
func TestCreateWithLinkNetNS(t *testing.T) {
	s := newSpaces(t)
	testutil.IPBatch(t, s.aDir, "link add below index 291 type veth peer name below1")
	for i, spec := range []iplink.Spec{
		macvlan.New("t0").Parent("below").LinkNetNS(s.a),
		macvlan.New("t1").Parent("below").LinkNetNS(s.a).NetNS(s.b),
	} {
		got, err := lab.InNetNS(t, s.home, func(conn *iplink.Conn) ([]*iplink.Link, error) { return conn.Create(t.Context(), spec) })
		if err != nil {
			t.Fatal(err)
		}
		if l := got[0]; l.Parent != 0x123 || l.NetNSID < 0 {
			t.Errorf("%s sits on %d in namespace %d", l.Name, l.Parent, l.NetNSID)
		}
		where := []*os.File{s.home, s.bDir}[i]
		l := testutil.LinkJSON(t, where, fmt.Sprint("t", i))
		if l["link_index"] != float64(0x123) || l["link_netnsid"] == nil {
			t.Errorf("ip: %v", l)
		}
	}
}

// TestUnderlayWithLinkNetNS makes a VXLAN whose underlay is elsewhere. The
// kernel reports the VXLAN itself as what it sits on.
func TestUnderlayWithLinkNetNS(t *testing.T) {
	s := newSpaces(t)
	testutil.IPBatch(t, s.aDir, "link add below index 291 type veth peer name below1")
	got, err := lab.InNetNS(t, s.home, func(conn *iplink.Conn) ([]*iplink.Link, error) {
		return conn.Create(t.Context(), vxlan.New("t0").VNI(7).Dev("below").LinkNetNS(s.a))
	})
	if err != nil {
		t.Fatal(err)
	}
	if dev := got[0].Info.(*iplink.VXLANInfo).Dev; dev != 0x123 || got[0].NetNSID < 0 {
		t.Errorf("underlay %d in namespace %d", dev, got[0].NetNSID)
	}
	if dev := lab.Within(testutil.LinkJSON(t, s.home, "t0"), "linkinfo", "info_data", "link"); dev != "if291" {
		t.Errorf("ip: underlay %v, want if291", dev)
	}
}

// tracedVariable names what the test binary is to create when it runs under
// strace.
const tracedVariable = "IPLINK_TEST_TRACED"

// tracedCreation is what is created under strace, how many datagrams the kernel
// answers with, one for each request and one for each echo, and how many links are
// read: those that change after their echo.
type tracedCreation struct {
	specs   func() []iplink.Spec
	sends   int
	answers int
	reads   int
}

var tracedCreations = map[string]tracedCreation{
	"plain":    {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0").STP(true).Group(1281)} }, 1, 2, 0},
	"up":       {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0").STP(true).Group(1281).Up()} }, 1, 2, 1},
	"with MTU": {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0").STP(true).MTU(1281).Up()} }, 2, 4, 1}, // see bridgeKind
	"with alias and altname": {func() []iplink.Spec {
		return []iplink.Spec{bridge.New("t0").STP(true).MTU(1281).Alias("one").AltName("two").Up()}
	}, 2, 5, 1},
	"pair":    {func() []iplink.Spec { return []iplink.Spec{veth.New("t0").Peer(veth.New("t1"))} }, 1, 3, 1}, // the other end has no echo
	"pair up": {func() []iplink.Spec { return []iplink.Spec{veth.New("t0").Up().Peer(veth.New("t1").Up())} }, 2, 5, 2},
	"peer up": {func() []iplink.Spec { return []iplink.Spec{veth.New("t0").Peer(veth.New("t1").Up())} }, 2, 5, 2},
	"VXLAN":   {func() []iplink.Spec { return []iplink.Spec{vxlan.New("t0").VNI(0x1234)} }, 1, 2, 1}, // see hasEcho
	"three": {func() []iplink.Spec {
		return []iplink.Spec{bridge.New("t0").Up(), veth.New("t1").Master("t0").Up(), bridge.New("t2")}
	}, 2, 7, 2},
	"two and a parent": {func() []iplink.Spec {
		return []iplink.Spec{bridge.New("t0"), veth.New("t1"), macvlan.New("t2").Parent("t1"), bridge.New("t3")}
	}, 2, 9, 2},
	"indexes": {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0"), bridge.New("t1").Index(0x1234)} }, 1, 4, 2},
}

// TestTracedCreate is what strace looks at.
func TestTracedCreate(t *testing.T) {
	creation, ok := tracedCreations[os.Getenv(tracedVariable)]
	if !ok {
		testutil.Skipf(t, "TestSystemCalls runs this under strace")
	}
	_, err := lab.InNetNS(t, testutil.NetNS(t), func(c *iplink.Conn) (any, error) {
		mark()
		defer mark()
		return c.Create(t.Context(), creation.specs()...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mark shows in strace where Create begins and ends: it looks for a file that
// is not there.
func mark() { _, _ = os.Stat("/iplink-test-mark") }

// TestSystemCalls counts the calls of Create: one send, however many links it makes, a
// second one if something follows the creation or stands on a new link, and a receive for
// each answer.
func TestSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		testutil.Skipf(t, "this system has no strace")
	}
	testutil.NeedKernel(t, 6, 2)
	testutil.NetNS(t)
	for name, creation := range tracedCreations {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "strace")
			cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", file,
				"-e", "trace=newfstatat,sendmsg,sendto,sendmmsg,write,recvmsg,recvfrom,recvmmsg", os.Args[0], "-test.run=^TestTracedCreate$")
			cmd.Env = append(os.Environ(), tracedVariable+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			trace, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sends, receives, reads := countCalls(string(trace))
			if sends != creation.sends || receives != creation.answers || reads != creation.reads {
				t.Errorf("%d sends, want %d; %d receives, want %d; %d links read, want %d", sends, creation.sends, receives, creation.answers, reads, creation.reads)
			}
		})
	}
}

// readRequest is how strace shows the request that reads a link, also of a socket
// whose protocol it cannot find out because it is in another namespace.
var readRequest = regexp.MustCompile(`nlmsg_type=(RTM_GETLINK|0x12 )`)

// countCalls counts between the marks. Calls that would have blocked are none:
// the runtime tries before it waits.
func countCalls(trace string) (sends, receives, reads int) {
	between := strings.SplitN(trace, "/iplink-test-mark", 3)
	if len(between) < 3 {
		return 0, 0, 0
	}
	for line := range strings.Lines(between[1]) {
		switch {
		case strings.Contains(line, "EAGAIN"), !strings.Contains(line, "AF_NETLINK") && !strings.Contains(line, "nlmsg"):
		case strings.Contains(line, " send"):
			sends++
			reads += len(readRequest.FindAllString(line, -1))
		case strings.Contains(line, " recv"), strings.Contains(line, "<... recv"):
			receives++
		}
	}
	return sends, receives, reads
}
