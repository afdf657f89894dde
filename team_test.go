package iplink

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestTeamRefused(t *testing.T) {
	for _, r := range []refusal{
		{spec: NewTeam("t0").Mode("lacp"), message: `mode: "lacp" is none of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: NewTeam("t0").Mode(""), message: `mode: "" is none of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: NewTeam("t0").Mode(TeamMode(strings.Repeat("x", 32))), message: "mode: 32 bytes, where at most 31 fit"},
		{spec: NewTeam("t0").Mode("*NOMODE*"), op: "update", message: `mode: "*NOMODE*" is none of broadcast, roundrobin, random, activebackup, loadbalance`},
		{spec: NewTeam("t0").MTU(67), message: "mtu: 67 is not in 68…65535"},
	} {
		r.test(t)
	}
	accepted(t, "create", NewTeam("t0"), NewTeam("t0").Mode(TeamRandom), NewTeam("t0").Mode(TeamActiveBackup).Up())
}

// TestTeamAside sends the mode another way: the request that makes a team has
// none of it.
func TestTeamAside(t *testing.T) {
	for _, s := range []Spec{NewTeam("t0"), NewTeam("t0").Mode(TeamRandom)} {
		tr := newTransaction(&Conn{}, "create")
		j := newJob(s.wanted(), tr.places[0], nil)
		j.index = 0x1234
		body := string(tr.appendCreate(nil, j))
		if strings.Contains(body, "random") || !strings.Contains(body, "team") {
			t.Errorf("%v: %q", s, body)
		}
		if has := j.aside() != nil; has != (s.wanted().set.Has(teamMode)) || has != j.needsIndex() {
			t.Errorf("%v: aside %v, needs its index %v", s, has, j.needsIndex())
		}
	}
}

// TestTeamModeWithPorts is refused as long as the ports are there; without a
// difference nothing is.
func TestTeamModeWithPorts(t *testing.T) {
	have := &Link{Index: 7, Name: "t0", Kind: KindTeam, Info: &TeamInfo{Mode: TeamRandom}}
	j := refusedChange(t, NewTeam("t0").Mode(TeamRandom), have, "")
	if !j.infoSet.Empty() {
		t.Error("a mode that is so already is to be set")
	}
}

func TestTeamModeMissing(t *testing.T) {
	want := "this kernel has no team mode activebackup (CONFIG_NET_TEAM_MODE_ACTIVEBACKUP)"
	if got := TeamActiveBackup.missing(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var s spec
	if err := s.failed("create", "mode", &Error{Message: want, Err: fs.ErrInvalid}); err.Message != want || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}
