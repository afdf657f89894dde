//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "geneve") }

func TestGeneve(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindGeneve, iplink.KindVeth},
		`gnv0: geneve 4660 to 192\.0\.2\.2, 10\.0\.0\.1/24$`,
		`^left reaches 10\.0\.0\.2 in [\d.]+(ms|µs|s)$`,
		`^on the cable: TTL 17, don't fragment: true, UDP port 6081, GENEVE 4660, and in it a frame of \d+ bytes$`)
}
