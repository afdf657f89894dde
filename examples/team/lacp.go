package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/veth"
)

// aggregate connects a team with a bond. They agree on the cables by LACP, as a host
// and a switch do.
func aggregate(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("host", "switch")
	if err != nil {
		return err
	}
	host, far := all[0], all[1]
	if err := buildLACP(ctx, l, host, far); err != nil {
		return err
	}
	t, err := openTeam(ctx, host)
	if err != nil {
		return err
	}
	defer t.Close()
	ctx, stop := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		stop(t.Run(ctx, team.Runner{Mode: team.LACP, LACP: team.LACPConfig{FastRate: true, MinPorts: 2}}))
	}()
	defer func() {
		stop(nil)
		<-ended
	}()
	if err := agreed(ctx, t); err != nil {
		return err
	}
	for _, p := range t.State().Ports {
		l.Say("%s %v\n  actor   %v\n  partner %v", p.Name, p.LACP.State, p.LACP.Actor.State, p.LACP.Partner.State)
	}
	took, err := packet.Ping(ctx, host, netip.MustParseAddr("10.0.1.2"))
	if err != nil {
		return err
	}
	l.Say("host reaches switch through two cables in %v\n\n%s", took.Round(time.Microsecond), t.State())
	return nil
}

// buildLACP makes the bond, the team, and the cables, whose far ends join the bond.
func buildLACP(ctx context.Context, l *lab.Lab, host, far *iplink.NetNS) error {
	b := bond.New("bond0").Mode(bond.IEEE8023AD).MIIMon(50 * time.Millisecond).LACPRate(bond.LACPFast).
		Addr(netip.MustParsePrefix("10.0.1.2/24")).Up()
	if _, err := l.Create(ctx, far, b); err != nil {
		return err
	}
	for _, name := range []string{"eth0", "eth1"} {
		if _, err := l.Create(ctx, host, veth.New(name).Peer(veth.New(name).NetNS(far).Master("bond0"))); err != nil {
			return err
		}
	}
	_, err := l.Create(ctx, host, team.New("team0").Mode(team.LoadBalance).Addr(netip.MustParsePrefix("10.0.1.1/24")).Up())
	return err
}

// agreed waits until both cables are in use.
func agreed(ctx context.Context, t *team.Team) error {
	for range 200 {
		if t.State().Carrier {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("team and bond do not agree: %+v", t.State())
}
