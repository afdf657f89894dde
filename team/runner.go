package team

import (
	"log/slog"
	"net"
	"time"

	"github.com/iplink-go/iplink"
)

// A Runner is the configuration of Team.Run. The zero Runner has the behaviour of
// teamd without a configuration: the mode RoundRobin, and the state of the links
// themselves.
type Runner struct {
	// Mode is the way the ports share the frames, RoundRobin if it is empty. The
	// kernel selects the port in the modes Broadcast, RoundRobin and Random. In
	// ActiveBackup the runner keeps one port in use, according to HWAddr and the
	// ports' Priority and Sticky; in LoadBalance it gives the hash to the kernel,
	// according to TxHash and Balancer, and enables the ports whose link is up; in
	// LACP it does the same for the ports that the protocol selects, according to the
	// field LACP. That protocol, rather than the link watches, determines the ports.
	Mode iplink.TeamMode
	// LACP has the settings of the mode LACP.
	LACP LACPConfig

	// HWAddr assigns the link-layer addresses in mode ActiveBackup. In mode
	// LoadBalance and LACP all ports have the team's address.
	HWAddr HWAddrPolicy
	// Address is the team's own link-layer address. If it is nil, the team takes
	// over the address of a port that joins while there is no other.
	Address net.HardwareAddr

	// TxHash are the parts of a frame that enter its hash, in the modes LoadBalance and
	// LACP; if it is nil, they are Ethernet, IPv4 and IPv6 addresses. If it is empty but not
	// nil, every frame has the same hash.
	TxHash []Fragment
	// Balancer moves hashes between ports by traffic, in the modes LoadBalance and LACP;
	// if it is nil, they are spread evenly.
	Balancer *Balancer

	// LinkWatches determine which ports' links are up; Ethtool{} if there are none
	// here and none for the port. LinkWatchPolicy determines how many must agree.
	LinkWatches     []LinkWatch
	LinkWatchPolicy LinkWatchPolicy

	// NotifyPeers and MCastRejoin set the number of notifications of peers and of
	// multicast group joins when a port comes into use. If they are nil, it is one
	// in mode ActiveBackup; otherwise the options stay unchanged.
	NotifyPeers, MCastRejoin *Burst

	// Ports are the settings of ports, by name. Other ports have the zero
	// PortConfig, but keep their option Priority. Ports adds no port to the team.
	Ports map[string]PortConfig

	// Destroy makes Run, once it has begun, remove the ports and the team when it
	// returns. Otherwise the team stays unchanged and the kernel continues with its
	// last options; a port that fails then is not replaced, and in mode LACP the other
	// end uses no port any more after 3 or 90 s.
	Destroy bool

	// Control makes Run answer teamdctl; nil for no answers.
	Control *Control

	// Log receives the actions of the runner; nil for no log.
	Log *slog.Logger
}

// PortConfig is the configuration of one port in a Runner.
type PortConfig struct {
	// Priority selects the port in use in mode ActiveBackup: higher is better, and
	// so is faster, or full duplex at the same speed. If one port has the higher
	// priority and another is faster, the one that joined first is used, as in
	// teamd. Between equal ports, the one in use stays, and at first it is the one
	// that joined last.
	Priority int32
	// Sticky keeps the port in use until its link goes down, in mode ActiveBackup; in
	// mode LACP, with ByPortConfig, it keeps its aggregator selected.
	Sticky bool
	// QueueID is the transmit queue of the team for the port; nil leaves it
	// unchanged.
	QueueID *uint16
	// LACPPriority is the priority of the port in the protocol: lower is better; 255 if
	// it is nil. LACPKey is its key: only ports with the same key are aggregated.
	LACPPriority *uint16
	LACPKey      uint16
	// LinkWatches are watches of this port, in addition to those of the Runner.
	LinkWatches []LinkWatch
}

// An HWAddrPolicy assigns the link-layer addresses in mode ActiveBackup.
type HWAddrPolicy uint8

// Policies.
const (
	SameAll    HWAddrPolicy = iota // all ports have the team's address
	ByActive                       // the team has the address of the port in use
	OnlyActive                     // the port in use has the team's address, the others their own
)

var hwAddrPolicies = []string{"same_all", "by_active", "only_active"}

// String returns the word of teamd.
func (p HWAddrPolicy) String() string { return word(hwAddrPolicies, int(p)) }

// A LinkWatchPolicy is the number of link watches that must find a link up.
type LinkWatchPolicy uint8

// Policies.
const (
	AnyWatch   LinkWatchPolicy = iota // one
	AllWatches                        // all
)

var linkWatchPolicies = []string{"any", "all"}

// String returns the word of teamd.
func (p LinkWatchPolicy) String() string { return word(linkWatchPolicies, int(p)) }

// A Burst is an announcement that is repeated.
type Burst struct {
	// Count is the number of repetitions, 0 for none.
	Count uint32
	// Interval is the time between repetitions, in whole milliseconds up to 2³²-1.
	Interval time.Duration
}

// A Balancer moves hashes between ports so that each sends the same amount. It is
// "basic" in teamd.
type Balancer struct {
	// Interval is the time between two moves, in tenths of a second; 5 s if it is 0.
	Interval time.Duration
}

const defaultBalancing = 5 * time.Second

// A LinkWatch determines whether a port's link is up: Ethtool, ARPPing or NSNAPing.
type LinkWatch interface {
	fault() (field, text string)
	// settings returns the name and the settings in teamd.
	settings() (name string, all []setting)
	start(r *runner, p *port) (watch, error)
}

func word(words []string, n int) string {
	if n >= len(words) {
		return "?"
	}
	return words[n]
}
