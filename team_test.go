package iplink_test

import (
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/team"
)

func TestTeamRefused(t *testing.T) {
	for _, r := range []badSpec{
		{spec: team.New("t0").Mode("lacp"), message: `mode: "lacp" is none of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: team.New("t0").Mode(""), message: `mode: "" is none of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: team.New("t0").Mode(iplink.TeamMode(strings.Repeat("x", 32))), message: "mode: 32 bytes, where at most 31 fit"},
		{spec: team.New("t0").Mode("*NOMODE*"), op: "update", message: `mode: "*NOMODE*" is none of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: team.New("t0").MTU(67), message: "mtu: 67 is not in 68…65535"},
	} {
		r.test(t)
	}
	accepted(t, "create", team.New("t0"), team.New("t0").Mode(team.Random), team.New("t0").Mode(team.ActiveBackup).Up())
}

// TestTeamAside sends the mode another way: the request that makes a team has
// none of it.
func TestTeamAside(t *testing.T) {
	for _, s := range []iplink.Spec{team.New("t0"), team.New("t0").Mode(team.Random)} {
		p := iplink.PlanCreate(s)
		body := string(p.Body)
		if strings.Contains(body, "random") || !strings.Contains(body, "team") {
			t.Errorf("%v: %q", s, body)
		}
		if set, _, _ := iplink.SetOf(s); p.Aside != set.Has(own.TeamMode) || p.Aside != p.NeedsIndex {
			t.Errorf("%v: aside %v, needs its index %v", s, p.Aside, p.NeedsIndex)
		}
	}
}

// TestTeamModeWithPorts is refused as long as the ports are there; without a
// difference nothing is.
func TestTeamModeWithPorts(t *testing.T) {
	have := &iplink.Link{Index: 7, Name: "t0", Kind: iplink.KindTeam, Info: &iplink.TeamInfo{Mode: team.Random}}
	p := refusedChange(t, team.New("t0").Mode(team.Random), have, "")
	if !p.Info.Empty() {
		t.Error("a mode that is so already is to be set")
	}
}
