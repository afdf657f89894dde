package gre_test

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

var tunnel = lab.Tunnel[*gre.Builder]{Kind: iplink.KindGRE, Protocol: unix.IPPROTO_GRE, To: lab.Inner4, Left: gre.New, Right: gre.New}

func TestOuterHeader(t *testing.T) { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)     { lab.OverUDP(t, tunnel) }
func TestGREHeader(t *testing.T)   { lab.InGRE(t, tunnel, unix.ETH_P_IP) }
func TestFwMark(t *testing.T)      { lab.Marked(t, tunnel) }

// TestExternal has the key and the checksum come from a route.
func TestExternal(t *testing.T) {
	external := tunnel
	external.Right = func(name string) *gre.Builder { return gre.New(name).Key(0x1234).ICsum(true) }
	got, _ := testutil.ParseGRE(lab.External(t, external, "id 0x1234 key csum"))
	if want := (testutil.GREHeader{Flags: testutil.GREKey | testutil.GRECsum, Protocol: unix.ETH_P_IP, Key: 0x1234}); got != want {
		t.Errorf("GRE %+v, want %+v", got, want)
	}
}

// TestIPv6Inside sends IPv6 packets.
func TestIPv6Inside(t *testing.T) {
	six := tunnel
	six.To = lab.Inner6
	t.Run("outer", func(t *testing.T) { lab.OverIPv4(t, six) })
	t.Run("gre", func(t *testing.T) { lab.InGRE(t, six, unix.ETH_P_IPV6) })
}

// TestNeighs gives a link without a Remote the other end as the link-layer address of a
// neighbour.
func TestNeighs(t *testing.T) {
	e := lab.NewEnds(t, iplink.KindGRE, lab.Inner4)
	spec := func(other net.HardwareAddr) *gre.Builder {
		return gre.New(lab.TunnelName).Local(lab.Addr("192.0.2.1")).Key(0x1234).Addr(lab.Prefix("10.0.0.1/24")).Up().
			Neighs(inet.Neigh{Addr: lab.Inner4, LLAddr: other})
	}
	if _, err := e.Here.Create(t.Context(), spec(lab.MACs(7)[0])); !errors.Is(err, fs.ErrInvalid) || !strings.Contains(err.Error(), "4 bytes") {
		t.Errorf("an Ethernet address: %v", err)
	}
	other := net.HardwareAddr(lab.Addr("192.0.2.2").AsSlice())
	lab.MustCreate(t, e.Here, spec(other))
	lab.MustCreate(t, e.There, gre.New(lab.TunnelName).Local(lab.Addr("192.0.2.2")).Remote(lab.Addr("192.0.2.1")).Key(0x1234).Addr(lab.Prefix("10.0.0.2/24")).Up())
	if outer, _ := e.Through(testutil.Datagram{}); outer.Protocol != unix.IPPROTO_GRE {
		t.Errorf("the protocol is %d", outer.Protocol)
	}
	if got := e.Left.IP("neigh", "show", "dev", lab.TunnelName); !strings.Contains(got, "10.0.0.2 lladdr 192.0.2.2 PERMANENT") {
		t.Error(got)
	}
	lab.Ensured(t, e.Here, spec(other), false)
}
