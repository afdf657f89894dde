package iplink_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

// echoed are links that nothing happens to once the kernel has announced them, of
// each kind, on the link under where they need one.
var echoed = map[string]func(name string) iplink.Spec{
	iplink.KindBond:    func(name string) iplink.Spec { return bond.New(name).Mode(iplink.BondActiveBackup).Group(0x1234) },
	iplink.KindBridge:  func(name string) iplink.Spec { return bridge.New(name).Priority(0x1234).Group(0x1234) },
	iplink.KindDummy:   func(name string) iplink.Spec { return dummy.New(name).MTU(1281).ARP(false) },
	iplink.KindIPvlan:  func(name string) iplink.Spec { return ipvlan.New(name).Parent("under").Mode(iplink.IPvlanL3S) },
	iplink.KindMACsec:  func(name string) iplink.Spec { return macsec.New(name).Parent("under").Port(0x1234) },
	iplink.KindMacvlan: func(name string) iplink.Spec { return macvlan.New(name).Parent("under").MTU(1281) },
	iplink.KindMacvtap: func(name string) iplink.Spec { return macvtap.New(name).Parent("under").TxQueueLen(0x1234) },
	iplink.KindNlmon:   func(name string) iplink.Spec { return nlmon.New(name).MTU(1281) },
	iplink.KindTeam:    func(name string) iplink.Spec { return team.New(name).Group(0x1234) },
	iplink.KindVCAN:    func(name string) iplink.Spec { return vcan.New(name).Group(0x1234) },
	iplink.KindVeth: func(name string) iplink.Spec {
		return veth.New(name).Address(attachMAC(7)).AllMulticast(true).Peer(veth.New("p" + name).MTU(1281))
	},
	iplink.KindVLAN:  func(name string) iplink.Spec { return vlan.New(name).Parent("under").ID(0x234) },
	iplink.KindVXCAN: func(name string) iplink.Spec { return vxcan.New(name).Peer(vxcan.New("p" + name)) },
	iplink.KindVXLAN: func(name string) iplink.Spec { return vxlan.New(name).VNI(0x1234).Group(0x1234) },
}

// TestCreatedIsAsRead compares what Create returns, which may be the kernel's
// echo, with what Get returns then.
func TestCreatedIsAsRead(t *testing.T) {
	for kind, spec := range echoed {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testutil.Need(t, kind)
			c, ns := scratch(t)
			ns.ip("link", "add", "under", "address", "02:00:00:00:12:34", "type", "veth", "peer", "name", "over")
			l := mustCreate(t, c, spec("t0"))[0]
			if l.Name != "t0" || l.Kind != kind || l.Index == 0 || l.Err != nil {
				t.Errorf("%+v", l)
			}
			isAsRead(t, c, l)
		})
	}
}

// TestCreatedTogetherIsAsRead creates a link that a later one of the same call
// changes by way of a bridge, whose MTU is the least of its ports'.
func TestCreatedTogetherIsAsRead(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	c, ns := scratch(t)
	ns.ip("link", "add", "under", "type", "bridge")
	links := mustCreate(t, c, macvlan.New("t0").Parent("under"), veth.New("t1").MTU(1281).Master("under"), veth.New("t2"))
	if links[0].MTU != 1281 {
		t.Errorf("MTU %d, want that of the bridge, 1281", links[0].MTU)
	}
	for _, l := range links {
		isAsRead(t, c, l)
	}
}

// isAsRead compares a link with what Get says of it.
func isAsRead(t *testing.T, c *iplink.Conn, l *iplink.Link) {
	t.Helper()
	again, err := c.Get(t.Context(), l.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(again, l, cmp.Exporter(func(reflect.Type) bool { return true }), cmp.FilterPath(isMessage, cmp.Ignore())); diff != "" {
		t.Errorf("- as read, + as it was said to be:\n%s", diff)
	}
}

// isMessage says where a Link keeps the message that it came in, or parts of it. What
// the kernel announces names the flags that have changed, and of many links the
// messages are not kept.
func isMessage(p cmp.Path) bool {
	return slices.Contains([]string{"raw.image", "raw.data", "raw.xstats", "raw.portData"}, p.String())
}

// TestCreateWithoutEcho asks a kernel in vain, as those before Linux 6.2: what it
// has made is read, the first time with a send of its own.
func TestCreateWithoutEcho(t *testing.T) {
	c, ns := scratch(t)
	_, other := scratch(t)
	c.WithoutEcho()
	sends := countSends(c)
	for i, want := range []int{4, 3} { // two create; two read, the second time one of them what it creates
		*sends = 0
		links := mustCreate(t, c, bridge.New(fmt.Sprint("a", i)).Priority(0x1234), veth.New(fmt.Sprint("b", i)).NetNS(other.NetNS))
		if len(links) != 2 || links[0].Info.(*iplink.BridgeInfo).Priority != 0x1234 || links[1].Kind != iplink.KindVeth {
			t.Errorf("links %+v", links)
		}
		if *sends != want {
			t.Errorf("%d sends, want %d", *sends, want)
		}
	}
	if got := ns.link("a1")["linkinfo"].(map[string]any)["info_data"].(map[string]any)["priority"]; got != float64(0x1234) {
		t.Errorf("priority %v", got)
	}
}

// TestCreateEchoIsVerified takes a setting that the kernel does not apply.
func TestCreateEchoIsVerified(t *testing.T) {
	for _, without := range []bool{false, true} {
		c, ns := scratch(t)
		if without {
			c.WithoutEcho()
		}
		_, err := c.Create(t.Context(), bridge.New("t0").MulticastHashElasticity(17))
		if want := "create bridge t0: mcast_hash_elasticity: not applied by this kernel (asked for 17, the kernel reports 16)"; err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
		if got := ns.names(); len(got) != 1 {
			t.Errorf("links %v", got)
		}
	}
}
