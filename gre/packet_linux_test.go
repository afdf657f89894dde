package gre_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
)

var tunnel = lab.Tunnel[*gre.Builder]{Kind: iplink.KindGRE, Protocol: unix.IPPROTO_GRE, To: lab.Inner4, Left: gre.New, Right: gre.New}

func TestOuterHeader(t *testing.T) { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)     { lab.OverUDP(t, tunnel) }
func TestGREHeader(t *testing.T)   { lab.InGRE(t, tunnel, unix.ETH_P_IP) }

// TestIPv6Inside sends IPv6 packets.
func TestIPv6Inside(t *testing.T) {
	six := tunnel
	six.To = lab.Inner6
	t.Run("outer", func(t *testing.T) { lab.OverIPv4(t, six) })
	t.Run("gre", func(t *testing.T) { lab.InGRE(t, six, unix.ETH_P_IPV6) })
}
