package kerneltest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// TestIndexesByKernel makes links that are changed after their creation or refer to each
// other. Their indexes are the small ones that the kernel chooses, and the links refer to
// each other as wanted.
func TestIndexesByKernel(t *testing.T) {
	conn, ns := lab.Scratch(t)
	_, far := lab.Scratch(t)
	specs := []iplink.Spec{
		bridge.New("br0").Up().AltName("bridge-of-all").Addr(lab.Prefix("192.0.2.33/28")),
		veth.New("v0").Alias("one end").Master("br0").PortSettings(bridge.Port().Cost(0x123)).Up().
			Peer(veth.New("eth0").NetNS(lab.NetNS(far)).Up().Addr(lab.Prefix("192.0.2.34/28")).DefaultRoute(lab.Addr("192.0.2.33"))),
		vxlan.New("vx0").VNI(0x1234).Dev("br0").Up(),
		macvlan.New("m0").Parent("br0").NetNS(lab.NetNS(far)).Alias("moved"),
		macvlan.New("m1").Parent("eth0").LinkNetNS(lab.NetNS(far)),
	}
	all := lab.MustCreate(t, conn, specs...)
	if ns.InfoData("vx0")["link"] != "br0" || all[3].Parent != all[0].Index || all[4].Parent != all[1].Peer.Index {
		t.Errorf("references: %v", all)
	}
	for _, at := range []*testutil.Lab{ns, far} {
		for index, l := range lab.IPLinks(t, at.File) {
			if index > 100 {
				t.Errorf("%s has the index %d", l.Name, index)
			}
		}
	}
	if got := ns.Link("v0")["master"]; got != "br0" {
		t.Errorf("master %v", got)
	}
	if got := ns.Link("v0")["ifindex"]; got != float64(all[1].Index) {
		t.Errorf("index %v, the Link has %d", got, all[1].Index)
	}
}

// distantKinds are links on a parent or an underlay named eth0 in another namespace, with
// the same name.
var distantKinds = map[string]func(host, container *iplink.NetNS) iplink.Spec{
	"macvlan": func(host, container *iplink.NetNS) iplink.Spec {
		return macvlan.New("eth0").Parent("eth0").LinkNetNS(host).NetNS(container).Alias("inner").Up()
	},
	"vlan": func(host, container *iplink.NetNS) iplink.Spec {
		return vlan.New("eth0").ID(0x123).Parent("eth0").LinkNetNS(host).NetNS(container).Up().Addr(lab.Prefix("192.0.2.33/28"))
	},
	"ipvlan": func(host, container *iplink.NetNS) iplink.Spec {
		return ipvlan.New("eth0").Parent("eth0").LinkNetNS(host).NetNS(container)
	},
	"vxlan": func(host, container *iplink.NetNS) iplink.Spec {
		return vxlan.New("eth0").VNI(0x1234).Dev("eth0").LinkNetNS(host).NetNS(container).Up()
	},
}

// TestNameTakenAtParent makes links whose name another link has in the namespace of the
// parent, where kernels before Linux 6.13 make them.
func TestNameTakenAtParent(t *testing.T) {
	for name, spec := range distantKinds {
		t.Run(name, func(t *testing.T) {
			conn, host := lab.Scratch(t)
			_, container := lab.Scratch(t)
			testutil.Need(t, name)
			lab.MustCreate(t, conn, veth.New("eth0").Peer(veth.New("other")).Up())
			s := spec(lab.NetNS(host), lab.NetNS(container))
			l := lab.MustCreate(t, conn, s)[0]
			if got := container.Link("eth0"); got["ifindex"] != float64(l.Index) || l.Name != "eth0" {
				t.Errorf("%v, the Link is %v", got, l)
			}
			if got := fmt.Sprint(container.Names(), host.Names()); got != "[lo eth0] [lo other eth0]" && got != "[eth0 lo] [eth0 lo other]" {
				t.Error(got)
			}
			lab.Ensured(t, conn, s, false)
		})
	}
}

// TestNameTakenUndone lets the creation of such a link fail after it was made, and after
// it was renamed. Nothing is left.
func TestNameTakenUndone(t *testing.T) {
	conn, host := lab.Scratch(t)
	_, container := lab.Scratch(t)
	lab.MustCreate(t, conn, veth.New("eth0").Peer(veth.New("other")).Up())
	before := slices.Concat(host.Names(), container.Names())
	wanted := func() *macvlan.Builder { return macvlan.New("eth0").Parent("eth0").NetNS(lab.NetNS(container)) }
	for name, s := range map[string]iplink.Spec{
		"route":   wanted().Routes(inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Via: lab.Addr("203.0.113.7")}),
		"altname": wanted().AltName("lo"),
	} {
		if _, err := conn.Create(t.Context(), s); err == nil {
			t.Errorf("%s: no error", name)
		}
		if after := slices.Concat(host.Names(), container.Names()); !slices.Equal(before, after) {
			t.Errorf("%s: links %v, were %v", name, after, before)
		}
	}
}
