//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "trace") }

func TestTrace(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindBridge, iplink.KindVeth},
		`^  > RTM_NEWLINK create,excl(,echo)? seq 1: br0 up type bridge$`,
		`^  < ack seq 1$`,
		`^  > RTM_NEWLINK create,excl(,echo)? seq \d+: cable master if\d+ up type veth peer eth0 netns fd \d+$`,
		`^  > \[container\] RTM_NEWADDR create,excl seq \d+: 10\.0\.0\.2/24 dev if\d+$`,
		`^That took \d+ requests`,
		`^  > RTM_GETLINK seq \d+: br0$`,
		`^  < RTM_NEWLINK seq \d+: br0 index \d+ `,
		`^That took 1\.`,
		`^  < error seq \d+: file exists$`)
}
