//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "vlan") }

func TestVlan(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindVLAN, iplink.KindVeth},
		`^└─ trunk: veth, to trunk in right$`,
		`^└─ eth0: vlan 10, on trunk in left, 10\.0\.0\.1/24$`,
		`^└─ eth0: vlan 20, on trunk in right, 10\.0\.0\.4/24$`,
		`^red1 reaches red2 in [\d.]+(ms|µs|s)$`,
		`^red1 does not reach blue1$`,
		`^red1 does not reach blue2$`)
}
