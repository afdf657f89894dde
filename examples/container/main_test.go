//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "container") }

func TestContainer(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindBridge, iplink.KindVeth},
		`^   ├─ c-c1: veth, to eth0 in c1$`,
		`^c1 reaches 10\.0\.0\.254 in [\d.]+(ms|µs|s)$`,
		`^c1 reaches 10\.0\.0\.2 in [\d.]+(ms|µs|s)$`,
		`^attached again: create veth c-again: peer: file exists \(a link named "eth0" exists already where the peer is to be\)`,
		`^nothing was left behind$`,
		`^c1 is as described$`,
		`^the check finds: route: have none, want default via 10\.0\.0\.254$`,
		`^detached c1, twice$`)
}
