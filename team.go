package iplink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/teamnl"
)

var teamKind = kind{
	config:    "NET_TEAM",
	mtu:       [2]uint32{68, 65535},
	driver:    "team",
	portsDown: syscall.EBUSY,
	whileFree: attr.SetOf(own.TeamMode),
	notFree:   syscall.EBUSY,
	defaults:  "numtxqueues 16 numrxqueues 16",
	saved:     func() savable { return new(TeamInfo) },
}

// A TeamMode is the way the ports of a team share the frames. It is the kernel's
// name of the mode.
type TeamMode string

// Modes.
const (
	TeamBroadcast    TeamMode = "broadcast"    // every frame through all ports
	TeamRoundRobin   TeamMode = "roundrobin"   // all ports in turn
	TeamRandom       TeamMode = "random"       // any port
	TeamActiveBackup TeamMode = "activebackup" // one port, chosen by a program
	TeamLoadBalance  TeamMode = "loadbalance"  // a port for each flow, by a hash that a program supplies
)

var teamModes = []TeamMode{TeamBroadcast, TeamRoundRobin, TeamRandom, TeamActiveBackup, TeamLoadBalance}

// TeamInfo has the settings that only teams have. Link.Info is a *TeamInfo in the
// results of a builder that sets the mode. Otherwise it is nil, because the mode can
// be read only with a request of another type and CAP_NET_ADMIN.
type TeamInfo struct {
	// Mode is the way the ports share the frames; "*NOMODE*" if none was set (the
	// option "mode").
	Mode TeamMode
}

func (v *TeamInfo) attrs(c *attr.Codec) {
	attr.Text(c.NoKeyword(), own.TeamMode, "mode", (*string)(&v.Mode), 31)
}

func (v *TeamInfo) validate(_ string, s *spec) error {
	if s.Set.Has(own.TeamMode) && !slices.Contains(teamModes, v.Mode) {
		return &attr.Error{Name: "mode", Text: fmt.Sprintf("%q is not one of %s", v.Mode, listModes())}
	}
	return nil
}

func listModes() string {
	var names []string
	for _, m := range teamModes {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

func (v *TeamInfo) apply(ctx context.Context, netns, index int, _ attr.Set) error {
	c, err := teamnl.Dial(ctx, netns)
	if err != nil {
		return withoutFamily(KindTeam, err)
	}
	defer c.Close()
	err = teamnl.Set(ctx, c, index, teamnl.Option{Name: "mode", Value: string(v.Mode), Index: -1})
	switch {
	case errors.Is(err, syscall.EINVAL):
		return &Error{Message: v.Mode.missing(), Err: err}
	case errors.Is(err, syscall.EBUSY):
		return &Error{Message: "changes only while the link has no ports", Err: err}
	}
	return err
}

// missing explains that the kernel does not know the mode, which is the only meaning
// of EINVAL for a mode that the team does not have yet.
func (m TeamMode) missing() string {
	return fmt.Sprintf("this kernel has no team mode %s (CONFIG_NET_TEAM_MODE_%s)", m, strings.ToUpper(string(m)))
}

func (v *TeamInfo) read(ctx context.Context, netns, index int) (genericInfo, error) {
	c, err := teamnl.Dial(ctx, netns)
	if err != nil {
		return nil, withoutFamily(KindTeam, err)
	}
	defer c.Close()
	options, err := teamnl.Options(ctx, c, index)
	known := new(TeamInfo)
	for _, o := range options {
		if mode, ok := o.Value.(string); ok && o.Name == "mode" {
			known.Mode = TeamMode(mode)
		}
	}
	return known, err
}

// saveTo is part of savable.
func (v *TeamInfo) saveTo(s *spec) {
	s.Info, s.Set = v, settableRows(v)
}

// modeApart returns an empty info for the kind, and nil for others.
func modeApart(kind string) info {
	if kind == KindTeam {
		return new(TeamInfo)
	}
	return nil
}
