package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestErrorUnsupported finds errors.ErrUnsupported in what kernels refuse by
// EOPNOTSUPP.
func TestErrorUnsupported(t *testing.T) {
	for _, err := range []error{iplink.ErrKind, iplink.ErrImmutable} {
		wrapped := fmt.Errorf("wrapped: %w", &iplink.Error{Op: "update", Err: err})
		for _, target := range []error{err, errors.ErrUnsupported, syscall.EOPNOTSUPP} {
			if !errors.Is(wrapped, target) {
				t.Errorf("%v is not %v", wrapped, target)
			}
		}
	}
	if errors.Is(iplink.ErrKind, iplink.ErrImmutable) || errors.Is(iplink.ErrNotApplied, errors.ErrUnsupported) {
		t.Error("errors match that have nothing to do with each other")
	}
}

// TestErrorFromKernel tells the kernel's text from this library's.
func TestErrorFromKernel(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, lab.ErrorLinks...)
	for _, test := range []struct {
		do         func(context.Context, *iplink.Conn) error
		message    string
		fromKernel bool
	}{
		{lab.Creating(vxlan.New("t0").VNI(7).Port(4789)), "A VXLAN device with the specified VNI already exists", true},
		{lab.Updating(iplink.Device("under").MTU(67)), "mtu less than device minimum", true},
		{lab.Creating(bridge.New("vx0")), "a link of this name or index exists already", false},
		{lab.Creating(bridge.New("t0").MTU(67)), "67 is not in 68…65535", false},
		{lab.Creating(veth.New("t0").Master("gone")), `there is no link "gone" in the namespace of the Conn`, false},
		{lab.Updating(vxlan.New("vx0").Port(0x1234)), "dstport: have 4789, want 4660", false},
	} {
		err := lab.ErrorOf(lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) { return nil, test.do(t.Context(), c) }))
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || e.Message != test.message || e.FromKernel != test.fromKernel {
			t.Errorf("%v: FromKernel %t, want %t of %q", err, ok && e.FromKernel, test.fromKernel, test.message)
		}
	}
}

// refusal is an operation that fails, the message, and what errors.Is finds.
type refusal struct {
	name    string
	do      func(context.Context, *iplink.Conn) error
	message string
	is      []error
}

// TestErrors has the messages literally: they are what people see first.
func TestErrors(t *testing.T) {
	for _, kind := range []string{iplink.KindBridge, iplink.KindVeth, iplink.KindVXLAN, iplink.KindMacvlan} {
		testutil.Need(t, kind)
	}
	for _, r := range append(refusedNames, append(refusedSettings, refusedByKernel...)...) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, lab.ErrorLinks...)
			before := testutil.IP(t, ns, "-d", "-j", "link")
			_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) { return nil, r.do(t.Context(), c) })
			r.judge(t, err)
			if after := testutil.IP(t, ns, "-d", "-j", "link"); after != before {
				t.Errorf("changed from %s to %s", before, after)
			}
		})
	}
}

// judge compares an error with what is due.
func (r refusal) judge(t *testing.T, err error) {
	t.Helper()
	if err == nil || err.Error() != r.message {
		t.Errorf("message\n%v, want\n%s", err, r.message)
	}
	for _, target := range r.is {
		if !errors.Is(err, target) {
			t.Errorf("%v is not %v", err, target)
		}
	}
	if _, ok := errors.AsType[*iplink.Error](err); !ok {
		t.Errorf("%T is no *iplink.Error", err)
	}
}

var invalid = []error{fs.ErrInvalid}

// refusedNames are refused before anything is sent.
var refusedNames = []refusal{
	{"long name", lab.Creating(bridge.New("sixteen-bytes-xx")),
		`create bridge sixteen-bytes-xx: name: invalid argument ("sixteen-bytes-xx" has 16 bytes, at most 15 fit)`, invalid},
	{"empty name", lab.Creating(bridge.New("")), `create bridge: name: invalid argument (the name is empty)`, invalid},
	{"slash", lab.Creating(bridge.New("a/b")), `create bridge a/b: name: invalid argument ("a/b" holds "/" or ":")`, invalid},
	{"colon", lab.Creating(bridge.New("a:b")), `create bridge a:b: name: invalid argument ("a:b" holds "/" or ":")`, invalid},
	{"white space", lab.Creating(bridge.New("a b")), `create bridge a b: name: invalid argument ("a b" holds white space)`, invalid},
	{"dots", lab.Creating(bridge.New("..")), `create bridge ..: name: invalid argument (".." is not allowed as a name)`, invalid},
	{"template", lab.Creating(bridge.New("br%d%d")),
		`create bridge br%d%d: name: invalid argument ("br%d%d" holds "%", which is allowed only as one "%d", and only for Create: the kernel puts a number there)`, invalid},
	{"long altname", lab.Creating(bridge.New("t0").AltName(strings.Repeat("x", 128))),
		`create bridge t0: altname: invalid argument ("` + strings.Repeat("x", 128) + `" has 128 bytes, at most 127 fit)`, invalid},
	{"peer's name", lab.Creating(veth.New("t0").Peer(veth.New("a/b"))),
		`create veth a/b: name: invalid argument ("a/b" holds "/" or ":")`, invalid},
	{"new name", lab.Updating(iplink.Device("br0").Rename("a b")), `update br0: name: invalid argument ("a b" holds white space)`, invalid},
}

// refusedSettings are refused before anything is sent.
var refusedSettings = []refusal{
	{"VNI", lab.Creating(vxlan.New("t0").VNI(1 << 24)), `create vxlan t0: id: invalid argument (16777216 is not in 0…16777215)`, invalid},
	{"small MTU", lab.Creating(bridge.New("t0").MTU(67)), `create bridge t0: mtu: invalid argument (67 is not in 68…65535)`, invalid},
	{"large MTU", lab.Creating(veth.New("t0").MTU(65536)), `create veth t0: mtu: invalid argument (65536 is not in 68…65535)`, invalid},
	{"families", lab.Creating(vxlan.New("t0").VNI(7).Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("2001:db8::2"))),
		`create vxlan t0: local: invalid argument (192.0.2.1 and remote 2001:db8::2 are of different families)`, invalid},
	{"multicast local", lab.Creating(vxlan.New("t0").VNI(7).Local(lab.Addr("239.1.2.3"))),
		`create vxlan t0: local: invalid argument (239.1.2.3 is a multicast address)`, invalid},
	{"group without underlay", lab.Creating(vxlan.New("t0").VNI(7).Remote(lab.Addr("239.1.2.3"))),
		`create vxlan t0: dev: invalid argument (the multicast group 239.1.2.3 needs Dev)`, invalid},
	{"no parent", lab.Creating(macvlan.New("t0")),
		`create macvlan t0: link: invalid argument (a macvlan sits on another link: name it with Parent)`, invalid},
	{"sources", lab.Creating(macvlan.New("t0").Parent("under").Mode(macvlan.Bridge).AddSource(lab.MAC)),
		`create macvlan t0: macaddr: invalid argument (needs mode source, not bridge)`, invalid},
	{"zero prefix", lab.Creating(bridge.New("t0").Addr(netip.Prefix{})),
		`create bridge t0: address: invalid argument (the zero netip.Prefix is not an address)`, invalid},
	{"device", lab.Creating(iplink.Device("under")),
		`create under: invalid argument (a Device names a link that exists already: use the New of a kind to make one)`, invalid},
	{"group address", lab.Creating(bridge.New("t0").GroupAddress(net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 1})),
		`create bridge t0: group_address: invalid argument (01:80:c2:00:00:01 is not one of 01:80:c2:00:00:00, …:04 to …:0f)`, invalid},
	{"several", lab.Creating(vxlan.New("t0").VNI(1 << 24).FlowLabel(1 << 20)),
		"create vxlan t0: id: invalid argument (16777216 is not in 0…16777215)\n" +
			"create vxlan t0: flowlabel: invalid argument (1048576 is not in 0…1048575)", invalid},
}

// refusedByKernel are refused by the kernel, or because of what is there.
var refusedByKernel = []refusal{
	{"there already", lab.Creating(bridge.New("vx0")),
		`create bridge vx0: file exists (a link of this name or index exists already)`, []error{fs.ErrExist, syscall.EEXIST}},
	{"an altname", lab.Creating(bridge.New("tunnel")),
		`create bridge tunnel: file exists ("tunnel" is an alternative name of "vx0", a vxlan link: choose another)`, []error{fs.ErrExist}},
	{"unnamed peer", lab.Creating(veth.New("veth0")),
		`create veth veth0: peer: file exists (the kernel gives this name to the other end, which has none: name that with Peer)`, []error{fs.ErrExist}},
	{"peer there already", lab.Creating(veth.New("t0").Peer(veth.New("br0"))),
		`create veth t0: peer: file exists (a link named "br0" exists already where the peer is to be)`, []error{fs.ErrExist}},
	{"missing parent", lab.Creating(macvlan.New("t0").Parent("gone")),
		`create macvlan t0: link: no such device (there is no link "gone" in the namespace of the Conn: LinkNetNS says where else it is)`, []error{fs.ErrNotExist, syscall.ENODEV}},
	{"missing underlay", lab.Creating(vxlan.New("t0").VNI(7).Dev("gone")),
		`create vxlan t0: dev: no such device (there is no link "gone" in the namespace of the Conn: LinkNetNS says where else it is)`, []error{fs.ErrNotExist}},
	{"missing master", lab.Creating(bridge.New("t0").Master("gone")),
		`create bridge t0: master: no such device (there is no link "gone" in the namespace of the Conn)`, []error{fs.ErrNotExist}},
	{"same VNI", lab.Creating(vxlan.New("t0").VNI(7).Port(4789)),
		`create vxlan t0: file exists (A VXLAN device with the specified VNI already exists; "vx0" has VNI 7 on UDP port 4789: another Port makes room)`, []error{fs.ErrExist}},
	{"gone", lab.Updating(iplink.Device("gone").Up()), `update gone: no such device`, []error{fs.ErrNotExist, syscall.ENODEV}},
	{"wrong kind", lab.Updating(bridge.New("vx0").STP(true)),
		`update bridge vx0: the link is of another kind (it is a vxlan link)`, []error{iplink.ErrKind}},
	{"immutable", lab.Updating(vxlan.New("vx0").Port(0x1234)),
		`update vxlan vx0: dstport: cannot change on a link that exists (dstport: have 4789, want 4660)`, []error{iplink.ErrImmutable}},
	{"no port", lab.Updating(iplink.Device("under").PortSettings(bridge.Port().Hairpin(true))),
		`update under: port: the link is of another kind (it is not a port of a bridge link: name one with Master)`, []error{iplink.ErrKind}},
	{"no bridge", lab.Creating(bridge.New("t0").Master("under")),
		`create bridge t0: operation not supported (under is a veth and takes no ports)`, []error{syscall.EOPNOTSUPP}},
	{"get", func(ctx context.Context, c *iplink.Conn) error { _, err := c.Get(ctx, "gone"); return err },
		`get gone: no such device`, []error{fs.ErrNotExist}},
	{"get index", func(ctx context.Context, c *iplink.Conn) error { _, err := c.GetIndex(ctx, 0x1234); return err },
		`get with index 4660: no such device`, []error{fs.ErrNotExist}},
	{"delete", func(ctx context.Context, c *iplink.Conn) error { return c.Delete(ctx, "under", "gone") },
		`delete gone: no such device`, []error{fs.ErrNotExist}},
	{"delete lo", func(ctx context.Context, c *iplink.Conn) error { return c.Delete(ctx, "lo") },
		`delete lo: operation not supported (the loopback interface cannot be deleted: Down disables it)`, []error{syscall.EOPNOTSUPP, errors.ErrUnsupported}},
}

func TestClosedNetNSError(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	if err := ns.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := bridge.New("t0").NetNS(ns).Create(t.Context())
	if !errors.Is(err, os.ErrClosed) || !strings.HasPrefix(err.Error(), "create bridge t0: netns: ") {
		t.Errorf("%v, want one about a closed file", err)
	}
}

func TestNoDriver(t *testing.T) {
	if testutil.Matrix() {
		testutil.Skipf(t, "every driver is there")
	}
	ns := testutil.NetNS(t)
	_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (any, error) { return c.Create(t.Context(), dummy.New("t0")) })
	if err == nil {
		testutil.Skipf(t, "this kernel has a dummy driver")
	}
	refusal{message: "create dummy t0: operation not supported (this kernel has no dummy driver (CONFIG_DUMMY))",
		is: []error{errors.ErrUnsupported, syscall.EOPNOTSUPP}}.judge(t, err)
	if e, ok := errors.AsType[*iplink.Error](err); ok && e.FromKernel {
		t.Errorf("%v says that these are the kernel's words", err)
	}
}

func TestNoPrivilege(t *testing.T) {
	ns := testutil.NetNS(t)
	var err error
	testutil.In(t, ns, func() {
		runtime.LockOSThread() // never unlocked: the thread has lost its capabilities
		testutil.DropCapabilities(t)
		_, err = bridge.New("t0").Create(t.Context())
	})
	refusal{message: "create bridge t0: operation not permitted (needs CAP_NET_ADMIN: run as root, or in a user namespace)",
		is: []error{fs.ErrPermission, syscall.EPERM}}.judge(t, err)
}

// TestMACsecRefusedByKernel looks at what is said where the driver says
// nothing.
func TestMACsecRefusedByKernel(t *testing.T) {
	testutil.Need(t, iplink.KindMACsec)
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "under", "type", "veth", "peer", "name", "under1")
	lab.MustDo(t, ns, (*iplink.Conn).Create, macsec.New("first").Parent("under"))
	for _, c := range []struct {
		spec iplink.Spec
		want string
	}{
		{macsec.New("second").Parent("under"), "create macsec second: device or resource busy (the parent has a link with this SCI already, or is a port of a bridge, bond or team)"},
		{macsec.New("second").Parent("under").Port(7).MTU(1500), "create macsec second: mtu: numerical result out of range (1500 is more than 1468, what the parent's 1500 leaves: raise that of under first)"},
	} {
		_, err := lab.InNetNS(t, ns, func(c1 *iplink.Conn) ([]*iplink.Link, error) { return c1.Create(t.Context(), c.spec) })
		if err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if _, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), "second") }); !errors.Is(err, syscall.ENODEV) {
			t.Errorf("the link is still there: %v", err)
		}
	}
}
