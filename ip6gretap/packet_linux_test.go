package ip6gretap_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ip6gretap"
)

var tunnel = lab.Tunnel[*ip6gretap.Builder]{Kind: iplink.KindIP6GRETap, Protocol: unix.IPPROTO_GRE, To: lab.Inner4, Left: ip6gretap.New, Right: ip6gretap.New}

func TestOuterHeader(t *testing.T)   { lab.OverIPv6(t, tunnel) }
func TestOverUDP(t *testing.T)       { lab.OverUDP(t, tunnel) }
func TestGREHeader(t *testing.T)     { lab.InGRE(t, tunnel, unix.ETH_P_TEB) }
func TestFwMark(t *testing.T)        { lab.Marked(t, tunnel) }
func TestFwMarkInherit(t *testing.T) { lab.MarkedInside(t, tunnel) }

// TestExternal has the key and the checksum come from a route.
func TestExternal(t *testing.T) {
	external := tunnel
	external.Right = func(name string) *ip6gretap.Builder { return ip6gretap.New(name).Key(0x1234).ICsum(true) }
	got, _ := testutil.ParseGRE(lab.External(t, external, "id 0x1234 key csum"))
	if want := (testutil.GREHeader{Flags: testutil.GREKey | testutil.GRECsum, Protocol: unix.ETH_P_TEB, Key: 0x1234}); got != want {
		t.Errorf("GRE %+v, want %+v", got, want)
	}
}
