package gretap_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
)

var tunnel = lab.Tunnel[*gretap.Builder]{Kind: iplink.KindGRETap, Protocol: unix.IPPROTO_GRE, To: lab.Inner4, Left: gretap.New, Right: gretap.New}

func TestOuterHeader(t *testing.T) { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)     { lab.OverUDP(t, tunnel) }
func TestGREHeader(t *testing.T)   { lab.InGRE(t, tunnel, unix.ETH_P_TEB) }
