//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "netkit") }

func TestNetkit(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindNetkit},
		`^nk1 is the primary end: true, mode l3, policy forward, policy of the peer blackhole$`,
		`nk1: netkit l3, to eth0 in container, 10\.0\.0\.1/32$`,
		`^the container does not reach the host$`,
		`^with policy forward it reaches the host in [\d.]+(ms|µs|s)$`)
}
