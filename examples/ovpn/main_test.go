//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "ovpn") }

func TestOvpn(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindOVPN, iplink.KindVeth},
		`^└─ ovpn0: ovpn, 10\.8\.0\.1/24`,
		`^left reaches right in [\d.]+(ms|µs|s)$`,
		`^on the wire: UDP to port 1194, a data packet with key 1, \d+ bytes without the address 10\.8\.0\.2$`,
		`^right: key 2 with aes-gcm, peer 7 at 192\.0\.2\.1:1194 sent \d+ packets$`)
}
