package kerneltest_test

import (
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

var badRoute = inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Via: lab.Addr("203.0.113.7")}

// failingReplacements are links that cannot be made in place of t0, which commands have
// made: by an alternative name that another link has, or by a route without a way.
var failingReplacements = []struct {
	name     string
	commands []string
	spec     func() iplink.Spec
}{
	{"altname", []string{"link add t0 type vxlan id 7 dstport 4789"},
		func() iplink.Spec { return vxlan.New("t0").VNI(8).Port(4789).AltName("other").Recreate() }},
	{"route", []string{"link add t0 type vxlan id 7 dstport 4789"},
		func() iplink.Spec { return vxlan.New("t0").VNI(8).Port(4789).Up().Routes(badRoute).Recreate() }},
	{"kind", []string{"link add t0 type bridge stp_state 1 ageing_time 4660", "link set ends1 master t0", "link set ends1 type bridge_slave cost 291 isolated on"},
		func() iplink.Spec { return vxlan.New("t0").VNI(8).Up().Port(4789).Routes(badRoute).Recreate() }},
	{"ports", []string{"link add t0 type bridge stp_state 1", "link set ends1 master t0", "link set ends1 type bridge_slave cost 291 isolated on"},
		func() iplink.Spec { return bridge.New("t0").Index(0x1234).Up().Routes(badRoute).Recreate() }},
	{"pair", []string{"link add t0 mtu 1431 type veth peer t1", "link set t1 up mtu 1432"},
		func() iplink.Spec {
			return veth.New("t0").Peer(veth.New("t1").Master("lo")).AltName("other").Recreate()
		}},
	{"same VNI", []string{"link add t0 type vxlan id 7 dstport 4789 ageing 0x123 local 192.0.2.1 ttl 7"},
		func() iplink.Spec { return vxlan.New("t0").VNI(7).Port(4789).GBP().Up().Routes(badRoute).Recreate() }},
	{"same VNI, altname", []string{"link add t0 type vxlan id 7 dstport 4789 ageing 0x123 local 192.0.2.1 ttl 7"},
		func() iplink.Spec { return vxlan.New("t0").VNI(7).Port(4789).GBP().AltName("other").Recreate() }},
}

// TestRecreateFails replaces links by links that cannot be made. Afterwards, `ip` shows
// the old link, with its settings, addresses, routes, neighbours and ports.
func TestRecreateFails(t *testing.T) {
	for _, test := range failingReplacements {
		t.Run(test.name, func(t *testing.T) {
			conn, ns := lab.OldLink(t, test.commands)
			before := lab.Shown(ns)
			if _, err := conn.Ensure(t.Context(), test.spec()); err == nil {
				t.Fatal("no error")
			} else if strings.Contains(err.Error(), "undo") {
				t.Error(err)
			}
			if after := lab.Shown(ns); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// TestRecreateSameVNI replaces a VXLAN by one that the kernel does not allow beside it.
func TestRecreateSameVNI(t *testing.T) {
	conn, ns := lab.OldLink(t, []string{"link add t0 type vxlan id 7 dstport 4789 ageing 0x123"})
	lab.Ensured(t, conn, vxlan.New("t0").VNI(7).Port(4789).GBP().Up().Recreate(), false, "gbp")
	if got := ns.InfoData("t0"); got["id"] != 7.0 || !hasKey(got, "gbp") {
		t.Error(got)
	}
	if got := strings.Join(ns.Addrs("t0"), " "); !strings.Contains(got, "192.0.2.33") {
		t.Error(got)
	}
}

func hasKey(m map[string]any, key string) bool {
	_, ok := m[key]
	return ok
}
