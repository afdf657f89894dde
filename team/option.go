package team

import (
	"time"

	"github.com/iplink-go/iplink"
)

// An Option is an option of a team, or of one of its ports: one to be set, from a
// function such as Priority, or one reported in an Event.
type Option struct {
	// Name is the kernel's name of the option, such as "priority".
	Name string
	// Value has the type that the function of the option takes. For an option that
	// this library does not know, it is an int32, a uint32, a bool, a string or a
	// []byte.
	Value any
	// Port is the interface index of the port that has the option. It is 0 for an
	// option of the team, or if PortName names the port.
	Port     int
	PortName string
	// Index is the index of the element if the option is an array, or -1.
	Index int
}

// An Instruction is one of classic BPF (struct sock_filter).
type Instruction struct {
	Op     uint16
	JT, JF uint8
	K      uint32
}

// A TxMethod is the way a team in mode LoadBalance selects the port for a hash.
type TxMethod string

// Methods.
const (
	ByHash    TxMethod = "hash"                 // the ports share the hashes evenly
	ByMapping TxMethod = "hash_to_port_mapping" // as set by HashToPort
)

func ofTeam(name string, value any) Option {
	return Option{Name: name, Value: value, Index: -1}
}

func ofPort(name, port string, value any) Option {
	return Option{Name: name, Value: value, PortName: port, Index: -1}
}

// Mode is the way the ports share the frames ("mode"). It changes only while the
// team has no ports.
func Mode(mode iplink.TeamMode) Option { return ofTeam("mode", mode) }

// NotifyPeersCount is the number of bursts of gratuitous ARP and unsolicited
// neighbour advertisements that are sent when a port comes into use; 0 by default
// ("notify_peers_count").
func NotifyPeersCount(n uint32) Option { return ofTeam("notify_peers_count", n) }

// NotifyPeersInterval is the time between those bursts, in whole milliseconds
// up to 2³²-1; 0 by default ("notify_peers_interval").
func NotifyPeersInterval(d time.Duration) Option { return ofTeam("notify_peers_interval", d) }

// MCastRejoinCount is the number of bursts of multicast group joins that are sent
// when a port comes into use; 0 by default ("mcast_rejoin_count").
func MCastRejoinCount(n uint32) Option { return ofTeam("mcast_rejoin_count", n) }

// MCastRejoinInterval is the time between those bursts, in whole milliseconds
// up to 2³²-1; 0 by default ("mcast_rejoin_interval").
func MCastRejoinInterval(d time.Duration) Option { return ofTeam("mcast_rejoin_interval", d) }

// Enabled sets whether a port receives and sends; true by default ("enabled").
func Enabled(port string, on bool) Option { return ofPort("enabled", port, on) }

// RxEnabled is the receiving half of Enabled ("rx_enabled"). Linux 6.12 does not
// have it, 7.3 does.
func RxEnabled(port string, on bool) Option { return ofPort("rx_enabled", port, on) }

// TxEnabled is the sending half of Enabled ("tx_enabled"). Linux 6.12 does not have
// it, 7.3 does.
func TxEnabled(port string, on bool) Option { return ofPort("tx_enabled", port, on) }

// UserLinkUp sets whether a program considers the port's link up ("user_linkup"). It
// replaces the kernel's own link state if UserLinkUpEnabled is true.
func UserLinkUp(port string, up bool) Option { return ofPort("user_linkup", port, up) }

// UserLinkUpEnabled sets whether UserLinkUp is in effect; false by default
// ("user_linkup_enabled").
func UserLinkUpEnabled(port string, on bool) Option { return ofPort("user_linkup_enabled", port, on) }

// Priority is the priority of a port; 0 by default ("priority"). For the kernel,
// which orders the ports of a queue by it, lower is better; for a runner, higher.
func Priority(port string, priority int32) Option { return ofPort("priority", port, priority) }

// QueueID is the transmit queue of the team that belongs to the port, less than the
// number of the team's queues; 0, for none, by default ("queue_id").
func QueueID(port string, queue uint16) Option { return ofPort("queue_id", port, queue) }

// ActivePort is the interface index of the port in use, in mode ActiveBackup
// ("activeport"). It cannot be unset.
func ActivePort(port int) Option { return ofTeam("activeport", port) }

// HashFunc is the program that computes the hash of a frame, in mode LoadBalance,
// with at most 4096 instructions ("bpf_hash_func"). With an empty program every
// frame has the hash 0. TxHash returns a program.
func HashFunc(program []Instruction) Option { return ofTeam("bpf_hash_func", program) }

// Method is the way a team in mode LoadBalance selects the port for a hash
// ("lb_tx_method").
func Method(method TxMethod) Option { return ofTeam("lb_tx_method", method) }

// HashToPort is the interface index of the port for frames with a hash, in mode
// LoadBalance with ByMapping ("lb_tx_hash_to_port_mapping"). The port must be
// enabled. The kernel unsets the option when the port is disabled.
func HashToPort(hash uint8, port int) Option {
	return Option{Name: "lb_tx_hash_to_port_mapping", Value: port, Index: int(hash)}
}

// StatsRefreshInterval is the time between the kernel's reports of the traffic of
// each hash and port, in mode LoadBalance, in tenths of a second up to 2³²-1; 0, for
// never, by default ("lb_stats_refresh_interval").
func StatsRefreshInterval(d time.Duration) Option { return ofTeam("lb_stats_refresh_interval", d) }
