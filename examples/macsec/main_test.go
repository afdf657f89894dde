//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "macsec") }

func TestMacsec(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindMACsec, iplink.KindVeth},
		`^left: sends as \w+ and receives from \w+$`,
		`^   └─ macsec0: macsec, on eth1, 10\.0\.0\.1/24$`,
		`^left reaches right in [\d.]+(ms|µs|s)$`,
		`^on the wire: EtherType 0x88e5, flags 0x2c, packet number \d+, SCI [0-9a-f]{16}, then \d+ bytes without the address 10\.0\.0\.2$`)
}
