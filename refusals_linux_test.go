package iplink_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// rowsOf are the rows of a table, what the library says of one, and how a request
// carries it.
type rowsOf struct {
	rows    []attr.Row
	refuse  func(attr.Row, []byte) error
	request func(attr.Row, []byte) []byte
	before  []string // commands of `ip`
	undo    []string // commands of `ip` after a request that the kernel takes
}

// TestRefusalErrno hands the kernel what the library refuses: if the kernel
// refuses it too, the library's error must match its errno.
func TestRefusalErrno(t *testing.T) {
	for _, k := range kindTests {
		if len(k.rows()) > 0 && !k.hardware {
			t.Run(k.name, func(t *testing.T) { k.compareErrnos(t) })
		}
	}
	t.Run("common", func(t *testing.T) {
		testutil.Need(t, iplink.KindBridge)
		compareErrnos(t, rowsOf{
			rows:   iplink.CommonRows(),
			refuse: iplink.CommonRefusal,
			request: func(r attr.Row, b []byte) []byte {
				return linkRequest(iplink.KindBridge, wire.AppendAttr(nil, r.Type, b), nil)
			},
			undo: []string{"link delete t0"},
		})
	})
}

// masterWords are words that `ip` needs for a master of a kind.
var masterWords = map[string]string{iplink.KindVRF: " table 4660"}

func (k kindTest) compareErrnos(t *testing.T) {
	kind, port := strings.CutSuffix(k.name, " port")
	if kind == iplink.KindTun {
		return // route netlink refuses to make one, whatever the payload
	}
	testutil.Need(t, kind)
	if port {
		compareErrnos(t, rowsOf{
			rows:    k.rows(),
			refuse:  func(r attr.Row, b []byte) error { return iplink.PortRefusal(kind, r, b) },
			request: func(r attr.Row, b []byte) []byte { return portRequest(kind, wire.AppendAttr(nil, r.Type, b)) },
			before:  []string{"link add m0 type " + kind + masterWords[kind], "link set under master m0"},
		})
		return
	}
	compareErrnos(t, rowsOf{
		rows:   k.rows(),
		refuse: func(r attr.Row, b []byte) error { return iplink.KindRefusal(kind, r, b) },
		request: func(r attr.Row, b []byte) []byte {
			return linkRequest(kind, nil, wire.AppendAttr(dataFor(kind, r), r.Type, b))
		},
		undo: []string{"link delete t0"},
	})
}

// compareErrnos tries each row with payloads that are odd for many of them.
func compareErrnos(t *testing.T, of rowsOf) {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, append([]string{fmt.Sprintf("link add under index %d type veth peer name under1", parentIndex)}, of.before...)...)
	for _, row := range of.rows {
		for _, payload := range odd(row.Format) {
			refused := of.refuse(row, payload)
			if refused == nil || !row.Settable() {
				continue
			}
			kernel := sendRaw(t, ns, of.request(row, payload))
			switch {
			case kernel == 0:
				testutil.IPBatch(t, ns, of.undo...)
			case row.Name == "offload" && kernel == syscall.EOPNOTSUPP: // older kernels ask the parent first
			case !errors.Is(refused, kernel) || !errors.Is(refused, fs.ErrInvalid):
				t.Errorf("%s % x: the kernel says %v (%d), the library %v", row.Name, payload, kernel, int(kernel), refused)
			}
		}
	}
}

// odd returns payloads of a format, the most that fits and others.
func odd(format string) [][]byte {
	n := map[string]int{"u8": 1, "s8": 1, "u16": 2, "be16": 2, "u32": 4, "be32": 4, "s32": 4, "u64": 8}[strings.TrimPrefix(format, "enum ")]
	if n == 0 {
		return nil
	}
	var high []byte
	if n > 1 {
		high = append(make([]byte, n-2), 0x7f, 0xff)
		if !strings.HasPrefix(format, "be") {
			high = append([]byte{0xff, 0x7f}, make([]byte, n-2)...)
		}
	}
	return [][]byte{make([]byte, n), bytes.Repeat([]byte{0xff}, n), bytes.Repeat([]byte{0x20}, n), high}
}

const parentIndex = 77

// dataFor returns the attributes that a kind, or the row, cannot do without.
func dataFor(kind string, row attr.Row) []byte {
	switch {
	case kind == iplink.KindVLAN:
		return wire.AppendU16(nil, uapi.IFLA_VLAN_ID, 7)
	case kind == iplink.KindBond && (row.Name == "lacp_rate" || strings.HasPrefix(row.Name, "ad_")):
		return wire.AppendU8(nil, uapi.IFLA_BOND_MODE, uint8(iplink.Bond8023AD))
	}
	return nil
}

// linkRequest returns the request for a link t0 with attributes of the link's and
// of the kind's.
func linkRequest(kind string, common, data []byte) []byte {
	b := wire.AppendLink(nil, wire.Link{})
	b = wire.AppendString(b, uapi.IFLA_IFNAME, "t0")
	if kind != iplink.KindBridge && kind != iplink.KindBond && kind != iplink.KindVXLAN {
		b = wire.AppendU32(b, uapi.IFLA_LINK, parentIndex)
	}
	b = append(b, common...)
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_KIND, kind)
	b, nest := wire.Begin(b, uapi.IFLA_INFO_DATA)
	return wire.End(wire.End(append(b, data...), nest), info)
}

// portRequest returns the request for the parent to have attributes of its
// master's.
func portRequest(kind string, data []byte) []byte {
	b := wire.AppendLink(nil, wire.Link{Index: parentIndex})
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_SLAVE_KIND, kind)
	b, nest := wire.Begin(b, uapi.IFLA_INFO_SLAVE_DATA)
	return wire.End(wire.End(append(b, data...), nest), info)
}

// sendRaw has the kernel carry a request out, and returns the errno.
func sendRaw(t *testing.T, ns *os.File, request []byte) (errno syscall.Errno) {
	t.Helper()
	var err error
	testutil.In(t, ns, func() {
		var conn *netlink.Conn
		if conn, err = netlink.Dial(0, nil); err != nil {
			return
		}
		defer conn.Close()
		_, err = conn.Execute(netlink.Message{
			Header: netlink.Header{Type: uapi.RTM_NEWLINK, Flags: netlink.Request | netlink.Acknowledge | netlink.Create},
			Data:   request,
		})
	})
	if err != nil && !errors.As(err, &errno) {
		t.Fatal(err)
	}
	return errno
}

// TestErrorErrno finds the errno in each refusal of this library.
func TestErrorErrno(t *testing.T) {
	for _, test := range []struct {
		err   error
		errno syscall.Errno
	}{
		{iplink.Refusal(bridge.New("a/b")), syscall.EINVAL},
		{iplink.Refusal(bridge.New(strings.Repeat("x", 16))), syscall.ERANGE},
		{iplink.Refusal(bridge.New("t0").AltName(strings.Repeat("x", 128))), syscall.ERANGE},
		{iplink.Refusal(bridge.New("t0").MTU(67)), syscall.EINVAL},
		{iplink.Refusal(vxlan.New("t0").VNI(1 << 24)), syscall.ERANGE},
		{iplink.Refusal(can.New("t0").Bitrate(500000)), syscall.EOPNOTSUPP},
		{iplink.Refusal(bond.New("t0").Mode(iplink.BondBalanceRR).LACPRate(iplink.BondLACPFast)), syscall.EACCES},
		{iplink.Delete(t.Context(), "a b"), syscall.EINVAL},
		{lab.ErrorOf(iplink.CreateNetNS("a/b")), syscall.EINVAL},
		{lab.ErrorOf(iplink.ParseMACsecKey("7")), syscall.EINVAL},
		{lab.ErrorOf(bridge.Open(t.Context(), "a\x00b")), syscall.EINVAL},
	} {
		if !errors.Is(test.err, test.errno) || !errors.Is(test.err, fs.ErrInvalid) {
			t.Errorf("%v is not %v (%d)", test.err, test.errno, int(test.errno))
		}
		if errno, ok := errors.AsType[syscall.Errno](test.err); !ok || errno != test.errno {
			t.Errorf("%v holds errno %d", test.err, int(errno))
		}
	}
}

// TestAddrRefused describes addresses that cannot be, one fault each.
func TestAddrRefused(t *testing.T) {
	const v4, v6 = "192.0.2.17/28", "2001:db8::17/64"
	with := func(text string, change func(*inet.Addr)) inet.Addr {
		a := inet.Addr{Prefix: lab.Prefix(text)}
		change(&a)
		return a
	}
	peer := func(text, of string) inet.Addr { return with(of, func(a *inet.Addr) { a.Peer = lab.Addr(text) }) }
	flags := func(f inet.AddrFlags, of string) inet.Addr { return with(of, func(a *inet.Addr) { a.Flags = f }) }
	lives := func(valid, preferred time.Duration) inet.Addr {
		return with(v4, func(a *inet.Addr) { a.ValidLifetime, a.PreferredLifetime = valid, preferred })
	}
	for _, c := range []struct {
		addr inet.Addr
		text string
	}{
		{inet.Addr{}, "the zero netip.Prefix is not an address"},
		{inet.Addr{Prefix: netip.PrefixFrom(lab.Addr("192.0.2.17"), 0)}, "192.0.2.17/0: no network has a prefix of length 0"},
		{inet.Addr{Prefix: netip.PrefixFrom(lab.Addr("192.0.2.17"), 33)}, "the zero netip.Prefix is not an address"},
		{inet.Addr{Prefix: lab.Prefix("0.0.0.0/8")}, "0.0.0.0 is not an address of a machine"},
		{inet.Addr{Prefix: lab.Prefix("::/128")}, ":: is not an address of a machine"},
		{inet.Addr{Prefix: lab.Prefix("239.1.2.3/32")}, "239.1.2.3 is the address of a group"},
		{inet.Addr{Prefix: lab.Prefix("ff05::7/128")}, "ff05::7 is the address of a group"},
		{inet.Addr{Prefix: lab.Prefix("255.255.255.255/32")}, "255.255.255.255 is the broadcast address"},
		{inet.Addr{Prefix: lab.Prefix("::ffff:192.0.2.17/120")}, "::ffff:192.0.2.17 is an IPv4 address in IPv6 clothes: Unmap it"},
		{inet.Addr{Prefix: lab.Prefix("::1/128")}, "::1/128 is for the loopback interface alone"},
		{peer("2001:db8::18", v4), "the peer 2001:db8::18 is of another family than 192.0.2.17"},
		{peer("192.0.2.18", v6), "the peer 192.0.2.18 is of another family than 2001:db8::17"},
		{peer("192.0.2.17", v4), "192.0.2.17 is its own peer"},
		{peer("224.0.0.7", v4), "peer: 224.0.0.7 is the address of a group"},
		{peer("fe80::7%eth0", v6), "peer: the zone of fe80::7%eth0 cannot be told to the kernel, which has the link"},
		{with(v6, func(a *inet.Addr) { a.Broadcast = lab.Addr("192.0.2.31") }), "2001:db8::17/64 is IPv6, which has no broadcast"},
		{with(v4, func(a *inet.Addr) { a.Broadcast = lab.Addr("ff02::1") }), "the broadcast address ff02::1 is of another family than 192.0.2.17"},
		{with(v6, func(a *inet.Addr) { a.Label = "t0:x" }), "2001:db8::17/64 is IPv6, which has no labels"},
		{with(v4, func(a *inet.Addr) { a.Label = "t0:0123456789abc" }), `the label "t0:0123456789abc" has 16 bytes, more than 15`},
		{with(v4, func(a *inet.Addr) { a.Label = "eth0:1" }), `the label "eth0:1" does not begin with the name of the link, "t0"`},
		{with(v4, func(a *inet.Addr) { a.Label = "t0\x00x" }), "a label has no NUL byte"},
		{with(v6, func(a *inet.Addr) { a.Scope = inet.ScopeLink }), "the scope of 2001:db8::17 is global: an IPv6 address itself says it"},
		{with("fe80::7/64", func(a *inet.Addr) { a.Scope = inet.ScopeHost }), "the scope of fe80::7 is link: an IPv6 address itself says it"},
		{with("fe80::7/64", func(a *inet.Addr) { a.Scope = inet.ScopeGlobal }), "the scope of fe80::7 is link: an IPv6 address itself says it"},
		{with(v4, func(a *inet.Addr) { a.Scope = 257 }), "257 is not a scope: the kernel has 0 (ScopeGlobal) to 255"},
		{flags(inet.AddrNoDAD, v4), "192.0.2.17/28: IPv4 addresses have no flag nodad"},
		{flags(inet.AddrHome|inet.AddrManageTemp, v4), "192.0.2.17/28: IPv4 addresses have no flag home,mngtmpaddr"},
		{flags(inet.AddrOptimistic, v4), "192.0.2.17/28: IPv4 addresses have no flag optimistic"},
		{flags(inet.AddrNoDAD|inet.AddrOptimistic, v6), "nodad and optimistic exclude one another"},
		{inet.Addr{Prefix: lab.Prefix("192.0.2.32/28")}, "192.0.2.32/28 is the network itself, and no host in it"},
		{inet.Addr{Prefix: lab.Prefix("192.0.2.47/28")}, "192.0.2.47/28 is the broadcast address of the network, and no host in it"},
		{flags(inet.AddrManageTemp, "2001:db8::17/65"), "mngtmpaddr needs a prefix of length 64, 2001:db8::17/65 has another"},
		{flags(inet.AddrMCAutoJoin, v4), "192.0.2.17 is not a multicast address, whose group AddrMCAutoJoin could join"},
		{flags(0x12000, v4), "0x12000 are no flags that are known"},
		{lives(300*time.Second, 301*time.Second), "it would be preferred longer, 5m1s, than valid, 5m0s"},
		{lives(300*time.Second, inet.Forever), "it would be preferred longer, forever, than valid, 5m0s"},
		{lives(1500*time.Millisecond, 0), "valid_lft: 1.5s is not in whole seconds"},
		{lives(0, -time.Second), "preferred_lft: -1s is not in 1s…1193046h28m14s, nor Forever"},
		{lives(4294967295*time.Second, 0), "valid_lft: 1193046h28m15s is not in 1s…1193046h28m14s, nor Forever"},
		{with(v4, func(a *inet.Addr) { a.PreferredLifetime, a.Flags = time.Second, inet.AddrDeprecated }), "a deprecated address has no preferred lifetime"},
	} {
		lab.Refused(t, iplink.Refusal(bridge.New("t0").Addrs(c.addr)), "address", c.text)
	}
	lab.Refused(t, iplink.Refusal(bridge.New("t0").Addr(lab.Prefix(v6), lab.Prefix("2001:db8::17/65"))), "address", "2001:db8::17/65 is given twice")
	if err := iplink.Refusal(bridge.New("t0").Up().Addr(lab.Prefix(v4), lab.Prefix(v4)).DefaultRoute(lab.Addr("192.0.2.18")).DefaultRoute(lab.Addr("192.0.2.18"))); err != nil {
		t.Errorf("the same twice: %v", err)
	}
	lab.Refused(t, iplink.Refusal(bridge.New("t0").Addr(lab.Prefix(v4)).Addrs(inet.Addr{Prefix: lab.Prefix(v4), Metric: 7})), "address", "192.0.2.17/28 is given twice")
}

// TestAddrTaken describes addresses that can be, though they look odd.
func TestAddrTaken(t *testing.T) {
	for _, a := range []inet.Addr{
		{Prefix: lab.Prefix("192.0.2.16/31")},
		{Prefix: lab.Prefix("192.0.2.17/31")},
		{Prefix: lab.Prefix("192.0.2.17/28"), Peer: lab.Addr("192.0.2.32")},
		{Prefix: lab.Prefix("2001:db8::/64")},
		{Prefix: lab.Prefix("192.0.2.17/32"), Peer: lab.Addr("198.51.100.1")},
		{Prefix: lab.Prefix("ff05::7/128"), Flags: inet.AddrMCAutoJoin},
		{Prefix: lab.Prefix("fe80::7/64"), Scope: inet.ScopeLink},
		{Prefix: lab.Prefix("2001:db8::17/64"), ValidLifetime: 4294967294 * time.Second, PreferredLifetime: 4294967294 * time.Second},
		{Prefix: lab.Prefix("2001:db8::17/64"), Flags: inet.AddrDeprecated | inet.AddrTentative | inet.AddrPermanent},
	} {
		if err := iplink.Refusal(bridge.New("t0").Addrs(a)); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
	if err := iplink.Refusal(bridge.New("t0").Addr(lab.Prefix("192.0.2.17/28"), lab.Prefix("192.0.2.17/25"))); err != nil {
		t.Error(err)
	}
}

// TestRouteRefused describes routes that cannot be, one fault each.
func TestRouteRefused(t *testing.T) {
	for _, c := range []struct {
		route inet.Route
		text  string
	}{
		{inet.Route{}, "a route without Via needs a Dst, such as 0.0.0.0/0"},
		{inet.Route{Dst: lab.Prefix("198.51.100.1/24")}, "198.51.100.1/24 has bits behind its prefix: the network is 198.51.100.0/24"},
		{inet.Route{Dst: lab.Prefix("::ffff:0.0.0.0/96")}, "::ffff:0.0.0.0/96 is an IPv4 address in IPv6 clothes"},
		{inet.Route{Dst: lab.Prefix("2001:db8::/48"), Via: lab.Addr("192.0.2.1")}, "the gateway 192.0.2.1 is of another family than 2001:db8::/48"},
		{inet.Route{Via: lab.Addr("0.0.0.0")}, "via: 0.0.0.0 is not an address of a machine"},
		{inet.Route{Via: lab.Addr("ff02::2")}, "via: ff02::2 is the address of a group"},
		{inet.Route{Via: lab.Addr("::1")}, "via: ::1 is this machine"},
		{inet.Route{Via: lab.Addr("fe80::7%eth0")}, "via: the zone of fe80::7%eth0 cannot be told to the kernel, which has the link"},
		{inet.Route{Via: lab.Addr("::ffff:192.0.2.1")}, "via: ::ffff:192.0.2.1 is an IPv4 address in IPv6 clothes: Unmap it"},
		{inet.Route{Dst: lab.Prefix("198.51.100.0/24"), OnLink: true}, "only a gateway can be onlink"},
		{inet.Route{Via: lab.Addr("192.0.2.1"), Src: lab.Addr("2001:db8::1")}, "the source 2001:db8::1 is of another family than the route"},
		{inet.Route{Via: lab.Addr("192.0.2.1"), Src: lab.Addr("224.0.0.7")}, "src: 224.0.0.7 is the address of a group"},
	} {
		lab.Refused(t, iplink.Refusal(bridge.New("t0").Up().Routes(c.route)), "route", c.text)
	}
	two := bridge.New("t0").Up().DefaultRoute(lab.Addr("fe80::7")).Routes(inet.Route{Via: lab.Addr("fe80::8"), Metric: 1024})
	lab.Refused(t, iplink.Refusal(two), "route", "there are two routes to default of metric 1024")
	lab.Refused(t, iplink.Refusal(bridge.New("t0").DefaultRoute(lab.Addr("192.0.2.1"))), "route", "only a link that is up has routes: add Up")
	if err := iplink.Refusal(bridge.New("t0").Up().DefaultRoute(lab.Addr("fe80::7")).DefaultRoute(lab.Addr("192.0.2.1")).Routes(inet.Route{Via: lab.Addr("192.0.2.1"), Metric: 7})); err != nil {
		t.Error(err)
	}
}

// TestNeighRefused describes neighbours that cannot be, one fault each.
func TestNeighRefused(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	for _, c := range []struct {
		neigh inet.Neigh
		text  string
	}{
		{inet.Neigh{LLAddr: mac}, "the zero netip.Addr is not a neighbour"},
		{inet.Neigh{Addr: lab.Addr("0.0.0.0"), LLAddr: mac}, "0.0.0.0 is not an address of a machine"},
		{inet.Neigh{Addr: lab.Addr("fe80::7%eth0"), LLAddr: mac}, "the zone of fe80::7%eth0 cannot be told to the kernel, which has the link"},
		{inet.Neigh{Addr: lab.Addr("::ffff:192.0.2.1"), LLAddr: mac}, "::ffff:192.0.2.1 is an IPv4 address in IPv6 clothes: Unmap it"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1")}, "192.0.2.1 lacks its link-layer address"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac[:5]}, "a link-layer address of 6 bytes is due, 02:00:00:00:12 has 5"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac, State: inet.NeighFailed}, "nud: failed is not a state that an entry can be given"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac, State: inet.NeighStale | inet.NeighPermanent}, "nud: 132 is not a state that an entry can be given"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac, Flags: inet.NeighRouter}, "192.0.2.1 is IPv4, where neighbours are not known to be routers"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac, Flags: 0x12300}, "0x10000 are no flags that are known"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), Flags: inet.NeighProxy | inet.NeighManaged}, "192.0.2.1 is a proxy entry, which the kernel does not manage"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac, Flags: inet.NeighProxy}, "192.0.2.1 is a proxy entry, which has neither a link-layer address nor a state"},
		{inet.Neigh{Addr: lab.Addr("192.0.2.1"), State: inet.NeighStale, Flags: inet.NeighManaged}, "192.0.2.1 is managed: the kernel finds its link-layer address and its state, and ignores any given"},
	} {
		lab.Refused(t, iplink.Refusal(bridge.New("t0").Neighs(c.neigh)), "neigh", c.text)
	}
	twice := inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: mac}
	lab.Refused(t, iplink.Refusal(bridge.New("t0").Neighs(twice, twice)), "neigh", "192.0.2.1 is given twice")
	lab.Refused(t, iplink.Refusal(ipoib.New("t0").Parent("ib0").Neighs(twice)), "neigh", "a link-layer address of 20 bytes is due")
	if err := iplink.Refusal(ipoib.New("t0").Parent("ib0").Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: make(net.HardwareAddr, 20)})); err != nil {
		t.Error(err)
	}
}

// TestScopeOfGroups gives back addresses of groups as they are reported: of IPv6,
// the group's own scope.
func TestScopeOfGroups(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "up", "type", "bridge")
	for _, group := range []string{"ff02::77", "ff05::7", "ff08::7", "ff0e::7"} {
		ns.IP("address", "add", group+"/128", "dev", "t0", "autojoin", "nodad")
	}
	link, err := c.Get(t.Context(), "t0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Addrs(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	groups := 0
	for _, a := range got {
		if !a.Prefix.Addr().IsMulticast() {
			continue
		}
		groups++
		if err := iplink.Refusal(bridge.New("t1").Addrs(a)); err != nil {
			t.Errorf("%v of scope %v, as it is reported: %v", a.Prefix, a.Scope, err)
		}
	}
	if groups != 4 {
		t.Errorf("%d groups in %v", groups, got)
	}
}

// TestBondModesAsTheKernel has the kernel say, through `ip`, which settings go
// with which modes, and demands the same of the library.
func TestBondModesAsTheKernel(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	_, ns := lab.Scratch(t)
	ip := testutil.NewIPServer(t, ns.File)
	ip.Do("link add p1 type dummy")
	settings := map[string]func(*bond.Builder) *bond.Builder{
		"packets_per_slave": func(b *bond.Builder) *bond.Builder { return b.PacketsPerSlave(3) },
		"primary":           func(b *bond.Builder) *bond.Builder { return b.Primary("p1") },
		"arp_interval":      func(b *bond.Builder) *bond.Builder { return b.ARPInterval(time.Second) },
		"arp_validate":      func(b *bond.Builder) *bond.Builder { return b.ARPValidate(bond.ValidateAll) },
		"arp_missed_max":    func(b *bond.Builder) *bond.Builder { return b.ARPMissedMax(3) },
		"tlb_dynamic_lb":    func(b *bond.Builder) *bond.Builder { return b.TLBDynamicLB(false) },
		"lacp_rate":         func(b *bond.Builder) *bond.Builder { return b.LACPRate(bond.LACPFast) },
		"lacp_active":       func(b *bond.Builder) *bond.Builder { return b.LACPActive(false) },
		"ad_actor_sys_prio": func(b *bond.Builder) *bond.Builder { return b.ADActorSysPrio(3) },
		"ad_user_port_key":  func(b *bond.Builder) *bond.Builder { return b.ADUserPortKey(3) },
		"ad_actor_system":   func(b *bond.Builder) *bond.Builder { return b.ADActorSystem([]byte{2, 0, 0, 0, 0, 3}) },
		"ad_select":         func(b *bond.Builder) *bond.Builder { return b.ADSelect(bond.ADCount) },
		"arp_ip_target":     func(b *bond.Builder) *bond.Builder { return b.ARPIPTargets(netip.MustParseAddr("192.0.2.1")) },
		"xmit_hash_policy":  func(b *bond.Builder) *bond.Builder { return b.XmitHashPolicy(bond.HashLayer34) },
		"lp_interval":       func(b *bond.Builder) *bond.Builder { return b.LPInterval(3 * time.Second) },
		"primary_reselect":  func(b *bond.Builder) *bond.Builder { return b.PrimaryReselect(bond.ReselectBetter) },
	}
	for mode := bond.BalanceRR; mode <= bond.BalanceALB; mode++ {
		for word, with := range settings {
			b := with(bond.New("b0").Mode(mode))
			said, denied := ip.Try(strings.TrimPrefix(b.String(), "ip "))
			if !denied {
				ip.Do("link del b0")
			} else if !strings.Contains(said, "option not supported in mode") {
				t.Errorf("%v: %s", b, said)
			}
			ours := iplink.Refusal(b)
			if refused := errors.Is(ours, fs.ErrInvalid); refused != denied {
				t.Errorf("%s in mode %v: the kernel says %q, the library %v", word, mode, said, ours)
			}
		}
	}
}

// TestSetterArgumentAgain takes a later call of a setter in place of an earlier one.
func TestSetterArgumentAgain(t *testing.T) {
	_, ns := lab.Scratch(t)
	good := veth.New("t0").NetNS(nil).NetNS(lab.NetNS(ns)).LinkNetNS(nil).LinkNetNS(lab.NetNS(ns)).Peer(nil).Peer(veth.New("t1"))
	if err := iplink.Refusal(good); err != nil {
		t.Error(err)
	}
	if err := iplink.Refusal(good.Clone().NetNS(nil)); err == nil || iplink.Refusal(good) != nil {
		t.Errorf("%v; of what was cloned %v", err, iplink.Refusal(good))
	}
}
