//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "veth") }

func TestVeth(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindVeth},
		`^veth1 has index \d+; its peer has index \d+ there$`,
		`^└─ veth1: veth, to veth2 in net2, 10\.0\.0\.1/24$`,
		`^net1 reaches net2 in [\d.]+(ms|µs|s)$`,
		`^veth1 has a carrier: false$`,
		`^net1 does not reach net2 any more$`,
		`^veth2 is deleted, and veth1 with it$`)
}
