//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "wireguard") }

func TestWireguard(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindWireGuard, iplink.KindVeth},
		`^└─ wg0: wireguard, 10\.0\.0\.1/24$`,
		`^left reaches right in [\d.]+(ms|µs|s)$`,
		`^on the wire: UDP to port 51820, a data packet of \d+ bytes without the address 10\.0\.0\.2$`,
		`^right: peer \S{44} at 192\.0\.2\.1:51820, with handshake: true, received \d+ bytes$`)
}
