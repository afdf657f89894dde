package ip6gre_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ip6gre"
)

var tunnel = lab.Tunnel[*ip6gre.Builder]{Kind: iplink.KindIP6GRE, Protocol: unix.IPPROTO_GRE, To: lab.Inner4, Left: ip6gre.New, Right: ip6gre.New}

func TestOuterHeader(t *testing.T)   { lab.OverIPv6(t, tunnel) }
func TestOverUDP(t *testing.T)       { lab.OverUDP(t, tunnel) }
func TestGREHeader(t *testing.T)     { lab.InGRE(t, tunnel, unix.ETH_P_IP) }
func TestFwMark(t *testing.T)        { lab.Marked(t, tunnel) }
func TestFwMarkInherit(t *testing.T) { lab.MarkedInside(t, tunnel) }

// TestExternal has the key and the checksum come from a route.
func TestExternal(t *testing.T) {
	external := tunnel
	external.Right = func(name string) *ip6gre.Builder { return ip6gre.New(name).Key(0x1234).ICsum(true) }
	got, _ := testutil.ParseGRE(lab.External(t, external, "id 0x1234 key csum"))
	if want := (testutil.GREHeader{Flags: testutil.GREKey | testutil.GRECsum, Protocol: unix.ETH_P_IP, Key: 0x1234}); got != want {
		t.Errorf("GRE %+v, want %+v", got, want)
	}
}

// TestIPv6Inside sends IPv6 packets.
func TestIPv6Inside(t *testing.T) {
	six := tunnel
	six.To = lab.Inner6
	t.Run("outer", func(t *testing.T) { lab.OverIPv6(t, six) })
	t.Run("gre", func(t *testing.T) { lab.InGRE(t, six, unix.ETH_P_IPV6) })
}
