//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "vcan") }

func TestVcan(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindVCAN},
		`^└─ vcan1: vcan$`,
		`^node 1 sent +123#7370656564203838 "speed 88"$`,
		`^node 2 received 123#7370656564203838 "speed 88"$`,
		`^node 3 received 123#7370656564203838 "speed 88"$`)
}
