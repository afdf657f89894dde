//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "bond") }

func TestBond(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindBond, iplink.KindVeth},
		`^└─ bond0: bond active-backup, 10\.0\.0\.1/24$`,
		`^   ├─ eth0: veth, to eth0 in right$`,
		`^left reaches right through eth0; it goes down`,
		`^right\$ ip link set dev eth0 down$`,
		`^\d+ of 20 pings were answered, now through eth1$`)
}
