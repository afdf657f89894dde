//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "vxcan") }

func TestVxcan(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindVXCAN},
		`^└─ vxcan1: vxcan, to vxcan2 in net2$`,
		`^net1 sent +123#7370656564203838 "speed 88"$`,
		`^net2 received 123#7370656564203838 "speed 88"$`)
}
