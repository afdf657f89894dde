package ip6gretap_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/ip6gretap"
)

var tunnel = lab.Tunnel[*ip6gretap.Builder]{Kind: iplink.KindIP6GRETap, Protocol: unix.IPPROTO_GRE, To: lab.Inner4, Left: ip6gretap.New, Right: ip6gretap.New}

func TestOuterHeader(t *testing.T) { lab.OverIPv6(t, tunnel) }
func TestOverUDP(t *testing.T)     { lab.OverUDP(t, tunnel) }
func TestGREHeader(t *testing.T)   { lab.InGRE(t, tunnel, unix.ETH_P_TEB) }
