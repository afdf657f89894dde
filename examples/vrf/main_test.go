//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "vrf") }

func TestVRF(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindVRF, iplink.KindVeth},
		`^   ├─ vrf-blue: vrf table 11$|vrf-blue: vrf table 11`,
		`vrf-red: vrf table 10`,
		`^by vrf-red, red receives "hello vrf-red" at 10\.0\.0\.2$`,
		`^by vrf-blue, blue receives "hello vrf-blue" at 10\.0\.0\.2$`,
		`^outside of the VRFs, router does not reach 10\.0\.0\.2$`)
}
