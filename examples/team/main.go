// Team connects two hosts with two cables that act as one, runs the team in place of
// the daemon teamd, and takes down the cable in use while the hosts ping each other.
// Then it connects a team with a bond by LACP.
//
//	go run ./examples/team
package main

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/veth"
)

const about = `Team joins two hosts by two cables that act as one, runs the team as the daemon
teamd would, and pulls out the cable in use while the hosts ping each other. Then a team and
a bond agree on two cables by LACP.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	if err := backup(ctx, l); err != nil {
		return err
	}
	return aggregate(ctx, l)
}

// backup keeps one of two cables in use.
func backup(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	cables := []iplink.Spec{veth.New("eth0").Peer(veth.New("eth0").NetNS(right)), veth.New("eth1").Peer(veth.New("eth1").NetNS(right))}
	if _, err := l.Create(ctx, left, cables...); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var runners sync.WaitGroup
	defer runners.Wait()
	defer stop(nil)
	var teams []*team.Team
	for i, ns := range all {
		t, err := start(ctx, l, ns, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24))
		if err != nil {
			return err
		}
		teams = append(teams, t)
		runners.Go(func() { // the end of one runner ends the example
			stop(t.Run(ctx, runner))
			t.Close()
		})
	}
	if err := failOver(ctx, l, left, right, teams[0]); err != nil {
		return err
	}
	l.Say("\nleft$ teamdctl team0 state view would print:\n%s", teams[0].State())
	return l.Show(ctx)
}

// runner keeps one port in use. Both ends must use the same cable, which is eth0 as
// long as it works.
var runner = team.Runner{Mode: team.ActiveBackup, Ports: map[string]team.PortConfig{"eth0": {Priority: 10}}}

// start makes a team of the cables' ends in a namespace. The team stays open in that
// namespace.
func start(ctx context.Context, l *lab.Lab, ns *iplink.NetNS, addr netip.Prefix) (t *team.Team, err error) {
	if _, err := l.Create(ctx, ns, team.New("team0").Mode(team.ActiveBackup).Addr(addr).Up()); err != nil {
		return nil, err
	}
	return openTeam(ctx, ns)
}

// openTeam opens the team of a namespace and adds its ports.
func openTeam(ctx context.Context, ns *iplink.NetNS) (t *team.Team, err error) {
	err = ns.Do(func() error {
		if t, err = team.Open(ctx, "team0"); err != nil {
			return err
		}
		for _, port := range []string{"eth0", "eth1"} {
			if err := t.AddPort(ctx, port, team.DownFirst); err != nil {
				t.Close()
				return err
			}
		}
		return nil
	})
	return t, err
}

func failOver(ctx context.Context, l *lab.Lab, left, right *iplink.NetNS, t *team.Team) error {
	far := netip.MustParseAddr("10.0.0.2")
	if _, err := packet.Ping(ctx, left, far); err != nil {
		return err
	}
	before, err := portInUse(ctx, t)
	if err != nil {
		return err
	}
	l.Say("\nleft reaches right through %s; it goes down on the other side at the 6th of 20 pings:\n", before)
	answered, err := packet.Pings(ctx, left, far, 20, func(sent int) error {
		if sent != 5 {
			return nil
		}
		return l.Update(ctx, right, iplink.Device(before).Down())
	})
	if err != nil {
		return err
	}
	after, err := portInUse(ctx, t)
	if err != nil {
		return err
	}
	l.Say("%d of 20 pings were answered, now through %s", answered, after)
	if after == before || answered < 15 {
		return fmt.Errorf("the team did not change over from %s: %d of 20 pings were answered", before, answered)
	}
	return nil
}

// portInUse returns the port in use, once the runner reports one: that is a moment after
// the first frame can pass.
func portInUse(ctx context.Context, t *team.Team) (string, error) {
	for {
		if port := t.State().ActivePort; port != "" {
			return port, nil
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
