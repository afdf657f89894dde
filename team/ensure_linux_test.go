package team_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// TestEnsureRandomly ensures a random mode and random ports after each other. Each time
// teamnl shows them, Ensure again finds nothing, and a port that somebody else takes out
// comes back alone. A team with ports keeps its mode.
func TestEnsureRandomly(t *testing.T) {
	l := newLab(t)
	l.Batch("link add d0 type dummy", "link add d1 type dummy", "link add d2 type dummy")
	c := testutil.Opened(l.Lab, iplink.Dial)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	modes := []iplink.TeamMode{team.Broadcast, team.RoundRobin, team.Random, team.ActiveBackup, team.LoadBalance}
	for range 5 {
		mode, ports := modes[r.IntN(len(modes))], []string{"d0", "d1", "d2"}
		r.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
		ports = ports[:1+r.IntN(3)]
		slices.Sort(ports)
		if _, err := c.Ensure(t.Context(), team.New("team0").OnlyPorts()); err != nil {
			t.Fatal(err)
		}
		l.ensure(c, mode, ports, len(ports)+1)
		l.ensure(c, mode, ports, 0)
		l.Batch("link set " + ports[0] + " nomaster")
		l.ensure(c, mode, ports, 1)
	}
}

// ensure ensures a team, and compares what it has then with the wanted mode and ports. It
// expects at most as many differences.
func (l *lab) ensure(c *iplink.Conn, mode iplink.TeamMode, ports []string, most int) {
	l.Helper()
	want := team.New("team0").Mode(mode).OnlyPorts(ports...)
	changes, err := c.Ensure(l.Context(), want)
	if err != nil || len(changes[0].Differences) > most || most > 0 && !changes[0].Changed() {
		l.Fatalf("%v: %v, error %v", want, changes, err)
	}
	if got := l.teamnl("getoption", "mode"); got != string(mode) {
		l.Errorf("%v: mode %q", want, got)
	}
	var shown []struct {
		Name string `json:"ifname"`
	}
	if err := json.Unmarshal([]byte(l.IP("-j", "link", "show", "master", "team0")), &shown); err != nil {
		l.Fatal(err)
	}
	got := []string{}
	for _, p := range shown {
		got = append(got, p.Name)
	}
	slices.Sort(got)
	if !slices.Equal(got, ports) {
		l.Errorf("%v: ports %v", want, fmt.Sprint(got))
	}
}
