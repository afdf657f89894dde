// Package team makes teams, links that let several others act as one, and runs them.
//
// The kernel's part of a team is a mode, New(name).Mode(…), and options. Three modes
// need no more than that. In the others a program must select the ports in use:
// Team.Run is that program, in place of the daemon teamd, and ParseTeamd reads the
// configuration files of teamd. A Runner also has the mode LACP, which the kernel does
// not have: it speaks the link aggregation control protocol with a switch, a bond or
// another team.
//
//	team.New("team0").Mode(team.ActiveBackup).Create(ctx)
//	t, err := team.Open(ctx, "team0")
//	t.AddPort(ctx, "eth0")
//	t.AddPort(ctx, "eth1")
//	err = t.Run(ctx, team.Runner{Mode: team.ActiveBackup})
//
// With Runner.Control the program teamdctl works on such a team, too.
//
// All operations on a team need CAP_NET_ADMIN, including reads, and link watches
// that send probes and the mode LACP need CAP_NET_RAW.
package team

import "github.com/iplink-go/iplink"

// Modes, which determine how the ports share the frames.
const (
	Broadcast    = iplink.TeamBroadcast    // every frame through all ports
	RoundRobin   = iplink.TeamRoundRobin   // all ports in turn
	Random       = iplink.TeamRandom       // any port
	ActiveBackup = iplink.TeamActiveBackup // one port, selected by a program
	LoadBalance  = iplink.TeamLoadBalance  // a port for each flow, by a hash that a program supplies
)
