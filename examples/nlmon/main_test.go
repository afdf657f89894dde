//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "nlmon") }

func TestNlmon(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindNlmon, iplink.KindBridge},
		`^└─ nlmon0: nlmon$`,
		`^heard at \d\d:\d\d:\d\d\.\d{6}: type 16 \(RTM_NEWLINK\), flags 0x60[5d], \d+ bytes:$`,
		`^00000000  00 00 `)
}
