// Package team makes teams, links that let several others act as one, and runs
// them.
//
// The kernel's part of a team is a mode, New(name).Mode(…), and options. Three
// modes need nothing else. In the others a program must say which ports are in
// use: Team.Run is that program, in the place of the daemon teamd, and reads
// teamd's configuration files with ParseTeamd.
//
//	team.New("team0").Mode(team.ActiveBackup).Create(ctx)
//	t, err := team.Open(ctx, "team0")
//	t.AddPort(ctx, "eth0")
//	t.AddPort(ctx, "eth1")
//	err = t.Run(ctx, team.Runner{Mode: team.ActiveBackup})
//
// Everything about a team needs CAP_NET_ADMIN, reading too, and link watches
// that send probes need CAP_NET_RAW.
package team

import "github.com/iplink-go/iplink"

// Modes: how the ports share the frames.
const (
	Broadcast    = iplink.TeamBroadcast    // every frame by all ports
	RoundRobin   = iplink.TeamRoundRobin   // all ports in turn
	Random       = iplink.TeamRandom       // any port
	ActiveBackup = iplink.TeamActiveBackup // one port, which a program chooses
	LoadBalance  = iplink.TeamLoadBalance  // a port for each flow, by a hash that a program gives
)
