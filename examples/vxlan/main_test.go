//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "vxlan") }

func TestVxlan(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindVXLAN, iplink.KindVeth},
		`tunnel to vx0 in right, 10\.0\.0\.1/24$`,
		`^left reaches 10\.0\.0\.2 in [\d.]+(ms|µs|s)$`,
		`^on the cable: \d+ bytes, IPv4 192\.0\.2\.1 to 192\.0\.2\.2, UDP port 4789, VXLAN 4660, and in it`)
}
