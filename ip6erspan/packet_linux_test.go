package ip6erspan_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ip6erspan"
)

// The two ends send with different session IDs.
var tunnel = lab.Tunnel[*ip6erspan.Builder]{
	Kind: iplink.KindIP6ERSPAN, Protocol: unix.IPPROTO_GRE, To: lab.Inner4,
	Left:  func(name string) *ip6erspan.Builder { return ip6erspan.New(name).OKey(0x123).IKey(0x321) },
	Right: func(name string) *ip6erspan.Builder { return ip6erspan.New(name).OKey(0x321).IKey(0x123) },
}

func TestOuterHeader(t *testing.T)   { lab.OverIPv6(t, tunnel) }
func TestOverUDP(t *testing.T)       { lab.OverUDP(t, tunnel) }
func TestERSPANHeader(t *testing.T)  { lab.Mirrored(t, tunnel) }
func TestFwMark(t *testing.T)        { lab.Marked(t, tunnel) }
func TestFwMarkInherit(t *testing.T) { lab.MarkedInside(t, tunnel) }

// TestExternal has the session ID and the header come from a route.
func TestExternal(t *testing.T) {
	external := tunnel
	external.Left = ip6erspan.New
	_, packet := testutil.ParseGRE(lab.External(t, external, "id 0x123 key erspan_opts 2:0:1:33"))
	got, _ := testutil.ParseERSPAN(packet)
	if want := (testutil.ERSPANHeader{Version: 2, Session: 0x123, Egress: true, HWID: 33}); got != want {
		t.Errorf("ERSPAN %+v, want %+v", got, want)
	}
}
