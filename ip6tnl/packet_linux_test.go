package ip6tnl_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ip6tnl"
)

var (
	four = lab.Tunnel[*ip6tnl.Builder]{Kind: iplink.KindIP6Tnl, Protocol: unix.IPPROTO_IPIP, To: lab.Inner4, Left: ip6tnl.New, Right: ip6tnl.New}
	six  = lab.Tunnel[*ip6tnl.Builder]{Kind: iplink.KindIP6Tnl, Protocol: unix.IPPROTO_IPV6, To: lab.Inner6, Left: ip6tnl.New, Right: ip6tnl.New}
)

func TestOuterHeader(t *testing.T) {
	t.Run("ipv4", func(t *testing.T) { lab.OverIPv6(t, four) })
	t.Run("ipv6", func(t *testing.T) { lab.OverIPv6(t, six) })
}

func TestOverUDP(t *testing.T) {
	t.Run("ipv4", func(t *testing.T) { lab.OverUDP(t, four) })
	t.Run("ipv6", func(t *testing.T) { lab.OverUDP(t, six) })
}

func TestFwMark(t *testing.T)        { lab.Marked(t, four) }
func TestFwMarkInherit(t *testing.T) { lab.MarkedInside(t, six) }

// TestExternal sends packets of both families through a link that takes both.
func TestExternal(t *testing.T) {
	t.Run("ipv4", func(t *testing.T) { lab.External(t, four, "") })
	t.Run("ipv6", func(t *testing.T) { lab.External(t, six, "") })
}

// TestFlowLabelInherit compares the flow label of the outer packet with that of the inner
// one, for which the kernel has chosen one.
func TestFlowLabelInherit(t *testing.T) {
	e := six.Connect(t, func(b *ip6tnl.Builder) *ip6tnl.Builder { return b.FlowLabelInherit().NoEncapLimit() },
		func(b *ip6tnl.Builder) *ip6tnl.Builder { return b })
	outer, inner := e.Through(testutil.Datagram{})
	if label := binary.BigEndian.Uint32(inner) & 0xfffff; outer.FlowLabel != label || label == 0 {
		t.Errorf("flow label %#x around %#x", outer.FlowLabel, label)
	}
}

// TestDSCPInherit reads the type of service of packets that have left the tunnel: it is
// their own, and then the traffic class of the outer packet.
func TestDSCPInherit(t *testing.T) {
	e := four.Connect(t, func(b *ip6tnl.Builder) *ip6tnl.Builder { return b.TClass(0x14) },
		func(b *ip6tnl.Builder) *ip6tnl.Builder { return b })
	for i, want := range []byte{0x28, 0x14} {
		if i == 1 {
			lab.Updated(t, e.There, ip6tnl.New(lab.TunnelName).DSCPInherit())
		}
		in := e.Right.Packets(lab.TunnelName, unix.ETH_P_ALL)
		e.Through(testutil.Datagram{TTL: 33, TOS: 0x28})
		packet := testutil.NextFrame(t, in, func(b []byte) bool { return bytes.HasSuffix(b, []byte(" "+string(rune('1'+i))+">")) })
		if packet[1] != want {
			t.Errorf("type of service %#x, want %#x", packet[1], want)
		}
	}
}
