package ipip_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/ipip"
)

var tunnel = lab.Tunnel[*ipip.Builder]{Kind: iplink.KindIPIP, Protocol: unix.IPPROTO_IPIP, To: lab.Inner4, Left: ipip.New, Right: ipip.New}

func TestOuterHeader(t *testing.T) { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)     { lab.OverUDP(t, tunnel) }
func TestFwMark(t *testing.T)      { lab.Marked(t, tunnel) }
func TestExternal(t *testing.T)    { lab.External(t, tunnel, "") }

// TestMPLS sends labelled packets, which an ipip link takes with another Mode.
func TestMPLS(t *testing.T) {
	labelled := func(name string) *ipip.Builder { return ipip.New(name).Mode(ipip.MPLSIP) }
	lab.InMPLS(t, lab.Tunnel[*ipip.Builder]{Kind: iplink.KindIPIP, To: lab.Inner4, Left: labelled, Right: labelled})
}
