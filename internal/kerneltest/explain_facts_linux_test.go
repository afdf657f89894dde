package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// factLinks are there before each operation of factRefusals.
var factLinks = []string{
	"link add under type veth peer name under1", "link set under up", "link set under1 up",
	"link add br0 type bridge", "link property add dev under altname alt-under", "link property add dev br0 altname alt-br0",
	"link add vx0 type vxlan id 7 dstport 4789", "link set vx0 up", "link add vx1 type vxlan id 8 dstport 4789 gbp",
	"link property add dev vx1 altname alt-vx1",
}

func ensuring(spec iplink.Spec) func(context.Context, *iplink.Conn) error {
	return func(ctx context.Context, c *iplink.Conn) error {
		_, err := c.Ensure(ctx, spec)
		return err
	}
}

// aboveParents are links with an MTU above that of the link below, on kinds that the
// kernel bounds so.
func aboveParents() []refusal {
	const text = "mtu: invalid argument (1501 is more than the parent's 1500: raise that of under first)"
	return []refusal{
		{"macvlan", lab.Creating(macvlan.New("t0").Parent("under").MTU(1501)), "create macvlan t0: " + text, []error{syscall.EINVAL}},
		{"macvtap", lab.Creating(macvtap.New("t0").Parent("under").MTU(1501)), "create macvtap t0: " + text, []error{syscall.EINVAL}},
		{"macvlan on macvlan", lab.Creating(macvlan.New("t0").Parent("under"), macvlan.New("t1").Parent("t0").MTU(1501)), "create macvlan t1: " + text, nil},
		{"macvlan update", after("link add m0 link under type macvlan", lab.Updating(macvlan.New("m0").MTU(1501))), "update macvlan m0: " + text, nil},
		{"macvlan device", after("link add m0 link under type macvlan", lab.Updating(iplink.Device("m0").MTU(1501))), "update m0: " + text, nil},
		{"macvlan ensure", after("link add m0 link under type macvlan", ensuring(macvlan.New("m0").Parent("under").MTU(1501))), "ensure macvlan m0: " + text, nil},
	}
}

// after runs a command of `ip` in the Conn's namespace before an operation.
func after(command string, do func(context.Context, *iplink.Conn) error) func(context.Context, *iplink.Conn) error {
	return func(ctx context.Context, c *iplink.Conn) error {
		if err := runIPHere(command); err != nil {
			return err
		}
		return do(ctx, c)
	}
}

// factRefusals are refused because of the links that there are.
var factRefusals = []refusal{
	{"more than the driver takes", lab.Updating(iplink.Device("under").MTU(70000)),
		"update under: mtu: invalid argument (…70000 is not in 68…65535)", nil},
	{"port of another VXLAN", lab.Updating(iplink.Device("vx1").Up()),
		`update vx1: dstport: address already in use (UDP port 4789 is taken by "vx0", which shares it only with links that have the same GBP, GPE, External and LocalBind: give the link another Port)`, []error{syscall.EADDRINUSE}},
	{"port of another VXLAN when made", lab.Creating(vxlan.New("t0").VNI(9).Port(4789).GBP().Up()),
		`create vxlan t0: dstport: address already in use (UDP port 4789 is taken by "vx0", which shares it only with links that have the same GBP, GPE, External and LocalBind: give the link another Port)`, nil},
	{"VNI", lab.Creating(vxlan.New("t0").VNI(7).Port(4789)),
		`create vxlan t0: file exists (A VXLAN device with the specified VNI already exists; "vx0" has VNI 7 on UDP port 4789: another Port makes room)`, []error{fs.ErrExist}},
	{"VNI twice in one call", lab.Creating(vxlan.New("t0").VNI(70).Port(4790), vxlan.New("t1").VNI(70).Port(4790)),
		`create vxlan t1: file exists (A VXLAN device with the specified VNI already exists; "t0" has VNI 70 on UDP port 4790: another Port makes room)`, nil},
	{"own altname", lab.Updating(iplink.Device("vx1").Rename("alt-vx1")),
		`update vx1: name: file exists ("alt-vx1" is an alternative name of the link itself: take it away first, as ip link property del does)`, []error{fs.ErrExist}},
	{"name of another", lab.Updating(iplink.Device("vx1").Rename("br0")),
		`update vx1: name: file exists ("br0" is the name of a bridge link: choose another)`, []error{fs.ErrExist}},
	{"altname of another", lab.Updating(iplink.Device("vx1").Rename("alt-br0")),
		`update vx1: name: file exists ("alt-br0" is an alternative name of "br0", a bridge link: choose another)`, nil},
	{"altname that is its name", lab.Updating(iplink.Device("under").AltName("under")),
		`update under: altname under: file exists ("under" is the name of the link itself)`, nil},
	{"altname that is a name", lab.Updating(iplink.Device("under").AltName("br0")),
		`update under: altname br0: file exists ("br0" is the name of a bridge link: choose another)`, nil},
	{"altname that is one", lab.Creating(bridge.New("t0").AltName("alt-br0")),
		`create bridge t0: altname alt-br0: file exists ("alt-br0" is an alternative name of "br0", a bridge link: choose another)`, nil},
	{"name that is an altname", lab.Creating(bridge.New("alt-br0")),
		`create bridge alt-br0: file exists ("alt-br0" is an alternative name of "br0", a bridge link: choose another)`, nil},
	{"address of a macvlan", func(ctx context.Context, c *iplink.Conn) error {
		l, err := c.Get(ctx, "under")
		if err != nil {
			return err
		}
		return lab.Creating(macvlan.New("t0").Parent("under").Address(l.Address).Up())(ctx, c)
	}, "create macvlan t0: address: address already in use (the parent, or another macvlan on it, has the link-layer address: set another, or none)", nil},
	{"no master", lab.Creating(veth.New("t0").PortSettings(bridge.Port().Cost(7))),
		"create veth t0: port: invalid argument (a new link is not a port of a bridge link: name one with Master)", invalid},
	{"no port", ensuring(iplink.Device("under").PortSettings(bridge.Port().Cost(7))),
		"ensure under: port: the link is of another kind (it is not a port of a bridge link: name one with Master)", []error{iplink.ErrKind}},
	{"loopback", func(ctx context.Context, c *iplink.Conn) error { return c.Delete(ctx, "lo") },
		"delete lo: operation not supported (the loopback interface cannot be deleted: Down disables it)", []error{errors.ErrUnsupported}},
}

// addressRefusals are link-layer addresses that no link can have.
func addressRefusals() []refusal {
	group, short, long := net.HardwareAddr{1, 0, 0x5e, 0, 0, 7}, lab.OtherMAC[:5], append(lab.OtherMAC[:6:6], 0x77)
	const even = "01:00:5e:00:00:07 is the address of a group: the first byte of a link's own is even"
	return []refusal{
		{"short", lab.Creating(bridge.New("t0").Address(short)), "create bridge t0: address: invalid argument (02:a9:87:65:43 has 5 bytes, where 6 are due)", invalid},
		{"short of a device", lab.Updating(iplink.Device("under").Address(short)), "update under: address: invalid argument (02:a9:87:65:43 has 5 bytes, where 6 are due)", invalid},
		{"long", lab.Creating(bridge.New("t0").Address(long)), "create bridge t0: address: invalid argument (02:a9:87:65:43:21:77 has 7 bytes, where 6 are due)", invalid},
		{"long of a device", lab.Updating(iplink.Device("under").Address(long)), "update under: address: invalid argument (02:a9:87:65:43:21:77 has 7 bytes, where 6 are due)", invalid},
		{"short broadcast", lab.Creating(bridge.New("t0").Broadcast(short)), "create bridge t0: broadcast: invalid argument (02:a9:87:65:43 has 5 bytes, where 6 are due)", invalid},
		{"group", lab.Creating(bridge.New("t0").Address(group)), "create bridge t0: address: invalid argument (" + even + ")", []error{fs.ErrInvalid, syscall.EADDRNOTAVAIL}},
		{"group of a device", lab.Updating(iplink.Device("under").Address(group)), "update under: address: invalid argument (" + even + ")", []error{fs.ErrInvalid, syscall.EADDRNOTAVAIL}},
		{"group of the loopback", lab.Updating(iplink.Device("lo").Address(group)), "update lo: address: invalid argument (" + even + ")", invalid},
		{"zeros", lab.Creating(bridge.New("t0").Address(make(net.HardwareAddr, 6))), "create bridge t0: address: invalid argument (00:00:00:00:00:00 is not an address: without Address the kernel makes one)", invalid},
	}
}

// TestFacts has the messages literally, and demands that nothing has changed.
func TestFacts(t *testing.T) {
	for _, kind := range []string{iplink.KindBridge, iplink.KindVeth, iplink.KindVXLAN, iplink.KindMacvlan, iplink.KindMacvtap} {
		testutil.Need(t, kind)
	}
	for _, r := range append(append(aboveParents(), addressRefusals()...), factRefusals...) {
		t.Run(r.name, func(t *testing.T) {
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, factLinks...)
			r.judgeOurs(t, mayDo(t, ns, r.do))
			if left := testutil.IP(t, ns, "-o", "link"); strings.Contains(left, " t0") {
				t.Errorf("left: %s", left)
			}
		})
	}
}

// TestRenameUp renames a link that is up, which Linux before 6.2 refuses.
func TestRenameUp(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, factLinks...)
	err := mayDo(t, ns, lab.Updating(iplink.Device("under").Rename("renamed")))
	left := testutil.IP(t, ns, "-o", "link")
	if !testutil.Older(t, 6, 2) {
		if err != nil || !strings.Contains(left, " renamed@") {
			t.Errorf("error %v, links %s", err, left)
		}
		return
	}
	const want = "update under: name: device or resource busy (Linux before 6.2 renames a link only while it is down: DownFirst takes it down before)"
	if err == nil || err.Error() != want || !errors.Is(err, syscall.EBUSY) || !strings.Contains(left, " under@") {
		t.Errorf("error %v, want %s; links %s", err, want, left)
	}
}

// mayDo calls do with a Conn in a namespace.
func mayDo(t *testing.T, ns *os.File, do func(context.Context, *iplink.Conn) error) error {
	t.Helper()
	_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) { return nil, do(t.Context(), c) })
	return err
}

// TestVLANAboveParent is TestFacts for VLANs, also on a MACsec link, which has no room
// for a tag.
func TestVLANAboveParent(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	testutil.Need(t, iplink.KindMACsec)
	for _, r := range []refusal{
		{"made", lab.Creating(vlan.New("t0").Parent("under").ID(7).MTU(1501)), "create vlan t0: mtu: invalid argument (1501 is more than the parent's 1500: raise that of under first)", nil},
		{"changed", lab.Updating(vlan.New("v0").MTU(1501)), "update vlan v0: mtu: numerical result out of range (1501 is more than the parent's 1500: raise that of under first)", nil},
		{"device", lab.Updating(iplink.Device("v0").MTU(1501)), "update v0: mtu: numerical result out of range (1501 is more than the parent's 1500: raise that of under first)", nil},
		{"on MACsec", lab.Creating(vlan.New("t0").Parent("s0").ID(7).MTU(1468)), "create vlan t0: mtu: invalid argument (1468 is more than 1464, what the parent's 1468 leaves: raise that of s0 first)", nil},
		{"MACsec made", lab.Creating(macsec.New("t0").Parent("under").Port(7).MTU(1469)), "create macsec t0: mtu: numerical result out of range (1469 is more than 1468, what the parent's 1500 leaves: raise that of under first)", nil},
		{"MACsec changed", lab.Updating(macsec.New("s0").MTU(1469)), "update macsec s0: mtu: numerical result out of range (1469 is more than 1468, what the parent's 1500 leaves: raise that of under first)", nil},
		{"MACsec with a short check value", lab.Updating(iplink.Device("s8").MTU(1477)), "update s8: mtu: numerical result out of range (1477 is more than 1476, what the parent's 1500 leaves: raise that of under first)", nil},
	} {
		c, ns := lab.Scratch(t)
		testutil.IPBatch(t, ns.File, "link add under type veth", "link add v0 link under type vlan id 9",
			"link add s0 link under type macsec port 77", "link add s8 link under type macsec port 78 icvlen 8")
		t.Run(r.name, func(t *testing.T) { r.judge(t, r.do(t.Context(), c)) })
	}
}

// TestPortOfProcess brings up a VXLAN link while this process has the port: the error
// names it.
func TestPortOfProcess(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	for _, network := range []string{"udp4", "udp"} { // of the latter the kernel has one of IPv6
		c, ns := lab.Scratch(t)
		ns.IP("link", "add", "t0", "type", "vxlan", "id", "7", "dstport", "4660")
		testutil.In(t, ns.File, func() {
			held, err := net.ListenPacket(network, ":4660")
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			for _, do := range []func(context.Context, *iplink.Conn) error{
				lab.Updating(iplink.Device("t0").Up()), lab.Creating(vxlan.New("t1").VNI(8).Port(4660).Up()),
			} {
				err := do(t.Context(), c)
				want := fmt.Sprintf("dstport: address already in use (UDP port 4660 is taken by process %d (", os.Getpid())
				if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, syscall.EADDRINUSE) {
					t.Errorf("%s: error %v, want one with %q", network, err, want)
				}
			}
		})
	}
}
