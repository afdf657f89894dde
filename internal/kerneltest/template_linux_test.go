package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestTemplate has the kernel complete the names of links, which have all of their other
// settings.
func TestTemplate(t *testing.T) {
	conn, here := lab.Scratch(t)
	far := testutil.NewLab(t)
	here.Batch("link add br0 type bridge", "link add name p0 type bridge", "link add name p2 type bridge")
	far.IP("link", "add", "name", "q0", "type", "bridge")
	links := lab.MustCreate(t, conn,
		veth.New("p%d").Master("br0").PortSettings(bridge.Port().Cost(77)).Up().Addr(lab.Prefix("192.0.2.18/28")).AltName("second").Alias("müde").
			Peer(veth.New("q%d").NetNS(lab.NetNS(far)).MTU(1403).Up().Addr(lab.Prefix("192.0.2.19/28"))),
		veth.New("p%d"),
		macvlan.New("x%dy").Parent("br0").Sysctls(inet.IPv6().AcceptRA(2)),
		vxlan.New("vx%d").VNI(0x1234).NetNS(lab.NetNS(far)))
	var names []string
	for _, l := range links {
		names = append(names, l.Name)
	}
	if want := []string{"p1", "p3", "x0y", "vx0"}; !slices.Equal(names, want) || links[0].Peer.Name != "q1" || links[0].MTU != 1500 || links[0].Peer.MTU != 1403 {
		t.Errorf("links %v with peer %v, want %v with q1", names, links[0].Peer, want)
	}
	first := here.Link("p1")
	if first["master"] != "br0" || first["ifalias"] != "müde" || first["altnames"] == nil || int(first["ifindex"].(float64)) != links[0].Index || !here.Up("p1") || !far.Up("q1") {
		t.Errorf("ip says %v", first)
	}
	if cost := lab.Within(first, "linkinfo", "info_slave_data", "cost"); cost != 77. {
		t.Errorf("cost %v", cost)
	}
	if got, of := here.Addrs("p1"), far.Addrs("q1"); !slices.Contains(got, "192.0.2.18/28") || !slices.Contains(of, "192.0.2.19/28") {
		t.Errorf("addresses %v and %v", got, of)
	}
	if ra, err := here.Run("sh", "-c", "read ra </proc/sys/net/ipv6/conf/x0y/accept_ra; echo $ra"); err != nil || ra != "2\n" {
		t.Errorf("accept_ra %q, %v", ra, err)
	}
	for _, name := range slices.Concat(here.Names(), far.Names()) {
		if strings.HasPrefix(name, "iplink") {
			t.Errorf("a link is still named %s", name)
		}
	}
}

// TestTemplateUndone removes links with completed names if a later one fails.
func TestTemplateUndone(t *testing.T) {
	conn, here := lab.Scratch(t)
	far := testutil.NewLab(t)
	here.Batch("link add name p0 type bridge", "link add name taken0 type bridge")
	before := here.IP("-j", "link")
	specs := []iplink.Spec{bridge.New("p%d").Addr(lab.Prefix("192.0.2.18/28")),
		veth.New("p%d").Peer(veth.New("q%d").NetNS(lab.NetNS(far)).Up()),
		// The kernel refuses the gateway when all links are there.
		vxlan.New("vx%d").VNI(7).Routes(inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Via: lab.Addr("203.0.113.1")})}
	if _, err := conn.Create(t.Context(), specs...); err == nil {
		t.Error("no error")
	}
	if _, err := conn.Create(t.Context(), slices.Concat(specs[:2], []iplink.Spec{bridge.New("taken0")})...); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	var calls int
	late := &endsLate{Context: context.Background(), happens: func() bool { calls++; return calls > 3 }}
	if _, err := conn.Create(late, specs[:2]...); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if after := here.IP("-j", "link"); after != before || len(far.Names()) != 1 {
		t.Errorf("links %s and %v\nbefore %s", after, far.Names(), before)
	}
}

// TestTemplateRefused refuses templates that the kernel refuses, and all in verbs that
// find a link by its name.
func TestTemplateRefused(t *testing.T) {
	conn, here := lab.Scratch(t)
	create := func(specs ...iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), specs...)) }
	for _, name := range []string{"a%", "a%s", "a%d%d", "%%d", "a%dx%", "a%5d", "fourteen-byte-%d", "%d "} {
		err := create(bridge.New(name))
		if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Attr != "name" || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	spec := bridge.New("br%d")
	for verb, err := range map[string]error{
		"update":  lab.ErrorOf(conn.Update(t.Context(), spec)),
		"ensure":  lab.ErrorOf(conn.Ensure(t.Context(), spec)),
		"peer":    lab.ErrorOf(conn.Ensure(t.Context(), veth.New("a0").Peer(veth.New("a%d")))),
		"diff":    lab.ErrorOf(conn.Diff(t.Context(), spec)),
		"absent":  lab.ErrorOf(conn.Ensure(t.Context(), iplink.Absent("br%d"))),
		"specs":   conn.DeleteSpecs(t.Context(), spec),
		"delete":  conn.Delete(t.Context(), "br%d"),
		"rename":  lab.ErrorOf(conn.Update(t.Context(), iplink.Device("lo").Rename("lo%d"))),
		"altname": create(bridge.New("br0").AltName("br%d")),
	} {
		attr := "name"
		if verb == "altname" {
			attr = verb
		}
		if lab.Refused(t, err, attr, `"%d", and only for Create`); t.Failed() {
			t.Fatal(verb)
		}
	}
	if got := here.Names(); !slices.Equal(got, []string{"lo"}) {
		t.Errorf("links %v", got)
	}
}

func TestTemplateString(t *testing.T) {
	_, here := lab.Scratch(t)
	for _, c := range []struct {
		spec iplink.Spec
		want string
	}{
		{bridge.New("br%d").TxQueueLen(0x123), "ip link add name br%d txqueuelen 291 type bridge"},
		{veth.New("a%d").Peer(veth.New("b%d")), "ip link add name a%d type veth peer name b%d"},
		{bridge.New("c%d").AltName("second").Up(), "ip link add name c%d up type bridge # ip has no word for: a name that the kernel completes: ip link property add dev c%d altname second"},
		{veth.New("e0").Peer(veth.New("d%d").Up()), "ip link add e0 type veth peer name d%d # ip has no word for: a peer whose name the kernel completes: ip link set dev d%d up"},
	} {
		if got := c.spec.String(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
		if fault := testutil.Shell(t, here.File, c.spec.String()); fault != "" {
			t.Errorf("%s: %s", c.spec, fault)
		}
	}
	if got := here.Names(); len(got) != 7 || !slices.Contains(got, "br0") || !slices.Contains(got, "b0") {
		t.Errorf("links %v", got)
	}
}
