package team

import (
	"time"

	"github.com/iplink-go/iplink"
)

// An Option is an option of a team, or of one of its ports: one to be set, from
// a function such as Priority, or one that an Event reports.
type Option struct {
	// Name is the kernel's name of it, such as "priority".
	Name string
	// Value has the type that the function of the option takes. Of an option
	// that this library does not know it is an int32, a uint32, a bool, a
	// string or a []byte.
	Value any
	// Port is the interface index of the port that it is about, 0 if it is
	// about the team, or if PortName says which.
	Port     int
	PortName string
	// Index is that of the element if the option is an array; -1 if not.
	Index int
}

// An Instruction is one of classic BPF (struct sock_filter).
type Instruction struct {
	Op     uint16
	JT, JF uint8
	K      uint32
}

// A TxMethod says how a team in mode LoadBalance finds the port for a hash.
type TxMethod string

// Methods.
const (
	ByHash    TxMethod = "hash"                 // the ports share the hashes evenly
	ByMapping TxMethod = "hash_to_port_mapping" // as HashToPort says
)

func ofTeam(name string, value any) Option {
	return Option{Name: name, Value: value, Index: -1}
}

func ofPort(name, port string, value any) Option {
	return Option{Name: name, Value: value, PortName: port, Index: -1}
}

// Mode is how the ports share the frames ("mode"). It changes only while the
// team has no ports.
func Mode(mode iplink.TeamMode) Option { return ofTeam("mode", mode) }

// NotifyPeersCount is how many bursts of gratuitous ARP and unsolicited
// neighbour advertisements go out when a port comes into use; 0 by default
// ("notify_peers_count").
func NotifyPeersCount(n uint32) Option { return ofTeam("notify_peers_count", n) }

// NotifyPeersInterval is the time between those bursts, in whole milliseconds
// up to 2³²-1; 0 by default ("notify_peers_interval").
func NotifyPeersInterval(d time.Duration) Option { return ofTeam("notify_peers_interval", d) }

// MCastRejoinCount is how many bursts of joins of multicast groups go out when
// a port comes into use; 0 by default ("mcast_rejoin_count").
func MCastRejoinCount(n uint32) Option { return ofTeam("mcast_rejoin_count", n) }

// MCastRejoinInterval is the time between those bursts, in whole milliseconds
// up to 2³²-1; 0 by default ("mcast_rejoin_interval").
func MCastRejoinInterval(d time.Duration) Option { return ofTeam("mcast_rejoin_interval", d) }

// Enabled says whether a port receives and sends; true by default ("enabled").
func Enabled(port string, on bool) Option { return ofPort("enabled", port, on) }

// RxEnabled is the receiving half of Enabled ("rx_enabled"). Linux 6.12 does not
// have it, 7.3 does.
func RxEnabled(port string, on bool) Option { return ofPort("rx_enabled", port, on) }

// TxEnabled is the sending half of Enabled ("tx_enabled"). Linux 6.12 does not
// have it, 7.3 does.
func TxEnabled(port string, on bool) Option { return ofPort("tx_enabled", port, on) }

// UserLinkUp says whether a program finds the port's link up ("user_linkup"). It
// takes the place of what the kernel finds if UserLinkUpEnabled is true.
func UserLinkUp(port string, up bool) Option { return ofPort("user_linkup", port, up) }

// UserLinkUpEnabled says whether UserLinkUp counts; false by default
// ("user_linkup_enabled").
func UserLinkUpEnabled(port string, on bool) Option { return ofPort("user_linkup_enabled", port, on) }

// Priority is the priority of a port; 0 by default ("priority"). To the kernel,
// which orders the ports of a queue by it, lower is better; to a runner, higher.
func Priority(port string, priority int32) Option { return ofPort("priority", port, priority) }

// QueueID is the transmit queue of the team that belongs to the port, less than
// the number of the team's queues; 0, none, by default ("queue_id").
func QueueID(port string, queue uint16) Option { return ofPort("queue_id", port, queue) }

// ActivePort is the interface index of the port in use, in mode ActiveBackup
// ("activeport"). It cannot be unset.
func ActivePort(port int) Option { return ofTeam("activeport", port) }

// HashFunc is the program that makes a hash of a frame, in mode LoadBalance, of
// at most 4096 instructions; of an empty one every frame has the hash 0
// ("bpf_hash_func"). TxHash gives one.
func HashFunc(program []Instruction) Option { return ofTeam("bpf_hash_func", program) }

// Method is how a team in mode LoadBalance finds the port for a hash
// ("lb_tx_method").
func Method(method TxMethod) Option { return ofTeam("lb_tx_method", method) }

// HashToPort is the interface index of the port for frames of a hash, which must
// be enabled, in mode LoadBalance with ByMapping ("lb_tx_hash_to_port_mapping").
// The kernel unsets it when the port is disabled.
func HashToPort(hash uint8, port int) Option {
	return Option{Name: "lb_tx_hash_to_port_mapping", Value: port, Index: int(hash)}
}

// StatsRefreshInterval is how often the kernel reports the traffic of each hash
// and port, in mode LoadBalance, in tenths of a second up to 2³²-1; 0, never, by
// default ("lb_stats_refresh_interval").
func StatsRefreshInterval(d time.Duration) Option { return ofTeam("lb_stats_refresh_interval", d) }
