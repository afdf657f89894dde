//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "gre") }

func TestGRE(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindGRE, iplink.KindVeth},
		`tun1: gre.*, 10\.0\.1\.1/24$`,
		`tun2: gre.*, 2001:db8:2::1/64$`,
		`^left reaches 10\.0\.1\.2 in [\d.]+(ms|µs|s)$`,
		`^on the cable: GRE with the key 0x1234 and the protocol 0x0800$`,
		`^left reaches 2001:db8:2::2 in [\d.]+(ms|µs|s)$`,
		`^on the cable: GRE with the key 0x4321 and the protocol 0x86dd$`,
		`ip link set dev tun1 type gre okey 34661$`,
		`^with a key that right does not know, left does not reach 10\.0\.1\.2$`)
}
