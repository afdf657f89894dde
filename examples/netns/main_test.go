//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "netns") }

func TestNetns(t *testing.T) {
	labtest.Run(t, run, nil,
		`^created net1; listed: true$`, `^lo +DOWN `, `^the caller's namespace knows it by the id \d+$`,
		`^deleted net1; listed: false; it is still open, and usable$`, `^a function called in it sees 1 link, lo$`,
		`^in net:\[\d+\] 127\.0\.0\.1:\d+ sent "hello" to 127\.0\.0\.1:\d+$`)
}
