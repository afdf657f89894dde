package erspan_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// The two ends send with different session IDs.
var tunnel = lab.Tunnel[*erspan.Builder]{
	Kind: iplink.KindERSPAN, Protocol: unix.IPPROTO_GRE, To: lab.Inner4,
	Left:  func(name string) *erspan.Builder { return erspan.New(name).OKey(0x123).IKey(0x321) },
	Right: func(name string) *erspan.Builder { return erspan.New(name).OKey(0x321).IKey(0x123) },
}

func TestOuterHeader(t *testing.T)  { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)      { lab.OverUDP(t, tunnel) }
func TestERSPANHeader(t *testing.T) { lab.Mirrored(t, tunnel) }
func TestFwMark(t *testing.T)       { lab.Marked(t, tunnel) }

// TestExternal has the session ID and the header come from a route.
func TestExternal(t *testing.T) {
	external := tunnel
	external.Left = erspan.New
	_, packet := testutil.ParseGRE(lab.External(t, external, "id 0x123 key erspan_opts 2:0:1:33"))
	got, _ := testutil.ParseERSPAN(packet)
	if want := (testutil.ERSPANHeader{Version: 2, Session: 0x123, Egress: true, HWID: 33}); got != want {
		t.Errorf("ERSPAN %+v, want %+v", got, want)
	}
}

// TestVersion0 mirrors frames without a header of ERSPAN, and without a session ID.
func TestVersion0(t *testing.T) {
	plain := func(name string) *erspan.Builder { return erspan.New(name).Version(0) }
	zero := lab.Tunnel[*erspan.Builder]{Kind: iplink.KindERSPAN, To: lab.Inner4, Left: plain, Right: plain}
	e := zero.Connect(t, func(b *erspan.Builder) *erspan.Builder { return b.TTL(17) }, func(b *erspan.Builder) *erspan.Builder { return b })
	outer, packet := e.Through(testutil.Datagram{})
	header, frame := testutil.ParseGRE(packet)
	if outer.TTL != 17 || header != (testutil.GREHeader{Protocol: 0x88be}) || binary.BigEndian.Uint16(frame[12:]) != unix.ETH_P_IP {
		t.Errorf("outer header %+v, GRE %+v, frame % x", outer, header, frame)
	}
}
