//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "tun") }

func TestTun(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindTun},
		`^└─ tun0: tun, 10\.0\.0\.1/24$`,
		`^the program answers for 10\.0\.0\.2 in `)
}
