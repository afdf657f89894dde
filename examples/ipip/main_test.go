//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "ipip") }

func TestIPIP(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindIPIP, iplink.KindVeth},
		`tun0: ipip.*, 10\.0\.0\.1/24$`,
		`^left reaches 10\.0\.0\.2 in [\d.]+(ms|µs|s)$`,
		`^on the cable: 192\.0\.2\.1 > 192\.0\.2\.2 with TTL 17 and TOS 0x0, and in it 10\.0\.0\.1 > 10\.0\.0\.2 with TTL 64 and TOS 0x0$`,
		`ip link set dev tun0 type ipip .*tos 0x14$`,
		`^left reaches 10\.0\.0\.2 in [\d.]+(ms|µs|s)$`,
		`^on the cable: 192\.0\.2\.1 > 192\.0\.2\.2 with TTL 17 and TOS 0x14, and in it 10\.0\.0\.1 > 10\.0\.0\.2 with TTL 64 and TOS 0x0$`)
}
