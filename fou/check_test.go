package fou

import (
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
)

// TestFaults refuses ports before anything is sent: the Conn has no socket.
func TestFaults(t *testing.T) {
	addr, addrPort := netip.MustParseAddr, netip.MustParseAddrPort
	for _, c := range []struct {
		port       Port
		attr, text string
		identity   bool // Delete refuses it, too
	}{
		{Port{Protocol: 4}, "port", "0 is not a UDP port: set Port, 1 to 65535", true},
		{Port{Port: 7}, "ipproto", "there is no default for it: set Protocol, such as 4 for IPv4 packets, or Type to GUE", false},
		{Port{Port: 7, Type: GUE, Protocol: 4}, "ipproto", "GUE has the protocol in its header: leave Protocol out", false},
		{Port{Port: 7, Type: 2}, "type", "2 is not one of Direct, GUE", false},
		{Port{Port: 7, Protocol: 4, Family: 2}, "family", "2 is not one of IPv4, IPv6", true},
		{Port{Port: 7, Protocol: 4, Local: addr("2001:db8::7")}, "local", "2001:db8::7 is of the other family: set Family to IPv6", true},
		{Port{Port: 7, Protocol: 4, Family: IPv6, Local: addr("192.0.2.7")}, "local", "192.0.2.7 is of the other family: set Family to IPv4", true},
		{Port{Port: 7, Protocol: 4, Family: IPv6, Local: addr("::ffff:192.0.2.7")}, "local", "::ffff:192.0.2.7 is an IPv4 address in IPv6 clothes: Unmap it", true},
		{Port{Port: 7, Protocol: 4, Family: IPv6, Local: addr("fe80::7%eth0")}, "local", "fe80::7%eth0 has a zone: leave it out, and name the link with Dev", true},
		{Port{Port: 7, Protocol: 4, Family: IPv6, Local: addr("fe80::7")}, "dev", "fe80::7 can be on each link: set Dev to one", true},
		{Port{Port: 7, Protocol: 4, Family: IPv6, Peer: addrPort("[fe80::7]:9")}, "dev", "fe80::7 can be on each link: set Dev to one", true},
		{Port{Port: 7, Protocol: 4, Peer: netip.AddrPortFrom(netip.Addr{}, 9)}, "peer", "port 9 has no address: set both, or neither", true},
		{Port{Port: 7, Protocol: 4, Peer: addrPort("192.0.2.7:0")}, "peer_port", "192.0.2.7 has no port: set both, or neither", true},
		{Port{Port: 7, Protocol: 4, Peer: addrPort("0.0.0.0:9")}, "peer", "0.0.0.0 is not an address of a sender: leave Peer out for any", true},
		{Port{Port: 7, Protocol: 4, Peer: addrPort("[2001:db8::7]:9")}, "peer", "2001:db8::7 is of the other family: set Family to IPv6", true},
		{Port{Port: 7, Protocol: 4, Dev: "a\x00b"}, "dev", `"a\x00b" is not a name of a link`, true},
		{Port{Port: 7, Protocol: 4, Dev: strings.Repeat("x", 128)}, "dev", `"` + strings.Repeat("x", 128) + `" is not a name of a link`, true},
		{Port{Port: 7, Protocol: 4, DevIndex: -3}, "dev", "-3 is not an interface index", true},
		{Port{Port: 7, Protocol: 4, DevIndex: 1 << 31}, "dev", "2147483648 is not an interface index", true},
	} {
		errs := map[string]error{"fou add": new(Conn).Add(t.Context(), c.port)}
		if c.identity {
			errs["fou del"] = new(Conn).Delete(t.Context(), c.port)
		}
		for op, err := range errs {
			e, ok := errors.AsType[*iplink.Error](err)
			if !ok || !errors.Is(err, fs.ErrInvalid) || !errors.Is(err, syscall.EINVAL) || e.Op != op || e.Attr != c.attr || e.Message != c.text {
				t.Errorf("%s %v\n gives %v\n want %s: %s", op, c.port, err, c.attr, c.text)
			}
		}
	}
}

func TestAccepted(t *testing.T) {
	for _, p := range []Port{
		{Port: 1, Protocol: 255}, {Port: 65535, Type: GUE}, {Port: 7, Protocol: 4, Local: netip.IPv4Unspecified(), DevIndex: 1<<31 - 1},
		{Port: 7, Protocol: 41, Family: IPv6, Local: netip.MustParseAddr("fe80::7"), Dev: "eth0", Peer: netip.MustParseAddrPort("[fe80::8]:9")},
		{Port: 7, Type: GUE, Family: IPv6, Local: netip.MustParseAddr("fe80::7"), DevIndex: 3, RemCsumNoPartial: true},
	} {
		if f := p.check(); f != nil {
			t.Errorf("%v: %v", p, f)
		}
	}
	if f := (&Port{Port: 7}).checkIdentity(); f != nil {
		t.Errorf("a port to be deleted needs no protocol: %v", f)
	}
}

func TestOptions(t *testing.T) {
	_, err := Open(t.Context(), iplink.Index(7))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrInvalid) || e.Attr != "Index" {
		t.Errorf("%v", err)
	}
}

// TestSame has the address that the kernel chooses for a port with a Peer taken for its own.
func TestSame(t *testing.T) {
	peer := netip.MustParseAddrPort("198.51.100.3:22136")
	listed := Port{Port: 0x1234, Protocol: 4, Local: netip.MustParseAddr("192.0.2.17"), Peer: peer, DevIndex: 7, Dev: "eth0"}
	for _, c := range []struct {
		port Port
		want bool
	}{
		{listed, true},
		{Port{Port: 0x1234, Peer: peer, DevIndex: 7}, true},
		{Port{Port: 0x1234, Peer: peer, DevIndex: 7, Local: netip.IPv4Unspecified()}, true},
		{Port{Port: 0x1234, Peer: peer, DevIndex: 7, Local: netip.MustParseAddr("192.0.2.18")}, false},
		{Port{Port: 0x1234, Peer: peer}, false},
		{Port{Port: 0x1234, DevIndex: 7}, false},
		{Port{Port: 0x3412, Peer: peer, DevIndex: 7}, false},
		{Port{Port: 0x1234, Peer: peer, DevIndex: 7, Family: IPv6}, false},
	} {
		if got := c.port.same(listed); got != c.want {
			t.Errorf("%+v: %v", c.port, got)
		}
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{IPv4.String(): "inet", IPv6.String(): "inet6", Direct.String(): "fou", GUE.String(): "gue",
		Port{Port: 7, Protocol: 4, DevIndex: 9}.String():             "port 7 ipproto 4 local 0.0.0.0 dev if9",
		Port{Port: 7, Type: GUE, Family: IPv6, Dev: "eth0"}.String(): "port 7 gue -6 local :: dev eth0"} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
