package kerneltest_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestRoutesByThisMachine takes what the kernel takes: a gateway that is an address
// of this machine on the link of the route.
func TestRoutesByThisMachine(t *testing.T) {
	for _, test := range []struct {
		device string
		spec   func() iplink.Spec
		want   string
	}{
		{"d0", func() iplink.Spec {
			return bridge.New("d0").Up().Addr(lab.Prefix("192.0.2.17/28")).DefaultRoute(lab.Addr("192.0.2.17"))
		},
			"0.0.0.0/0 via 192.0.2.17"},
		{"d0", func() iplink.Spec {
			return bridge.New("d0").Up().Addr(lab.Prefix("127.1.2.3/32")).Routes(inet.Route{Dst: lab.Prefix("10.0.0.0/8"), Via: lab.Addr("127.1.2.3")})
		}, "10.0.0.0/8 via 127.1.2.3"},
		{"d0", func() iplink.Spec {
			return bridge.New("d0").Up().Routes(inet.Route{Dst: lab.Prefix("127.5.0.0/16"), Src: lab.Addr("127.0.0.1")},
				inet.Route{Dst: lab.Prefix("10.0.0.0/8"), Via: lab.Addr("127.5.0.7"), OnLink: true})
		}, "10.0.0.0/8 via 127.5.0.7"},
		{"lo", func() iplink.Spec {
			return iplink.Device("lo").Up().Routes(inet.Route{Dst: lab.Prefix("10.0.0.0/8"), Via: lab.Addr("127.0.0.1")})
		}, "10.0.0.0/8 via 127.0.0.1"},
	} {
		c, ns := lab.Scratch(t)
		ns.IP("link", "set", "lo", "up")
		if _, err := c.Ensure(t.Context(), test.spec()); err != nil {
			t.Error(err)
			continue
		}
		quietEnsure(t, c, test.spec())
		if !hasRoute(ns, test.device, test.want) {
			t.Errorf("ip does not show %s: %s", test.want, ns.IP("route"))
		}
	}
}

// hasRoute reports whether `ip` shows a route, as "network via gateway".
func hasRoute(ns *testutil.Lab, name, want string) bool {
	ns.Helper()
	var routes []struct{ Dst, Gateway string }
	ns.Decode(&routes, "-j", "-N", "route", "show", "table", "all", "dev", name)
	for _, r := range routes {
		if r.Dst == "default" {
			r.Dst = "0.0.0.0/0"
		}
		if r.Dst+" via "+r.Gateway == want {
			return true
		}
	}
	return false
}

// TestNeighsTaken takes neighbours that the kernel takes: on a link for other
// addresses of the machine's own networks, of broadcast and of groups.
func TestNeighsTaken(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "d0", "up", "type", "bridge")
	for _, text := range []string{"127.0.0.7", "224.0.0.7", "255.255.255.255", "::1", "ff02::77"} {
		n := inet.Neigh{Addr: lab.Addr(text), LLAddr: lab.OtherMAC}
		if _, err := c.Update(t.Context(), iplink.Device("d0").Neighs(n)); err != nil {
			t.Error(err)
		}
		quietEnsure(t, c, iplink.Device("d0").Neighs(n))
		if said := ns.IP("neigh", "show", text, "dev", "d0"); said == "" {
			t.Errorf("ip does not show %s", text)
		}
	}
}

// layer3Refusals are what is refused above the link layer, with the reason and the
// next step, on a link of MTU 1000, on one without addresses, and on one where IPv6
// is turned off.
var layer3Refusals = []refusal{
	{"small MTU asked for", lab.Creating(bridge.New("t0").MTU(1000).Up().Addr(lab.Prefix("2001:db8::17/64"))),
		"create bridge t0: address: invalid argument (2001:db8::17/64 is IPv6, which needs an MTU of 1280 or more, not 1000)", invalid},
	{"small MTU asked for with a route", lab.Updating(iplink.Device("any").Up().MTU(1279).DefaultRoute(lab.Addr("fe80::7"))),
		"update any: route: invalid argument (default via fe80::7 is IPv6, which needs an MTU of 1280 or more, not 1279)", invalid},
	{"small MTU asked for with a neighbour", lab.Creating(bridge.New("t0").MTU(1000).Neighs(inet.Neigh{Addr: lab.Addr("fe80::7"), LLAddr: lab.OtherMAC})),
		"create bridge t0: neigh: invalid argument (fe80::7 is IPv6, which needs an MTU of 1280 or more, not 1000)", invalid},
	{"small MTU", lab.Updating(iplink.Device("small").Addr(lab.Prefix("2001:db8::17/64"))),
		"update small: address 2001:db8::17/64: … (IPv6 needs an MTU of 1280 or more, and the link's is 1000: raise it)", nil},
	{"small MTU and a route", lab.Updating(iplink.Device("small").Routes(inet.Route{Dst: lab.Prefix("2001:db8::/64")})),
		"update small: route 2001:db8::/64: … (IPv6 needs an MTU of 1280 or more, and the link's is 1000: raise it)", nil},
	{"small MTU and a gateway", lab.Updating(iplink.Device("small").DefaultRoute(lab.Addr("fe80::7"))),
		"update small: route default via fe80::7: … (IPv6 needs an MTU of 1280 or more, and the link's is 1000: raise it)", nil},
	{"small MTU and a neighbour", lab.Updating(iplink.Device("small").Neighs(inet.Neigh{Addr: lab.Addr("fe80::7"), LLAddr: lab.OtherMAC})),
		"update small: neigh fe80::7 lladdr 02:a9:87:65:43:21: … (…IPv6 needs an MTU of 1280 or more, and the link's is 1000: raise it)", nil},
	{"small MTU and how addresses are made", lab.Updating(iplink.Device("small").AddrGenMode(iplink.AddrGenNone)),
		"update small: addrgenmode: address family not supported by protocol (IPv6 needs an MTU of 1280 or more, and the link's is 1000: raise it)", nil},
	{"no IPv6", lab.Updating(iplink.Device("no6").Addr(lab.Prefix("2001:db8::17/64"))),
		"update no6: address 2001:db8::17/64: permission denied (…set net.ipv6.conf.no6.disable_ipv6 to 0)", []error{syscall.EACCES}},
	{"no IPv6 and a route", lab.Updating(iplink.Device("no6").DefaultRoute(lab.Addr("fe80::7"))),
		"update no6: route default via fe80::7: permission denied (…set net.ipv6.conf.no6.disable_ipv6 to 0)", nil},
	{"no address", lab.Updating(iplink.Device("bare").DefaultRoute(lab.Addr("192.0.2.1"))),
		"update bare: route default via 192.0.2.1: network is unreachable (…no route by the link leads to 192.0.2.1: give the link an address in its network, or say OnLink)", []error{syscall.ENETUNREACH}},
	{"no address of IPv6", lab.Updating(iplink.Device("bare").DefaultRoute(lab.Addr("2001:db8::1"))),
		"update bare: route default via 2001:db8::1: no route to host (no route by the link leads to 2001:db8::1: give the link an address in its network, or say OnLink)", []error{syscall.EHOSTUNREACH}},
	{"own address elsewhere", lab.Updating(iplink.Device("bare").Routes(inet.Route{Via: lab.Addr("198.51.100.17"), OnLink: true})),
		"update bare: route default via 198.51.100.17 onlink: invalid argument (…198.51.100.17 is an address of this machine, of a broadcast or of a group: name a neighbour's)", nil},
	{"own address of IPv6", lab.Updating(iplink.Device("other").DefaultRoute(lab.Addr("2001:db8::17"))),
		"update other: route default via 2001:db8::17: invalid argument (…name a neighbour's)", nil},
	{"source", lab.Updating(iplink.Device("bare").Routes(inet.Route{Dst: lab.Prefix("10.0.0.0/8"), Src: lab.Addr("192.0.2.99")})),
		"update bare: route 10.0.0.0/8 src 192.0.2.99: invalid argument (…this machine does not have the address 192.0.2.99: give it to a link first)", nil},
	{"source of IPv6", lab.Updating(iplink.Device("bare").Routes(inet.Route{Dst: lab.Prefix("2001:db8:9::/48"), Src: lab.Addr("2001:db8::99")})),
		"update bare: route 2001:db8:9::/48 src 2001:db8::99: invalid argument (…this machine does not have the address 2001:db8::99: give it to a link first)", nil},
	{"short neighbour", lab.Updating(iplink.Device("bare").Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: lab.OtherMAC[:5]})),
		"update bare: neigh 192.0.2.1 lladdr 02:a9:87:65:43: invalid argument (…link-layer addresses of the link have 6 bytes, and this one has 5)", nil},
	{"taken address", lab.Creating(bridge.New("t0").Up().Addr(lab.Prefix("192.0.2.17/24")).DefaultRoute(lab.Addr("192.0.2.1")), bridge.New("t1").Up().Addr(lab.Prefix("203.0.113.17/24")).DefaultRoute(lab.Addr("203.0.113.1"))),
		"create bridge t1: route default via 203.0.113.1: file exists (there is a route to the same network already, by this link or another: only a Metric tells them apart)", []error{fs.ErrExist}},
}

// judgeOurs compares an error with what is due. Where the message has "…" the kernel
// has words of its own, which depend on the kernel.
func (r refusal) judgeOurs(t *testing.T, err error) {
	t.Helper()
	if parts := strings.Split(r.message, "…"); err != nil && len(parts) > 1 && inOrder(err.Error(), parts) {
		r.message = err.Error()
	}
	r.judge(t, err)
}

// inOrder reports whether a text consists of parts with anything between them.
func inOrder(text string, parts []string) bool {
	rest, found := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1:] {
		if !found {
			return false
		}
		_, rest, found = strings.Cut(rest, part)
	}
	return found && (rest == "" || parts[len(parts)-1] == "")
}

// turnOffIPv6 turns IPv6 off on a link.
func turnOffIPv6(ns *testutil.Lab, name string) {
	ns.Helper()
	testutil.In(ns, ns.File, func() {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0); err != nil {
			ns.Fatal(err)
		}
	})
}

// TestHint keeps apart what the kernel says and what the library adds.
func TestHint(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "d0", "up", "type", "bridge")
	_, err := c.Update(t.Context(), iplink.Device("d0").DefaultRoute(lab.Addr("192.0.2.1")))
	e, ok := errors.AsType[*iplink.Error](err)
	if !ok || !e.FromKernel || e.Message != "Nexthop has invalid gateway" || !strings.HasPrefix(e.Hint, "no route by the link leads to ") {
		t.Errorf("%+v", err)
	}
}

// TestLayer3Refusals has the messages literally, but for the kernel's own words.
func TestLayer3Refusals(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	for _, r := range layer3Refusals {
		c, ns := lab.Scratch(t)
		testutil.IPBatch(t, ns.File, "link add small mtu 1000 type bridge", "link set small up", "link add bare up type bridge", "link add other up type bridge",
			"link add no6 up type bridge", "address add 198.51.100.17/28 dev other", "address add 2001:db8::17/64 nodad dev other")
		turnOffIPv6(ns, "no6")
		r.judgeOurs(t, r.do(t.Context(), c))
	}
}
