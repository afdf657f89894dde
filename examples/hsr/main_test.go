//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "hsr") }

func TestHSR(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindHSR, iplink.KindVeth},
		`^└─ hsr0: hsr.*, 10\.0\.0\.1/24$`,
		`^   ├─ to-east: veth, to to-north in east$`,
		`^north\$ ip link set dev to-east down$`,
		`^20 of 20 have arrived, and each of them 1 time$`,
		`^north has heard east [\d.]+m?s ago over to-east, and [\d.]+m?s ago over to-west$`)
}
