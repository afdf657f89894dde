//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "ipvlan") }

func TestIpvlan(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindIPvlan, iplink.KindVeth},
		`^└─ ipvl0: ipvlan l2 bridge, on eth0 in host, 10\.0\.0\.2/24$`,
		`^all three links have the address [0-9a-f:]{17}$`,
		`^c1 reaches 10\.0\.0\.254 in [\d.]+(ms|µs|s)$`,
		`^c1 reaches 10\.0\.0\.2 in [\d.]+(ms|µs|s)$`,
		`^private: c1 does not reach c2 any more$`)
}
