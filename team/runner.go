package team

import (
	"log/slog"
	"net"
	"time"

	"github.com/iplink-go/iplink"
)

// A Runner says how Team.Run is to run a team. The zero Runner does what teamd
// does without a configuration: the mode RoundRobin, and the links' own state.
type Runner struct {
	// Mode is how the ports share the frames, RoundRobin if it is empty. The
	// kernel chooses the port in the modes Broadcast, RoundRobin and Random. In
	// ActiveBackup the runner keeps one port in use, by HWAddr and the ports'
	// Priority and Sticky; in LoadBalance it gives the kernel the hash, by
	// TxHash and Balancer, and enables the ports whose link is up.
	Mode iplink.TeamMode

	// HWAddr is who has which link-layer address, in mode ActiveBackup. In mode
	// LoadBalance all ports have the team's.
	HWAddr HWAddrPolicy
	// Address is the team's own link-layer address. If it is nil the team takes
	// over that of each port that joins while there is none.
	Address net.HardwareAddr

	// TxHash are the parts of a frame that make its hash, in mode LoadBalance;
	// if it is nil, Ethernet, IPv4 and IPv6 addresses. If it is empty but not
	// nil every frame has the same hash.
	TxHash []Fragment
	// Balancer moves hashes between ports by traffic, in mode LoadBalance; if
	// it is nil they are spread evenly.
	Balancer *Balancer

	// LinkWatches find out which ports' links are up; Ethtool{} if there is none
	// and the port has none of its own. LinkWatchPolicy says how many must
	// agree.
	LinkWatches     []LinkWatch
	LinkWatchPolicy LinkWatchPolicy

	// NotifyPeers and MCastRejoin set how often, when a port comes into use,
	// peers are told and multicast groups are joined anew. If they are nil it is
	// once in mode ActiveBackup, and otherwise the options stay as they are.
	NotifyPeers, MCastRejoin *Burst

	// Ports are the settings of ports, by name; others have the zero
	// PortConfig, but keep the option Priority that they have. It adds none to
	// the team.
	Ports map[string]PortConfig

	// Destroy makes Run, once it has begun, take out the ports and remove the
	// team when it returns. Otherwise all stays as it is, and the kernel goes on
	// with what it was told last; a port that fails then is not replaced.
	Destroy bool

	// Log is told what the runner does, nil for nobody.
	Log *slog.Logger
}

// PortConfig is how a Runner treats one port.
type PortConfig struct {
	// Priority decides, in mode ActiveBackup, which port is used: higher is
	// better, and so is faster, or full duplex at the same speed. Of two ports
	// of which one has the higher priority and the other is faster, the one is
	// used that joined first, as by teamd. Of equal ones that in use stays, and
	// at first it is the one that joined last.
	Priority int32
	// Sticky keeps the port in use, once it is, until its link goes down; in
	// mode ActiveBackup.
	Sticky bool
	// QueueID is the transmit queue of the team for the port, nil to leave it
	// alone.
	QueueID *uint16
	// LinkWatches are watches of this port, beside those of the Runner.
	LinkWatches []LinkWatch
}

// A HWAddrPolicy says who has which link-layer address in mode ActiveBackup.
type HWAddrPolicy uint8

// Policies.
const (
	SameAll    HWAddrPolicy = iota // all ports that of the team
	ByActive                       // the team that of the port in use
	OnlyActive                     // the port in use that of the team, the others their own
)

var hwAddrPolicies = []string{"same_all", "by_active", "only_active"}

// String returns teamd's word.
func (p HWAddrPolicy) String() string { return word(hwAddrPolicies, int(p)) }

// A LinkWatchPolicy says how many link watches must find a link up.
type LinkWatchPolicy uint8

// Policies.
const (
	AnyWatch   LinkWatchPolicy = iota // one
	AllWatches                        // all
)

var linkWatchPolicies = []string{"any", "all"}

// String returns teamd's word.
func (p LinkWatchPolicy) String() string { return word(linkWatchPolicies, int(p)) }

// A Burst is something that is said several times.
type Burst struct {
	// Count is how often, 0 for never.
	Count uint32
	// Interval is the time in between, in whole milliseconds up to 2³²-1.
	Interval time.Duration
}

// A Balancer moves hashes between ports so that each sends as much. It is
// teamd's "basic".
type Balancer struct {
	// Interval is how often, in tenths of a second; 5 s if it is 0.
	Interval time.Duration
}

const defaultBalancing = 5 * time.Second

// A LinkWatch finds out whether a port's link is up: Ethtool or ARPPing.
type LinkWatch interface {
	fault() (field, text string)
	start(r *runner, p *port) (watch, error)
}

func word(words []string, n int) string {
	if n >= len(words) {
		return "?"
	}
	return words[n]
}
