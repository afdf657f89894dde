package iplink_test

import (
	"context"
	_ "embed"
	"net"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

//go:embed docs/errors.md
var errorsDocument string

// commonFailures provoke the failures that docs/errors.md is about, in its order,
// each in a namespace with errorLinks.
var commonFailures = []func(*testing.T, *iplink.Conn) error{
	failing(creating(bridge.New("vx0"))),
	failing(creating(veth.New("t0").Peer(veth.New("br0")))),
	failing(creating(vxlan.New("t0").VNI(7).Port(4789))),
	failing(updating(iplink.Device("eth7").Up())),
	failing(creating(macvlan.New("t0").Parent("eth7"))),
	func(t *testing.T, _ *iplink.Conn) error {
		runtime.LockOSThread() // never unlocked: the thread has lost its capabilities
		dropCapabilities(t)
		_, err := bridge.New("t0").Create(t.Context())
		return err
	},
	failing(creating(iplink.Raw("warp", "t0"))),
	failing(creating(bridge.New("bridge-of-host-17"))),
	failing(creating(vxlan.New("t0").VNI(1 << 24))),
	failing(creating(veth.New("t0").MTU(65536))),
	failing(creating(macvlan.New("t0"))),
	failing(creating(vlan.New("t0").Parent("under"))),
	failing(creating(vxlan.New("t0").VNI(7).Remote(addr("239.1.2.3")))),
	failing(updating(vxlan.New("vx0").Port(0x1234))),
	failing(updating(bridge.New("vx0").STP(true))),
	func(t *testing.T, c *iplink.Conn) error {
		if err := updating(iplink.Device("under").Master("br0"))(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return creating(macvlan.New("t0").Parent("under"))(t.Context(), c)
	},
	failing(creating(bridge.New("t0").MulticastHashElasticity(7))),
	failing(creating(vxlan.New("t0").VNI(7).Master("t1"), bridge.New("t1"))),
	func(t *testing.T, c *iplink.Conn) error {
		ns := unnamed(t)
		if err := ns.Close(); err != nil {
			t.Fatal(err)
		}
		return creating(bridge.New("t0").NetNS(ns))(t.Context(), c)
	},
	func(t *testing.T, c *iplink.Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return creating(bridge.New("t0"))(ctx, c)
	},
	failing(creating(macvlan.New("t0").Parent("under").MTU(1501))),
	failing(creating(bridge.New("t0").MTU(1000).Addr(prefix("2001:db8::17/64")))),
	failing(creating(bridge.New("t0").Up().DefaultRoute(addr("192.0.2.1")))),
	func(t *testing.T, c *iplink.Conn) error {
		mustCreate(t, c, vxlan.New("vx1").VNI(8).Port(4789).Up())
		return creating(vxlan.New("t0").VNI(9).Port(4789).GBP().Up())(t.Context(), c)
	},
	failing(updating(iplink.Device("under").Rename("tunnel"))),
	failing(creating(bridge.New("t0").Address(net.HardwareAddr{1, 0, 0x5e, 0, 0, 7}))),
	failing(creating(veth.New("t0").PortSettings(bridge.Port().Cost(7)))),
	failing(func(ctx context.Context, c *iplink.Conn) error { return c.Delete(ctx, "lo") }),
	func(t *testing.T, c *iplink.Conn) error {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := c.List(t.Context())
		return err
	},
	func(*testing.T, *iplink.Conn) error { _, err := iplink.OpenNetNS("gone"); return err },
}

// inode is the number of a namespace, which is another one each time.
var inode = regexp.MustCompile(`net:\[\d+\]`)

func failing(do func(context.Context, *iplink.Conn) error) func(*testing.T, *iplink.Conn) error {
	return func(t *testing.T, c *iplink.Conn) error { return do(t.Context(), c) }
}

// TestErrorsDocument compares the messages of docs/errors.md, which stand alone on
// an indented line, with what the failures really say.
func TestErrorsDocument(t *testing.T) {
	for _, kind := range []string{iplink.KindBridge, iplink.KindVeth, iplink.KindVXLAN, iplink.KindMacvlan} {
		testutil.Need(t, kind)
	}
	messages := regexp.MustCompile(`(?m)^    (.*)$`).FindAllStringSubmatch(errorsDocument, -1)
	if len(messages) != len(commonFailures) || len(messages) != strings.Count(errorsDocument, "\n## ") {
		t.Fatalf("%d messages in %d sections for %d failures", len(messages), strings.Count(errorsDocument, "\n## "), len(commonFailures))
	}
	for i, fail := range commonFailures {
		ns := testutil.NetNS(t)
		testutil.IPBatch(t, ns, errorLinks...)
		_, err := inNetNS(t, ns, func(c *iplink.Conn) (any, error) { return nil, fail(t, c) })
		want := inode.ReplaceAllString(messages[i][1], "")
		if err == nil || inode.ReplaceAllString(err.Error(), "") != want {
			t.Errorf("the document has\n%s, and it is\n%v", messages[i][1], err)
		}
	}
}
