//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "macvlan") }

func TestMacvlan(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindMacvlan, iplink.KindVeth},
		`^└─ mv0: macvlan bridge, on eth0 in host, 10\.0\.0\.2/24$`,
		`^mode bridge: c1 reaches the router and c2$`,
		`^mode private: c1 reaches the router, not c2$`,
		`^mode vepa: c1 reaches the router, not c2$`)
}
