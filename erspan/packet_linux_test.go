package erspan_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
)

// The two ends have different session IDs for what they send.
var tunnel = lab.Tunnel[*erspan.Builder]{
	Kind: iplink.KindERSPAN, Protocol: unix.IPPROTO_GRE, To: lab.Inner4,
	Left:  func(name string) *erspan.Builder { return erspan.New(name).OKey(0x123).IKey(0x321) },
	Right: func(name string) *erspan.Builder { return erspan.New(name).OKey(0x321).IKey(0x123) },
}

func TestOuterHeader(t *testing.T)  { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)      { lab.OverUDP(t, tunnel) }
func TestERSPANHeader(t *testing.T) { lab.Mirrored(t, tunnel) }
