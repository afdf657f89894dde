package fou

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A pair has two ports that differ in one attribute, and what `ip fou show` prints of each.
type pair struct {
	ports [2]Port
	shown [2]string
}

// TestAttributes adds, for each attribute of the family, two ports that differ in it.
func TestAttributes(t *testing.T) {
	addr, addrPort := netip.MustParseAddr, netip.MustParseAddrPort
	const four, six = "port:4660 ipproto:4 family:inet", "port:4660 ipproto:4 family:inet6"
	end4 := func(peer string) Port {
		return Port{Port: 0x1234, Protocol: 4, Local: addr("192.0.2.17"), Peer: addrPort(peer)}
	}
	end6 := func(peer string) Port {
		return Port{Port: 0x1234, Protocol: 4, Family: IPv6, Local: addr("2001:db8::1234"), Peer: addrPort(peer)}
	}
	at4 := func(local string) Port { return Port{Port: 0x1234, Protocol: 4, Local: addr(local)} }
	at6 := func(local string) Port { return Port{Port: 0x1234, Protocol: 4, Family: IPv6, Local: addr(local)} }
	const from4, from6 = four + " local:192.0.2.17 ", six + " local:2001:db8::1234 "
	by := func(name string, p pair) testutil.Attribute {
		return testutil.Attribute{Name: name, Oracle: "ip", Prove: p.prove}
	}
	testutil.ProveEach(t, uapi.FOU_ATTR_IFINDEX, map[uint16]testutil.Attribute{
		uapi.FOU_ATTR_PORT: by("FOU_ATTR_PORT", pair{[2]Port{{Port: 0x1234, Protocol: 4}, {Port: 0x4321, Protocol: 4}}, [2]string{four, "port:17185 ipproto:4 family:inet"}}),
		uapi.FOU_ATTR_AF:   by("FOU_ATTR_AF", pair{[2]Port{{Port: 0x1234, Protocol: 4}, {Port: 0x1234, Protocol: 4, Family: IPv6}}, [2]string{four, six}}),
		uapi.FOU_ATTR_IPPROTO: by("FOU_ATTR_IPPROTO", pair{[2]Port{{Port: 0x1234, Protocol: 4}, {Port: 0x1234, Protocol: 47}},
			[2]string{four, "port:4660 ipproto:47 family:inet"}}),
		uapi.FOU_ATTR_TYPE:              by("FOU_ATTR_TYPE", pair{[2]Port{{Port: 0x1234, Protocol: 4}, {Port: 0x1234, Type: GUE}}, [2]string{four, "port:4660 gue family:inet"}}),
		uapi.FOU_ATTR_REMCSUM_NOPARTIAL: {Name: "FOU_ATTR_REMCSUM_NOPARTIAL", Oracle: "bytes", Prove: provePartial},
		uapi.FOU_ATTR_LOCAL_V4: by("FOU_ATTR_LOCAL_V4", pair{[2]Port{at4("192.0.2.17"), at4("192.0.2.33")},
			[2]string{four + " local:192.0.2.17", four + " local:192.0.2.33"}}),
		uapi.FOU_ATTR_LOCAL_V6: by("FOU_ATTR_LOCAL_V6", pair{[2]Port{at6("2001:db8::1234"), at6("2001:db8::4321")},
			[2]string{six + " local:2001:db8::1234", six + " local:2001:db8::4321"}}),
		uapi.FOU_ATTR_PEER_V4: by("FOU_ATTR_PEER_V4", pair{[2]Port{end4("192.0.2.18:22136"), end4("192.0.2.19:22136")},
			[2]string{from4 + "peer:192.0.2.18 peer_port:22136", from4 + "peer:192.0.2.19 peer_port:22136"}}),
		uapi.FOU_ATTR_PEER_V6: by("FOU_ATTR_PEER_V6", pair{[2]Port{end6("[2001:db8::5678]:22136"), end6("[2001:db8::8765]:22136")},
			[2]string{from6 + "peer:2001:db8::5678 peer_port:22136", from6 + "peer:2001:db8::8765 peer_port:22136"}}),
		uapi.FOU_ATTR_PEER_PORT: by("FOU_ATTR_PEER_PORT", pair{[2]Port{end4("192.0.2.18:22136"), end4("192.0.2.18:17185")},
			[2]string{from4 + "peer:192.0.2.18 peer_port:22136", from4 + "peer:192.0.2.18 peer_port:17185"}}),
		uapi.FOU_ATTR_IFINDEX: by("FOU_ATTR_IFINDEX", pair{[2]Port{{Port: 0x1234, Protocol: 4, Dev: "eth0", DevIndex: 0x1234}, {Port: 0x1234, Protocol: 4, Dev: "eth1", DevIndex: 0x1235}},
			[2]string{four + " dev:eth0", four + " dev:eth1"}}),
	})
}

// prove adds the ports one after the other. `ip` must show each, and List return it.
func (p pair) prove(t *testing.T) {
	l := newLab(t)
	l.Batch("address add 192.0.2.33/24 dev eth0", "address add 2001:db8::4321/64 dev eth0 nodad")
	for i, port := range p.ports {
		testutil.Must(t, l.conn.Add(t.Context(), port))
		l.wantShown(p.shown[i])
		all, err := l.conn.List(t.Context())
		testutil.Must(t, err)
		if !slices.Equal(all, []Port{port}) {
			t.Errorf("List has %+v, want %+v", all, port)
		}
		testutil.Must(t, l.conn.Delete(t.Context(), port))
	}
}

// provePartial looks for the flag that `ip` does not know in the answer of the kernel.
func provePartial(t *testing.T) {
	l := newLab(t)
	for _, on := range []bool{true, false} {
		p := Port{Port: 0x1234, Type: GUE, RemCsumNoPartial: on}
		testutil.Must(t, l.conn.Add(t.Context(), p))
		found := testutil.RawGeneric(l.Lab, "fou", uapi.FOU_CMD_GET, nil, uapi.FOU_ATTR_REMCSUM_NOPARTIAL)
		all, err := l.conn.List(t.Context())
		testutil.Must(t, err)
		if len(found) != 1 || found[0] != nil != on || !slices.Equal(all, []Port{p}) {
			t.Errorf("with %v the kernel has % x, and List %+v", on, found, all)
		}
		testutil.Must(t, l.conn.Delete(t.Context(), p))
	}
}
