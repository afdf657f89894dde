package team

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a team: several links that act as one, by rules that a program
// supplies. See package team for the runner.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for a team with the given name. A link joins it by
// AddPort, or by the Master setter of its own builder, and must be down for that;
// the team brings it up.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindTeam, name, new(iplink.TeamInfo))
	return b
}

// Info returns the settings that only teams have, and false if link is of another
// kind.
func Info(link *iplink.Link) (*iplink.TeamInfo, bool) {
	info, ok := link.Info.(*iplink.TeamInfo)
	return info, ok
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.TeamInfo {
	return own.Put[iplink.TeamInfo](b.Own(b), number)
}

// Mode sets how the ports share the frames (the option "mode" of the generic netlink
// family team). It changes only while the team has no ports. Without it a team has
// no mode and carries no frames; the runner of package team sets the mode, too.
func (b *Builder) Mode(mode iplink.TeamMode) *Builder {
	b.set(own.TeamMode).Mode = mode
	return b
}

// Ports makes links ports of the team, given by name in the team's namespace, when all
// links of the call exist. They may be links that exist or that the same call makes; its
// other ports stay. A link that is up
// is taken down before, and the team brings it up again: it loses its routes, and usually
// its IPv6 addresses. A port of another master
// leaves that one, as with `ip link set master`. A link cannot be named twice, and a spec
// of the same call cannot give it another master (IFLA_MASTER).
//
// If Create fails, or Ensure for a new team, a link that joined it is as it was before:
// its master with the port settings, its state, IP addresses, routes and permanent
// neighbours. The VLANs and the forwarding entries that it had in a bridge are lost.
func (b *Builder) Ports(names ...string) *Builder {
	own.AddPorts(b.Own(b), true, false, names)
	return b
}

// OnlyPorts is Ports, and removes all other ports from the team, which leaves them down.
// Without arguments the team has no ports. It excludes Ports.
func (b *Builder) OnlyPorts(names ...string) *Builder {
	own.AddPorts(b.Own(b), true, true, names)
	return b
}
