//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "xfrm") }

func TestXfrm(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindXfrm, iplink.KindVeth},
		`xfrm0: xfrm if_id 0x1234.*, 10\.0\.0\.1/24$`,
		`^without states and policies, left does not reach 10\.0\.0\.2$`,
		`^with them it does, in [\d.]+(ms|µs|s)$`,
		`^on the cable: ESP with SPI 0x1111, \d+ bytes without the address 10\.0\.0\.2$`)
}

// TestSizes counts the bytes of the requests, whose structs have 224 and 168 bytes.
func TestSizes(t *testing.T) {
	a := newAssociation(outer[0].Addr(), outer[1].Addr(), 0x1111)
	if n := len(a.state()); n != 16+224+4+64+8+20+8 {
		t.Errorf("a state has %d bytes", n)
	}
	if n := len(a.policy(directionOut)); n != 16+168+4+64+8 {
		t.Errorf("a policy has %d bytes", n)
	}
}
