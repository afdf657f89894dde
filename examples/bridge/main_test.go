//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "bridge") }

func TestBridge(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindBridge, iplink.KindVeth},
		`^switch\$ ip link add br0 up type bridge$`,
		`^   ├─ to-a: veth, to eth0 in a$`,
		`^a reaches b in [\d.]+(ms|µs|s)$`,
		`^a reaches router in [\d.]+(ms|µs|s)$`,
		`^learned: [0-9a-f:]{17} dev to-a master dynamic$`,
		`^switch\$ ip link set dev to-a type bridge_slave isolated on$`,
		`^a does not reach b any more$`,
		`^a reaches router in [\d.]+(ms|µs|s)$`)
}
