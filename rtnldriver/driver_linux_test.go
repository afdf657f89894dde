package rtnldriver_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/rtnldriver"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

var testMAC = net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}

// kindData returns the settings of a spec's kind as bytes.
func kindData(t *testing.T, spec iplink.Spec) []byte {
	t.Helper()
	_, data, err := iplink.KindData(spec)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rtConn opens a socket of package rtnetlink in a namespace.
func rtConn(t *testing.T, ns *os.File) *rtnetlink.Conn {
	t.Helper()
	c, err := rtnetlink.Dial(&netlink.Config{NetNS: int(ns.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// rtMessage is a message of package rtnetlink with one of our drivers.
func rtMessage(name string, d rtnetlink.LinkDriver) *rtnetlink.LinkMessage {
	return &rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{
		Name: name,
		Info: &rtnetlink.LinkInfo{Kind: d.Kind(), Data: d},
	}}
}

// TestDriverMakes has package rtnetlink make links with our settings, and asks
// `ip` about them. Those of VXLAN and macvlan are in forms that are easily
// mistaken: network byte order, flags without a payload, lists.
func TestDriverMakes(t *testing.T) {
	for _, c := range []struct {
		spec  iplink.Spec
		want  map[string]any
		flags []string // without a value
	}{
		{bridge.New("t0").Priority(0x1234).GroupForwardMask(0x1230).MulticastHashMax(0x400),
			map[string]any{"priority": 0x1234, "group_fwd_mask": "0x1230", "mcast_hash_max": 0x400}, nil},
		{vxlan.New("t0").VNI(0x123456).Remote(netip.MustParseAddr("2001:db8::7")).DevIndex(77).Port(0x1234).
			FlowLabel(0x12345).GBP().RemCSumRx(true).TTL(0x21).Learning(false).SourcePorts(0x1122, 0x3344),
			map[string]any{"id": 0x123456, "remote6": "2001:db8::7", "link": "under", "port": 0x1234, "label": "0x12345",
				"remcsum_rx": true, "ttl": 0x21, "learning": false, "port_range": map[string]any{"low": 0x1122, "high": 0x3344}}, []string{"gbp"}},
		{macvlan.New("t0").Mode(macvlan.Source).AddSource(testMAC).BCQueueLen(0x1234),
			map[string]any{"mode": "source", "bcqueuelen": 0x1234, "macaddr_count": 1}, nil},
	} {
		d := rtnldriver.Driver(c.spec)
		t.Run(d.Kind(), func(t *testing.T) {
			t.Parallel()
			testutil.Need(t, d.Kind())
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, "link add under index 77 type veth peer name under1")
			m := rtMessage("t0", d)
			if d.Kind() == iplink.KindMacvlan {
				m.Attributes.Type = 77 // which is IFLA_LINK
			}
			if err := rtConn(t, ns).Link.New(m); err != nil {
				t.Fatal(err)
			}
			for _, flag := range c.flags {
				if out := testutil.IP(t, ns, "-d", "link", "show", "t0"); !strings.Contains(out, " "+flag+" ") {
					t.Errorf("no %s in %s", flag, out)
				}
			}
			got := testutil.LinkJSON(t, ns, "t0")["linkinfo"].(map[string]any)["info_data"].(map[string]any)
			for key, want := range c.want {
				if !lab.SameJSON(got[key], want) {
					t.Errorf("%s is %v, want %v", key, got[key], want)
				}
			}
		})
	}
}

// TestDriverMakesPair has the other end made in another namespace.
func TestDriverMakesPair(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	ns := testutil.NetNS(t)
	other := testutil.NewLab(t)
	d := rtnldriver.Driver(veth.New("t0").Peer(veth.New("t1").MTU(1281).Index(0x1234).Address(testMAC).NetNS(lab.NetNS(other))))
	m := rtMessage("t0", d)
	m.Index = 77 // without which the kernel ignores the peer's
	if err := rtConn(t, ns).Link.New(m); err != nil {
		t.Fatal(err)
	}
	if l := testutil.LinkJSON(t, ns, "t0"); !lab.SameJSON(l["link_index"], 0x1234) {
		t.Errorf("t0 sits on %v", l["link_index"])
	}
	l := other.Link("t1")
	if !lab.SameJSON(l["mtu"], 1281) || !lab.SameJSON(l["ifindex"], 0x1234) || l["address"] != testMAC.String() {
		t.Errorf("t1 is %v", l)
	}
}

// TestPortDriver changes a port, and reads it back.
func TestPortDriver(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, "link add br0 type bridge", "link add t0 index 77 type veth peer name t1",
		"link set t0 master br0", "link set t1 master br0")
	conn := rtConn(t, ns)
	port := rtnldriver.PortDriver(bridge.Port().Cost(0x1234).Hairpin(true).Isolated(true))
	err := conn.Link.Set(&rtnetlink.LinkMessage{Index: 77, Attributes: &rtnetlink.LinkAttributes{
		Info: &rtnetlink.LinkInfo{SlaveKind: port.Kind(), SlaveData: port}}})
	if err != nil {
		t.Fatal(err)
	}
	got := testutil.LinkJSON(t, ns, "t0")["linkinfo"].(map[string]any)["info_slave_data"].(map[string]any)
	if !lab.SameJSON(got["cost"], 0x1234) || got["hairpin"] != true || got["isolated"] != true {
		t.Errorf("ip says %v", got)
	}
	m, err := conn.Link.Get(77)
	if err != nil {
		t.Fatal(err)
	}
	read := port.New().(*rtnldriver.LinkPortDriver)
	decodeRaw(t, read, m.Attributes.Info.SlaveData)
	info, ok := read.Info().(*iplink.BridgePortInfo)
	if !ok || info.Cost != 0x1234 || !info.Hairpin || !info.Isolated || info.Locked {
		t.Errorf("read %+v", read.Info())
	}
}

// decodeRaw has a driver decode what package rtnetlink kept raw, as it does for
// a driver that is registered.
func decodeRaw(t *testing.T, d rtnetlink.LinkDriver, raw rtnetlink.LinkDriver) {
	t.Helper()
	ad, err := netlink.NewAttributeDecoder(raw.(*rtnetlink.LinkData).Data)
	if err == nil {
		err = errors.Join(d.Decode(ad), ad.Err())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDriverDecodes reads a link of `ip` through package rtnetlink.
func TestDriverDecodes(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, "link add t0 index 77 type vxlan id 4660 local 192.0.2.1 remote 192.0.2.7 dstport 4660 ageing 291 nolearning gbp")
	conn := rtConn(t, ns)
	m, err := conn.Link.Get(77)
	if err != nil {
		t.Fatal(err)
	}
	d := rtnldriver.Driver(vxlan.New("")).New().(*rtnldriver.LinkDriver)
	if d.Info() != nil {
		t.Errorf("before Decode, Info is %v", d.Info())
	}
	decodeRaw(t, d, m.Attributes.Info.Data)
	if info, ok := d.Info().(*iplink.VXLANInfo); !ok || info.VNI != 4660 || info.Learning || !info.GBP || info.Ageing.Seconds() != 291 {
		t.Errorf("read %+v", d.Info())
	}
	ae := netlink.NewAttributeEncoder()
	if err := d.Encode(ae); err != nil {
		t.Fatal(err)
	}
	if b, err := ae.Encode(); err != nil || len(b) != 0 {
		t.Errorf("encodes % x, error %v", b, err)
	}
}

// TestDriverRefuses has what a driver cannot say, which must not be lost.
func TestDriverRefuses(t *testing.T) {
	for _, c := range []struct {
		driver  rtnetlink.LinkDriver
		message string
	}{
		{rtnldriver.Driver(vxlan.New("t0").VNI(7).Dev("eth0")),
			`encode vxlan t0: dev: invalid argument (a driver cannot look up a link by name: set it by index)`},
		{rtnldriver.Driver(vxlan.New("t0").VNI(1 << 24)), `encode vxlan t0: id: invalid argument (16777216 is not in 0…16777215)`},
		{rtnldriver.Driver(bridge.New("t0").MTU(1281)),
			`encode bridge t0: mtu: invalid argument (is not a setting of the kind: the message around a driver has it, or cannot)`},
		{rtnldriver.Driver(bridge.New("t0").Up()),
			`encode bridge t0: UP: invalid argument (is not a setting of the kind: the message around a driver has it, or cannot)`},
		{rtnldriver.Driver(veth.New("t0").Peer(veth.New("t1").Up())),
			`encode veth t0: peer: invalid argument (UP is not taken when a peer is made)`},
		{rtnldriver.Driver(veth.New("t0").Peer(veth.New("t1").Alias("x"))),
			`encode veth t0: peer: invalid argument (alias is not taken when a peer is made)`},
		{rtnldriver.Driver(veth.New("t0").Peer(veth.New("t1").NetNS(new(iplink.NetNS)))), `encode veth t1: NetNS: invalid argument (it is zero: give one that a function such as OpenNetNS has returned)`},
		{rtnldriver.Driver(iplink.Device("t0")), `encode t0: invalid argument (a Device has no kind)`},
		{rtnldriver.Driver(team.New("t0").Mode(iplink.TeamActiveBackup)),
			`encode team t0: mode: invalid argument (is not set by route netlink)`},
		{rtnldriver.PortDriver(bridge.Port().BackupPort("t1")),
			`encode bridge port: backup_port: invalid argument (a driver cannot look up a link by name: set it by index)`},
		{rtnldriver.Driver(nil), `encode: Spec: invalid argument (it is nil: give a builder, such as bridge.New returns)`},
		{rtnldriver.Driver((*vxlan.Builder)(nil)), `encode: Spec: invalid argument (it is nil: give a builder, such as bridge.New returns)`},
		{rtnldriver.PortDriver(nil), `encode: PortSpec: invalid argument (it is nil: give a builder, such as bridge.Port returns)`},
		{rtnldriver.PortDriver(bridge.Port().Priority(64)), `encode bridge port: priority: invalid argument (64 is not in 0…63)`},
	} {
		err := c.driver.Encode(netlink.NewAttributeEncoder())
		if err == nil || err.Error() != c.message {
			t.Errorf("message\n%v, want\n%s", err, c.message)
		}
	}
}

// geneve is a driver as programs have them for kinds that this library does not
// know.
type geneve struct {
	id     uint32
	remote net.IP
	port   uint16
	ttl    uint8
	broken error
}

func (g *geneve) New() rtnetlink.LinkDriver { return new(geneve) }

func (g *geneve) Kind() string { return "geneve" }

func (g *geneve) Encode(ae *netlink.AttributeEncoder) error {
	ae.Uint32(unix.IFLA_GENEVE_ID, g.id)
	ae.Bytes(unix.IFLA_GENEVE_REMOTE, g.remote.To4())
	ae.Uint16(unix.IFLA_GENEVE_PORT, g.port<<8|g.port>>8)
	ae.Uint8(unix.IFLA_GENEVE_TTL, g.ttl)
	return g.broken
}

func (g *geneve) Decode(*netlink.AttributeDecoder) error { return nil }

// TestFromDriver makes, changes and ensures a link of a kind that is known to
// the driver alone.
func TestFromDriver(t *testing.T) {
	testutil.Need(t, "geneve")
	c, ns := lab.Scratch(t)
	wanted := func(ttl uint8) *iplink.RawLink {
		return rtnldriver.FromDriver("t0", &geneve{id: 0x1234, remote: net.IPv4(192, 0, 2, 7), port: 0x1234, ttl: ttl}).MTU(1281).Up()
	}
	if _, err := c.Create(t.Context(), wanted(0x21)); err != nil {
		t.Fatal(err)
	}
	says := func(ttl int) {
		t.Helper()
		l := ns.Link("t0")
		data := l["linkinfo"].(map[string]any)["info_data"].(map[string]any)
		if !lab.SameJSON(data["id"], 0x1234) || !lab.SameJSON(data["port"], 0x1234) || !lab.SameJSON(data["ttl"], ttl) ||
			data["remote"] != "192.0.2.7" || !lab.SameJSON(l["mtu"], 1281) {
			t.Errorf("ip says %v", l)
		}
	}
	says(0x21)
	if _, err := c.Update(t.Context(), wanted(0x32)); err != nil {
		t.Fatal(err)
	}
	says(0x32)
	changes, err := c.Ensure(t.Context(), wanted(0x43))
	if err != nil || len(changes[0].Differences) != 1 || changes[0].Differences[0].String() != "attribute 3: have 32, want 43" {
		t.Errorf("changes %+v, error %v", changes, err)
	}
	says(0x43)
	changes, err = c.Ensure(t.Context(), wanted(0x43))
	if err != nil || changes[0].Changed() {
		t.Errorf("second Ensure: changes %+v, error %v", changes, err)
	}
}

// bridgeByBytes is a driver whose requests have another form than the kernel's
// reports: a mask beside the values (IFLA_BR_MULTI_BOOLOPT).
func bridgeByBytes(mask byte) *rtnetlink.LinkData {
	return &rtnetlink.LinkData{Name: "bridge", Data: []byte{
		6, 0, 6, 0, 0x34, 0x12, 0, 0, // IFLA_BR_PRIORITY
		12, 0, 46, 0, 1, 0, 0, 0, mask, 0, 0, 0,
	}}
}

// TestFromDriverInOtherForm says what Create and Ensure make of that.
func TestFromDriverInOtherForm(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	c, ns := lab.Scratch(t)
	if _, err := c.Create(t.Context(), rtnldriver.FromDriver("t0", bridgeByBytes(1))); err != nil {
		t.Fatal(err)
	}
	data := ns.Link("t0")["linkinfo"].(map[string]any)["info_data"].(map[string]any)
	if !lab.SameJSON(data["priority"], 0x1234) || !lab.SameJSON(data["no_linklocal_learn"], 1) {
		t.Errorf("ip says %v", data)
	}
	_, err := c.Ensure(t.Context(), rtnldriver.FromDriver("t0", bridgeByBytes(1)))
	e, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, iplink.ErrNotApplied) || e.Attr != "attribute 46" {
		t.Errorf("Ensure: %v", err)
	}
}

// TestFromDriverFails has what the driver says in the verbs' errors.
func TestFromDriverFails(t *testing.T) {
	c, _ := lab.Scratch(t)
	many := make([]byte, 0x200)
	copy(many, []byte{4, 0, 128, 0})
	for _, test := range []struct {
		spec    iplink.Spec
		message string
	}{
		{rtnldriver.FromDriver("t0", &geneve{broken: errors.New("no geneve today")}), `create geneve t0: invalid argument (no geneve today)`},
		{rtnldriver.FromDriver("t0", nil), `create unknown t0: invalid argument (the driver is nil)`},
		{rtnldriver.FromDriver("t0", (*geneve)(nil)), `create unknown t0: invalid argument (the driver is nil)`},
		{rtnldriver.FromDriver("t0", rtnldriver.PortDriver(bridge.Port())), `create bridge t0: invalid argument (the driver is one for ports)`},
		{rtnldriver.FromDriver("t0", &rtnetlink.LinkData{Name: "dummy", Data: []byte{9, 0, 1, 0}}),
			`create dummy t0: invalid argument (truncated netlink data)`},
		{rtnldriver.FromDriver("t0", &rtnetlink.LinkData{Name: "dummy", Data: []byte{4, 0, 128, 0}}),
			`create dummy t0: invalid argument (attribute 128: numbers beyond 127 are not supported)`},
		{rtnldriver.FromDriver("t0", &rtnetlink.LinkData{Name: "vlan"}).Parent("lo"),
			`create vlan t0: id: invalid argument (there is no default for it)`},
	} {
		_, err := c.Create(t.Context(), test.spec)
		if err == nil || err.Error() != test.message || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("message\n%v, want\n%s", err, test.message)
		}
	}
	_, err := c.Create(t.Context(), rtnldriver.FromDriver("t0", &rtnetlink.LinkData{Name: "warp"}))
	if want := `create warp t0: operation not supported (this kernel has no warp driver)`; err == nil || err.Error() != want {
		t.Errorf("message\n%v, want\n%s", err, want)
	}
}

// TestFromDriverAndBack drives a link with a driver made of a builder: the bytes
// are the same.
func TestFromDriverAndBack(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	want := vxlan.New("t0").VNI(0x1234).Remote(netip.MustParseAddr("2001:db8::7")).Port(0x1234).FlowLabel(0x12345).Ageing(291e9)
	got := rtnldriver.FromDriver("t0", rtnldriver.Driver(want))
	if diff := cmp.Diff(kindData(t, want), kindData(t, got)); diff != "" {
		t.Error(diff)
	}
	c, _ := lab.Scratch(t)
	if _, err := c.Create(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	changes, err := c.Ensure(t.Context(), got.Clone())
	if err != nil || changes[0].Changed() {
		t.Errorf("changes %+v, error %v", changes, err)
	}
}
