//go:build linux

package main

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "team") }

func TestTeam(t *testing.T) {
	labtest.Run(t, run, []string{iplink.KindTeam, iplink.KindBond, iplink.KindVeth},
		`^left\$ ip link add team0 `,
		`^left reaches right through eth0; it goes down`,
		`^right\$ ip link set dev eth0 down$`,
		`^\d+ of 20 pings were answered, now through eth1$`,
		`^left\$ teamdctl team0 state view would print:$`,
		`^  runner: activebackup$`,
		`^      instance\[link_watch_0\]:$`,
		`^        down count: [1-9]$`,
		`^  active port: eth1$`,
		`^└─ team0: team, 10\.0\.0\.1/24$`,
		`^   ├─ eth0: veth`,
		`^switch\$ ip link add bond0 .*mode 802\.3ad`,
		`^eth0 current$`,
		`^  actor   active,short_timeout,aggregating,in_sync,collecting,distributing$`,
		`^host reaches switch through two cables in `,
		`^  runner: lacp$`,
		`^      aggregator ID: \d+, Selected$`,
		`^  fast rate: yes$`)
}
