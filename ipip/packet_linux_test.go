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
