package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/topology"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

// attachMTU and attachMAC are what every host end gets, with its number.
const attachMTU = 0x1234 >> 2

func attachMAC(i int) net.HardwareAddr {
	return net.HardwareAddr{0x0a, 0x12, 0x34, 0x56, byte(i >> 8), byte(i)}
}

func attachAddr(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0x12, byte(i >> 8), byte(i)}), 32)
}

// attachMaster returns a bridge: each takes 1023 ports.
func attachMaster(i int) string {
	return [...]string{"br", "br1", "br2"}[i/1000]
}

// attach describes what a container engine makes: a pair with one end in the
// container, with an address, and the other a port of the host's bridge.
func attach(container *iplink.NetNS, i int) iplink.Spec {
	peer := veth.New(fmt.Sprintf("c%d", i)).NetNS(container).Addr(attachAddr(i)).Up()
	return veth.New(fmt.Sprintf("h%d", i)).Master(attachMaster(i)).MTU(attachMTU).Address(attachMAC(i)).Up().Peer(peer)
}

// countSends returns how often c has sent.
func countSends(c *iplink.Conn) *int {
	sends := new(int)
	c.SetHook(func(p rtnl.Point) error {
		if p == rtnl.BeforeSend {
			*sends++
		}
		return nil
	})
	return sends
}

// TestCreateSends makes many attachments with few sends, and nothing is lost.
func TestCreateSends(t *testing.T) {
	for _, n := range []int{1, lab.Many(t, lab.Emulated(150, 500), 2000)} {
		host, hostNS := lab.Scratch(t)
		_, container := lab.Scratch(t)
		lab.MustCreate(t, host, bridge.New("br"), bridge.New("br1"))
		sends := countSends(host)
		var specs []iplink.Spec
		for i := range n {
			specs = append(specs, attach(lab.NetNS(container), i))
		}
		links := lab.MustCreate(t, host, specs...)
		// Each is made, and its peer gets an address and comes up: 64 such requests a send.
		if most := 3 + 3*n/64; *sends > most && (n == 1 || !inUserNS(t)) {
			t.Errorf("%d sends for %d attachments, want %d", *sends, n, most)
		}
		t.Logf("%d attachments: %d sends", n, *sends)
		checkAttachments(t, hostNS, container, links)
		if err := host.Delete(t.Context(), slices.DeleteFunc(hostNS.Names(), isBase)...); err != nil {
			t.Error(err)
		}
	}
}

func isBase(name string) bool { return name == "lo" || name == "br" || name == "br1" }

// inUserNS reports whether the process is in a user namespace of its own, where
// the kernel grants small buffers only, so that many requests take more sends.
func inUserNS(t *testing.T) bool {
	t.Helper()
	ids, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatal(err)
	}
	return !slices.Equal(strings.Fields(string(ids)), []string{"0", "0", "4294967295"})
}

// checkAttachments asks `ip` about all of them.
func checkAttachments(t *testing.T, host, container *testutil.Lab, links []*iplink.Link) {
	t.Helper()
	type attached struct {
		Ifname, Address, Master string
		Ifindex, MTU            int
		Flags                   []string
		Info                    []struct{ Local string } `json:"addr_info"`
	}
	read := func(ns *testutil.Lab) map[string]attached {
		var all []attached
		ns.Decode(&all, "-j", "address")
		byName := map[string]attached{}
		for _, a := range all {
			byName[a.Ifname] = a
		}
		return byName
	}
	ends, peers := read(host), read(container)
	if len(ends) != len(links)+3 || len(peers) != len(links)+1 {
		t.Errorf("%d links on the host and %d in the container, want %d and %d", len(ends), len(peers), len(links)+3, len(links)+1)
	}
	for i, l := range links {
		end, peer := ends[fmt.Sprintf("h%d", i)], peers[fmt.Sprintf("c%d", i)]
		if end.Ifindex != l.Index || end.Master != attachMaster(i) || end.MTU != attachMTU || end.Address != attachMAC(i).String() || !slices.Contains(end.Flags, "UP") || !l.Carrier {
			t.Fatalf("host end %d: %+v, link %+v", i, end, l)
		}
		addressed := slices.ContainsFunc(peer.Info, func(a struct{ Local string }) bool { return a.Local == attachAddr(i).Addr().String() })
		if !addressed || !slices.Contains(peer.Flags, "UP") {
			t.Fatalf("container end %d: %+v", i, peer)
		}
	}
}

// TestCreateContradictions refuses sets that cannot be made, whatever there is,
// before anything is sent, and names the specs.
func TestCreateContradictions(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, other := lab.Scratch(t)
	sends := countSends(c)
	for _, test := range []struct {
		want  string
		specs []iplink.Spec
	}{
		{`create bridge a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of vxlan a (#1))`,
			[]iplink.Spec{vxlan.New("a").VNI(7), bridge.New("a")}},
		{`create veth b: name: invalid argument (#1 of 2: "b" in the same namespace is also a name of veth b (#1))`,
			[]iplink.Spec{veth.New("b").Peer(veth.New("b")), bridge.New("a")}},
		{`create bridge a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of veth b (#1))`,
			[]iplink.Spec{veth.New("b").NetNS(lab.NetNS(other)).Peer(veth.New("a")), bridge.New("a").NetNS(lab.NetNS(ns))}},
		{`create bridge b: name: invalid argument (#2 of 2: "same-name" in the same namespace is also a name of bridge a (#1))`,
			[]iplink.Spec{bridge.New("a").AltName("same-name"), bridge.New("b").AltName("same-name")}},
		{`create bridge b: index: invalid argument (#2 of 2: 4660 in the same namespace is also that of bridge a (#1))`,
			[]iplink.Spec{bridge.New("a").Index(0x1234), bridge.New("b").Index(0x1234)}},
		{`create macvlan m: invalid argument (it refers to itself)`,
			[]iplink.Spec{macvlan.New("m").Parent("m")}},
		{`create veth v: invalid argument (#2 of 2: it refers to itself)`,
			[]iplink.Spec{bridge.New("a"), veth.New("v").Master("p").Peer(veth.New("p"))}},
		{`create macvlan a: invalid argument (#1 of 3: they refer to each other: macvlan a (#1) → macvlan c (#3) → macvlan b (#2) → macvlan a (#1))`,
			[]iplink.Spec{macvlan.New("a").Parent("c"), macvlan.New("b").Parent("a"), macvlan.New("c").Parent("b")}},
		{`create vxlan x: invalid argument (#1 of 2: it refers to bridge a (#2), which must come first)`,
			[]iplink.Spec{vxlan.New("x").VNI(7).Master("a"), bridge.New("a")}},
		{`create a: invalid argument (a Device names a link that exists already: use the New of a kind to make one)`,
			[]iplink.Spec{bridge.New("b"), iplink.Device("a").Up()}},
	} {
		_, err := c.Create(t.Context(), test.specs...)
		if !errors.Is(err, fs.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
	if *sends != 0 || len(ns.Names()) != 1 {
		t.Errorf("%d sends, links %v", *sends, ns.Names())
	}
	lab.MustCreate(t, c, bridge.New("a").Index(0x1234), bridge.New("a").NetNS(lab.NetNS(other)).Index(0x1234)) // in different namespaces
}

// TestTooMuchForARequest has lists that do not fit the 16-bit length of an attribute,
// one alone and two together, or that the kernel could not say again. They are refused
// by name, and nothing is sent.
func TestTooMuchForARequest(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "bridge")
	sources := func(n int) *macvlan.Builder {
		return macvlan.New("m0").Parent("under").Mode(macvlan.Source).Sources(lab.SourceMACs(0, n)...)
	}
	tagged := func() *vlan.Builder { return vlan.New("v0").Parent("under").ID(7) }
	var names []string
	for i := range 497 {
		names = append(names, lab.LongName(i))
	}
	before := ns.IP("link")
	sends := countSends(c)
	for what, test := range map[string]struct {
		spec iplink.Spec
		attr string
	}{
		"5380 sources":  {sources(5380), "macaddr"},
		"5458 sources":  {sources(5458), "macaddr"},
		"5460 sources":  {sources(5460), "macaddr"},
		"5461 sources":  {sources(5461), "macaddr"},
		"70000 sources": {sources(70000), "macaddr"},
		"egress":        {tagged().EgressQoSMap(lab.Priorities(0, 5459)), "egress-qos-map"},
		"both":          {tagged().IngressQoSMap(lab.Priorities(0, 8)).EgressQoSMap(lab.Priorities(8, 5400)), "egress-qos-map"},
		"names":         {bridge.New("b0").AltName(names...), "altname"},
	} {
		for verb, do := range map[string]func() error{
			"create": func() error { _, err := c.Create(t.Context(), bridge.New("first"), test.spec); return err },
			"ensure": func() error { _, err := c.Ensure(t.Context(), bridge.New("first"), test.spec); return err },
			"update": func() error { _, err := c.Update(t.Context(), test.spec); return err },
		} {
			*sends = 0
			err := do()
			if verb == "create" && *sends > 0 {
				t.Errorf("%s: %d sends", what, *sends)
			}
			e, ok := errors.AsType[*iplink.Error](err)
			if !ok || e.Attr != test.attr || !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%s, %s: %v", what, verb, err)
			}
		}
	}
	if _, err := c.List(t.Context(), iplink.OfKind(strings.Repeat("x", 70000))); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("list: %v", err)
	}
	if now := ns.IP("link"); now != before {
		t.Errorf("now there is\n%s", now)
	}
}

// TestRenamedMeanwhile has the link that is found renamed before each send. Update never
// succeeds then. Ensure looks again and makes the link.
func TestRenamedMeanwhile(t *testing.T) {
	for verb, do := range map[string]func(*iplink.Conn) error{
		"Ensure": func(c *iplink.Conn) error { _, err := c.Ensure(t.Context(), bridge.New("br0").MTU(1281)); return err },
		"Update": func(c *iplink.Conn) error { _, err := c.Update(t.Context(), bridge.New("br0").MTU(1281)); return err },
		"Device": func(c *iplink.Conn) error {
			_, err := c.Update(t.Context(), iplink.Device("br0").MTU(1281))
			return err
		},
		"Rename": func(c *iplink.Conn) error {
			_, err := c.Update(t.Context(), iplink.Device("br0").Rename("br1").MTU(1281))
			return err
		},
	} {
		for moment := 1; ; moment++ {
			c, ns := lab.Scratch(t)
			ns.IP("link", "add", "br0", "type", "bridge")
			sends := 0
			c.SetHook(func(p rtnl.Point) error {
				if p != rtnl.BeforeSend {
					return nil
				}
				if sends++; sends == moment {
					ns.IP("link", "set", "br0", "name", "other0")
				}
				return nil
			})
			err := do(c)
			if sends < moment {
				break
			}
			if verb == "Rename" && moment > 1 {
				continue // the name that comes later counts
			}
			if verb == "Ensure" && err == nil {
				if l := ns.Link("br0"); !lab.SameJSON(l["mtu"], 1281) {
					t.Errorf("Ensure, renamed before send %d: %v", moment, l)
				}
				continue
			}
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, renamed before send %d: error %v, want fs.ErrNotExist", verb, moment, err)
			}
		}
	}
}

// verbs are what takes a Spec.
var verbs = map[string]func(context.Context, *iplink.Conn, iplink.Spec) error{
	"create": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Create(ctx, s)) },
	"update": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Update(ctx, s)) },
	"ensure": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Ensure(ctx, s)) },
	"diff":   func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Diff(ctx, s)) },
	"second of two": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error {
		return lab.ErrorOf(c.Update(ctx, iplink.Device("lo").Up(), s))
	},
	"encode": func(_ context.Context, _ *iplink.Conn, s iplink.Spec) error {
		_, _, err := iplink.KindData(s)
		return err
	},
}

// faultySpecs are descriptions with an argument that cannot be, by what the error
// names.
func faultySpecs() map[string][]iplink.Spec {
	own := veth.New("t0")
	other := veth.New("t1")
	other.Peer(veth.New("t2"))
	return map[string][]iplink.Spec{
		"Spec":         {nil, (*vxlan.Builder)(nil), (*iplink.DeviceUpdate)(nil), new(vxlan.Builder), new(vxlan.Builder).VNI(7).Up(), new(veth.Builder), new(iplink.DeviceUpdate)},
		"NetNS":        {bridge.New("t0").NetNS(nil), bridge.New("t0").NetNS(new(iplink.NetNS)), veth.New("t0").Peer(veth.New("t1").NetNS(nil)), iplink.Device("lo").NetNS(nil)},
		"LinkNetNS":    {macvlan.New("t0").Parent("lo").LinkNetNS(nil), vxlan.New("t0").LinkNetNS(new(iplink.NetNS))},
		"Peer":         {veth.New("t0").Peer(nil), vxcan.New("t0").Peer(nil), veth.New("t0").Peer(new(veth.Builder)), own.Peer(own)},
		"PortSettings": {bridge.New("t0").PortSettings(nil), bridge.New("t0").PortSettings((*bridge.PortBuilder)(nil)), bridge.New("t0").PortSettings(new(bridge.PortBuilder)), iplink.Device("lo").PortSettings(new(bond.PortBuilder))},
	}
}

// TestSetterArguments refuses what setters cannot take, before anything is sent.
func TestSetterArguments(t *testing.T) {
	c, ns := lab.Scratch(t)
	sends := countSends(c)
	for named, specs := range faultySpecs() {
		for i, s := range specs {
			for verb, do := range verbs {
				wantArgument(t, verb, do(t.Context(), c, s), named, i)
			}
		}
	}
	if *sends != 0 || len(ns.Names()) != 1 {
		t.Errorf("%d sends; links %v", *sends, ns.Names())
	}
}

// wantArgument demands an error that names an argument.
func wantArgument(t *testing.T, what string, err error, named string, i int) {
	t.Helper()
	e, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, fs.ErrInvalid) || !strings.Contains(e.Error(), named) {
		t.Errorf("%s, %s #%d: %v", what, named, i, err)
	}
}

// TestSetterArgumentAgain takes a later call of a setter in place of an earlier one.
func TestSetterArgumentAgain(t *testing.T) {
	_, ns := lab.Scratch(t)
	good := veth.New("t0").NetNS(nil).NetNS(lab.NetNS(ns)).LinkNetNS(nil).LinkNetNS(lab.NetNS(ns)).Peer(nil).Peer(veth.New("t1"))
	if err := iplink.Refusal(good); err != nil {
		t.Error(err)
	}
	if err := iplink.Refusal(good.Clone().NetNS(nil)); err == nil || iplink.Refusal(good) != nil {
		t.Errorf("%v; of what was cloned %v", err, iplink.Refusal(good))
	}
}

// TestStringOfFaulty prints no command for what is no description.
func TestStringOfFaulty(t *testing.T) {
	first, second := veth.New("t0"), veth.New("t1")
	specs := []iplink.Spec{first.Peer(second), second.Peer(first)}
	for _, faulty := range faultySpecs() {
		specs = append(specs, faulty...)
	}
	for i, s := range specs {
		if s == nil || s == (*vxlan.Builder)(nil) || s == (*iplink.DeviceUpdate)(nil) {
			continue
		}
		if text := s.String(); !strings.HasPrefix(text, "# ") || strings.Contains(text, "\n") {
			t.Errorf("#%d: %q", i, text)
		}
	}
	_ = first.Clone()
}

// TestConnArguments calls methods of what is no Conn, and with what they cannot
// take.
func TestConnArguments(t *testing.T) {
	c, _ := lab.Scratch(t)
	sends := countSends(c)
	for _, none := range []*iplink.Conn{nil, new(iplink.Conn)} {
		for name, err := range callAll(t.Context(), none) {
			wantArgument(t, name, err, "Conn", 0)
		}
		wantArgument(t, "close", none.Close(), "Conn", 0)
	}
	var noContext context.Context
	for name, err := range callAll(noContext, c) {
		wantArgument(t, name, err, "context", 0)
	}
	for i, f := range []iplink.Filter{nil, iplink.OfKind(""), iplink.OfMaster(""), iplink.OfMasterIndex(0)} {
		named := []string{"Filter", "OfKind", "OfMaster", "OfMasterIndex"}[i]
		wantArgument(t, "list", lab.ErrorOf(c.List(t.Context(), f)), named, i)
		wantArgument(t, "watch", watchError(t.Context(), c, f), named, i)
	}
	for i, cond := range []iplink.Condition{nil, iplink.Until("x", (func(*iplink.Link) bool)(nil)), iplink.UntilMaster("")} {
		wantArgument(t, "wait", lab.ErrorOf(c.Wait(t.Context(), "lo", cond)), []string{"Condition", "Until", "UntilMaster"}[i], i)
	}
	wantArgument(t, "addrs", lab.ErrorOf(c.Addrs(t.Context(), nil)), "Link", 0)
	wantArgument(t, "get index", lab.ErrorOf(c.GetIndex(t.Context(), 0)), "index", 0)
	wantArgument(t, "get index", lab.ErrorOf(c.GetIndex(t.Context(), -1)), "index", 1)
	if *sends != 0 {
		t.Errorf("%d sends", *sends)
	}
}

// callAll returns what the methods of a Conn say.
func callAll(ctx context.Context, c *iplink.Conn) map[string]error {
	lo := &iplink.Link{Name: "lo", Index: 1}
	return map[string]error{
		"Create": lab.ErrorOf(c.Create(ctx, bridge.New("t0"))), "Update": lab.ErrorOf(c.Update(ctx, iplink.Device("lo").Up())),
		"Ensure": lab.ErrorOf(c.Ensure(ctx, bridge.New("t0"))), "Diff": lab.ErrorOf(c.Diff(ctx, bridge.New("t0"))),
		"Get": lab.ErrorOf(c.Get(ctx, "lo")), "GetIndex": lab.ErrorOf(c.GetIndex(ctx, 1)), "List": lab.ErrorOf(c.List(ctx)),
		"Delete": c.Delete(ctx, "t0"), "DeleteIfExists": c.DeleteIfExists(ctx, "t0"), "Wait": lab.ErrorOf(c.Wait(ctx, "lo", iplink.UntilExists)),
		"Watch": watchError(ctx, c), "Addrs": lab.ErrorOf(c.Addrs(ctx, lo)),
		"Routes": lab.ErrorOf(c.Routes(ctx, lo)), "Neighs": lab.ErrorOf(c.Neighs(ctx, lo)),
	}
}

func watchError(ctx context.Context, c *iplink.Conn, filters ...iplink.Filter) (err error) {
	for _, err = range c.Watch(ctx, filters...) {
		break
	}
	return err
}

// TestNetNSArguments calls methods of a NetNS that no function returned.
func TestNetNSArguments(t *testing.T) {
	for i, ns := range []*iplink.NetNS{nil, new(iplink.NetNS)} {
		_, outputErr := ns.Command(t.Context(), "true").Output()
		for name, err := range map[string]error{
			"Do": ns.Do(func() error { return nil }), "Dial": lab.ErrorOf(ns.Dial()), "ID": lab.ErrorOf(ns.ID(t.Context())),
			"Run": ns.Command(t.Context(), "true").Run(), "Output": outputErr, "Close": ns.Close(),
			"ReadNetNS": lab.ErrorOf(topology.ReadNetNS(t.Context(), ns)),
		} {
			wantArgument(t, name, err, "NetNS", i)
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s: %v is not %v", name, err, os.ErrClosed)
			}
		}
	}
	ns := lab.NetNS(testutil.NewLab(t))
	wantArgument(t, "Do", ns.Do(nil), "function", 0)
	var noContext context.Context
	wantArgument(t, "Command", ns.Command(noContext, "true").Run(), "context", 0)
	wantArgument(t, "option", lab.ErrorOf(macvtap.Open(t.Context(), "t0", nil)), "Option", 0)
	wantArgument(t, "option", lab.ErrorOf(nlmon.Capture(t.Context(), "t0", new(strings.Builder), nil)), "Option", 0)
	wantArgument(t, "writer", lab.ErrorOf(nlmon.Capture(t.Context(), "t0", nil)), "writer", 0)
}
