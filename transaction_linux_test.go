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
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
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

func mustCreate(t *testing.T, c *iplink.Conn, specs ...iplink.Spec) []*iplink.Link {
	t.Helper()
	links, err := c.Create(t.Context(), specs...)
	if err != nil {
		t.Fatal(err)
	}
	return links
}

// TestCreateSends makes many attachments with few sends, and nothing is lost.
func TestCreateSends(t *testing.T) {
	for _, n := range []int{1, many(t, 500, 2000)} {
		host, hostNS := scratch(t)
		_, container := scratch(t)
		mustCreate(t, host, bridge.New("br"), bridge.New("br1"))
		sends := countSends(host)
		var specs []iplink.Spec
		for i := range n {
			specs = append(specs, attach(container.NetNS, i))
		}
		links := mustCreate(t, host, specs...)
		// Each is made, and its peer gets an address and comes up: 64 such requests a send.
		if most := 3 + 3*n/64; *sends > most && (n == 1 || !inUserNS(t)) {
			t.Errorf("%d sends for %d attachments, want %d", *sends, n, most)
		}
		t.Logf("%d attachments: %d sends", n, *sends)
		checkAttachments(t, hostNS, container, links)
		if err := host.Delete(t.Context(), slices.DeleteFunc(hostNS.names(), isBase)...); err != nil {
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
func checkAttachments(t *testing.T, host, container *scratchNS, links []*iplink.Link) {
	t.Helper()
	type attached struct {
		Ifname, Address, Master string
		Ifindex, MTU            int
		Flags                   []string
		Info                    []struct{ Local string } `json:"addr_info"`
	}
	read := func(ns *scratchNS) map[string]attached {
		var all []attached
		ns.decode(&all, "-j", "address")
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

// TestCreateAloneSendsTheKindOnly leaves the index to the kernel, which hands
// out small ones.
func TestCreateAloneSendsTheKindOnly(t *testing.T) {
	c, ns := scratch(t)
	if l := mustCreate(t, c, bridge.New("br"))[0]; l.Index > 100 || ns.link("br")["ifindex"] != float64(l.Index) {
		t.Errorf("index %d, ip has %v", l.Index, ns.link("br")["ifindex"])
	}
}

// TestCreateNamesEarlierOnes makes links on links that the same call makes, in
// two namespaces.
func TestCreateNamesEarlierOnes(t *testing.T) {
	c, ns := scratch(t)
	_, other := scratch(t)
	mustCreate(t, c,
		bridge.New("br").AltName("a-long-name-for-the-bridge"),
		veth.New("v0").Up().Peer(veth.New("v1").Up()),
		macvlan.New("mv").Parent("v1").Up(),
		vxlan.New("vx").VNI(0x1234).Dev("v0").Master("br").Up(),
		vxlan.New("far").VNI(0x1235).Dev("v0").NetNS(other.NetNS),
	)
	if m := ns.link("vx")["master"]; m != "br" {
		t.Errorf("master %v", m)
	}
	if l := ns.link("mv")["link"]; l != "v1" {
		t.Errorf("parent %v", l)
	}
	if l := other.link("far"); l["linkinfo"].(map[string]any)["info_kind"] != "vxlan" {
		t.Errorf("%v", l)
	}
}

// TestCreateMissing names the spec and the setting.
func TestCreateMissing(t *testing.T) {
	c, ns := scratch(t)
	before := ns.names()
	for text, spec := range map[string]iplink.Spec{
		`create veth v: master: no such device (there is no link "nope" in the namespace of the Conn)`:                                   veth.New("v").Master("nope"),
		`create macvlan m: link: no such device (there is no link "nope" in the namespace of the Conn: LinkNetNS says where else it is)`: macvlan.New("m").Parent("nope"),
		`create vxlan x: dev: no such device (there is no link "nope" in the namespace of the Conn: LinkNetNS says where else it is)`:    vxlan.New("x").VNI(7).Dev("nope"),
	} {
		_, err := c.Create(t.Context(), bridge.New("br"), spec)
		if err == nil || err.Error() != text || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v\nwant %s", err, text)
		}
	}
	if got := ns.names(); !slices.Equal(got, before) {
		t.Errorf("links %v, before %v", got, before)
	}
}

// TestCreateManyFails undoes many, which go together, and leaves what others
// have in their groups.
func TestCreateManyFails(t *testing.T) {
	c, ns := scratch(t)
	_, other := scratch(t)
	ns.ip("link", "add", "taken", "group", "4660", "type", "bridge")
	before := ns.ip("-d", "-j", "link")
	var specs []iplink.Spec
	for i := range many(t, 40, 200) {
		specs = append(specs, veth.New(fmt.Sprintf("a%d", i)).Peer(veth.New(fmt.Sprintf("b%d", i)).NetNS(other.NetNS).Up()))
	}
	_, err := c.Create(t.Context(), append(specs, bridge.New("taken"))...)
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	if after := ns.ip("-d", "-j", "link"); after != before {
		t.Errorf("links %s\nbefore %s", after, before)
	}
	if got := other.names(); len(got) != 1 {
		t.Errorf("in the other namespace %v", got)
	}
}

// TestCreateOnClosedConn says so.
func TestCreateOnClosedConn(t *testing.T) {
	c, ns := scratch(t)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), bridge.New("br")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Create: %v", err)
	}
	if err := c.Delete(t.Context(), "lo"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Delete: %v", err)
	}
	if got := ns.names(); len(got) != 1 {
		t.Errorf("links %v", got)
	}
}

// TestCreateWithIndexes honours them, and refuses one that is taken.
func TestCreateWithIndexes(t *testing.T) {
	c, ns := scratch(t)
	mustCreate(t, c, bridge.New("a").Index(0x1234), bridge.New("b").Index(0x4321))
	if a, b := ns.link("a")["ifindex"], ns.link("b")["ifindex"]; a != float64(0x1234) || b != float64(0x4321) {
		t.Errorf("indexes %v and %v", a, b)
	}
	if _, err := c.Create(t.Context(), bridge.New("c"), bridge.New("d").Index(0x4321)); !errors.Is(err, syscall.EEXIST) {
		t.Errorf("error %v", err)
	}
	got := ns.names() // in the order of a hash
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b", "lo"}) {
		t.Errorf("links %v", got)
	}
}

// TestCreateNothing is no error.
func TestCreateNothing(t *testing.T) {
	c, _ := scratch(t)
	if links, err := c.Create(context.Background()); len(links) != 0 || err != nil {
		t.Errorf("%v, %v", links, err)
	}
}
