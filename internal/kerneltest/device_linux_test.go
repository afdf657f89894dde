package kerneltest_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// deviceLinks are what Device, Get, List and Delete find.
var deviceLinks = []string{
	"link add br0 index 88 type bridge", "link add br1 index 89 type bridge", "link set dev br0 up",
	"link add t0 index 4660 type veth peer name t1", "link property add dev t0 altname a-much-longer-name-than-15",
	"link set dev t0 master br0", "link set dev t0 up",
	"link add x0 type vxlan id 7 dstport 4789", "link set dev x0 master br0",
}

func TestDevice(t *testing.T) {
	const long = "a-much-longer-name-than-15"
	for _, c := range []struct {
		name string
		spec iplink.Spec
		link string
		key  string
		want any
	}{
		{"by name", iplink.Device("t0").MTU(1281), "t0", "mtu", 1281},
		{"by altname", iplink.Device(long).MTU(1281), "t0", "mtu", 1281},
		{"by index", iplink.DeviceIndex(4660).MTU(1281), "t0", "mtu", 1281},
		{"rename", iplink.Device("t1").Rename("spare"), "spare", "link", "t0"},
		{"rename by index", iplink.DeviceIndex(89).Rename("br7"), "br7", "ifindex", 89},
		{"master", iplink.Device("t0").Master("br1"), "t0", "master", "br1"},
		{"no master", iplink.Device("t0").NoMaster(), "t0", "master", nil},
		{"down", iplink.Device("t0").Down(), "t0", "operstate", "DOWN"},
		{"as it is", iplink.Device("t0").Master("br0").Up(), "t0", "master", "br0"},
		{"no alias", iplink.Device("t0").Alias(""), "t0", "ifalias", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, deviceLinks...)
			_, err := lab.InNetNS(t, ns, func(conn *iplink.Conn) (any, error) { return conn.Update(t.Context(), c.spec) })
			if err != nil {
				t.Fatal(err)
			}
			if got := testutil.LinkJSON(t, ns, c.link)[c.key]; !lab.SameJSON(got, c.want) {
				t.Errorf("%s is %v, want %v", c.key, got, c.want)
			}
		})
	}
}

// TestDeviceMoves takes a link to another namespace, where its index is in use.
func TestDeviceMoves(t *testing.T) {
	s := newSpaces(t)
	testutil.IPBatch(t, s.aDir, "link add blocker index 77 type bridge", "link add under1 type bridge")
	move := func(d *iplink.DeviceUpdate) error {
		_, err := lab.InNetNS(t, s.home, func(conn *iplink.Conn) (any, error) { return conn.Update(t.Context(), d.NetNS(s.a)) })
		return err
	}
	if err := move(iplink.Device("under1")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the name is taken there: error %v, want fs.ErrExist", err)
	}
	same(t, "home", linkNames(t, s.home), []string{"lo", "pad1", "pad2", "under", "under1"})
	if err := move(iplink.Device("under").MTU(1281).Up()); err != nil {
		t.Fatal(err)
	}
	if err := move(iplink.Device("under1").Rename("other")); err != nil {
		t.Fatal(err)
	}
	same(t, "a", linkNames(t, s.aDir), []string{"lo", "blocker", "under", "under1", "other"})
	l := testutil.LinkJSON(t, s.aDir, "under")
	if l["mtu"] != 1281.0 || l["ifindex"] == 77.0 || !slices.Contains(l["flags"].([]any), any("UP")) {
		t.Errorf("%v", l)
	}
}

func TestList(t *testing.T) {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, deviceLinks...)
	for _, c := range []struct {
		filters []iplink.Filter
		args    []string
		least   int
	}{
		{nil, nil, 6},
		{[]iplink.Filter{iplink.OfKind(iplink.KindVeth)}, []string{"type", "veth"}, 2},
		{[]iplink.Filter{iplink.OfKind(iplink.KindBridge)}, []string{"type", "bridge"}, 2},
		{[]iplink.Filter{iplink.OfMaster("br0")}, []string{"master", "br0"}, 2},
		{[]iplink.Filter{iplink.OfMasterIndex(88)}, []string{"master", "br0"}, 2},
		{[]iplink.Filter{iplink.IsUp()}, []string{"up"}, 2},
		{[]iplink.Filter{iplink.OfMaster("br0"), iplink.OfKind(iplink.KindVXLAN)}, []string{"master", "br0", "type", "vxlan"}, 1},
		{[]iplink.Filter{iplink.OfMaster("br1")}, []string{"master", "br1"}, 0},
	} {
		got, err := lab.InNetNS(t, ns, func(conn *iplink.Conn) ([]*iplink.Link, error) { return conn.List(t.Context(), c.filters...) })
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, l := range got {
			names = append(names, l.Name)
		}
		if want := linkNames(t, ns, c.args...); !slices.Equal(names, want) || len(want) < c.least {
			t.Errorf("ip link show %v: %v, want %v", c.args, names, want)
		}
	}
}

func TestGet(t *testing.T) {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, deviceLinks...)
	for name, get := range map[string]func(*iplink.Conn) (*iplink.Link, error){
		"name":    func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), "t0") },
		"altname": func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), "a-much-longer-name-than-15") },
		"index":   func(c *iplink.Conn) (*iplink.Link, error) { return c.GetIndex(t.Context(), 4660) },
	} {
		l, err := lab.InNetNS(t, ns, get)
		if err != nil || l.Index != 4660 || l.Name != "t0" || l.Master != 88 || l.Kind != iplink.KindVeth || l.Err != nil {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func TestDelete(t *testing.T) {
	for _, c := range []struct {
		names, left []string
	}{
		{[]string{"x0"}, []string{"lo", "br0", "br1", "t0", "t1"}},
		{[]string{"t0"}, []string{"lo", "br0", "br1", "x0"}},
		{[]string{"t0", "t1"}, []string{"lo", "br0", "br1", "x0"}},
		{[]string{"br0", "a-much-longer-name-than-15", "x0"}, []string{"lo", "br1"}},
	} {
		ns := testutil.NetNS(t)
		testutil.IPBatch(t, ns, deviceLinks...)
		_, err := lab.InNetNS(t, ns, func(conn *iplink.Conn) (any, error) { return nil, conn.Delete(t.Context(), c.names...) })
		if err != nil {
			t.Errorf("%v: %v", c.names, err)
		}
		same(t, "after "+c.names[0], linkNames(t, ns), c.left)
	}
}
