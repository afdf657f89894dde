package iplink

import (
	"math"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var bondKind = kind{
	config:         "BONDING",
	info:           func() info { return new(BondInfo) },
	port:           func() info { return new(BondPortInfo) },
	mtu:            [2]uint32{68, 65535},
	driver:         "bonding",
	portsDown:      syscall.EPERM,
	whileDown:      bondWhileDown,
	whileFree:      bondWhileFree,
	notFree:        syscall.ENOTEMPTY,
	validateChange: bondBefore,
	reason:         bondReason,
	portReason:     bondPortReason,
	portCounters:   attr.SetOf(uapi.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT),
}

// BondInfo is what the kernel says of a bond.
type BondInfo struct {
	// Mode says how the ports share the frames (IFLA_BOND_MODE).
	Mode BondMode
	// ActiveSlave is the interface index of the port in use, 0 if there is
	// none; only BondActiveBackup, BondBalanceTLB and BondBalanceALB have one
	// (IFLA_BOND_ACTIVE_SLAVE).
	ActiveSlave int
	// Primary is the interface index of the port that is preferred, 0 if there
	// is none or it is no port yet (IFLA_BOND_PRIMARY), and PrimaryReselect
	// when it takes over again (IFLA_BOND_PRIMARY_RESELECT).
	Primary         int
	PrimaryReselect BondPrimaryReselect

	// MIIMon is the time between looks at the carrier of the ports, 0 for none
	// (IFLA_BOND_MIIMON); UpDelay and DownDelay are how long a carrier must be
	// there, or gone, to count (IFLA_BOND_UPDELAY, IFLA_BOND_DOWNDELAY).
	MIIMon, UpDelay, DownDelay time.Duration
	// UseCarrier reports whether MIIMon asks the kernel for the carrier; recent
	// kernels always do (IFLA_BOND_USE_CARRIER).
	UseCarrier bool
	// ARPInterval is the time between probes of the targets, 0 for none
	// (IFLA_BOND_ARP_INTERVAL); ARPIPTargets and NSIP6Targets are whom ARP
	// and neighbour solicitations ask for (IFLA_BOND_ARP_IP_TARGET,
	// IFLA_BOND_NS_IP6_TARGET).
	ARPInterval                time.Duration
	ARPIPTargets, NSIP6Targets []netip.Addr
	// ARPValidate says of which ports the probes and answers are looked at
	// (IFLA_BOND_ARP_VALIDATE), ARPAllTargets whether one target suffices
	// (IFLA_BOND_ARP_ALL_TARGETS), and ARPMissedMax how many probes without an
	// answer take a port down (IFLA_BOND_MISSED_MAX).
	ARPValidate   BondARPValidate
	ARPAllTargets BondARPAllTargets
	ARPMissedMax  uint8

	// FailOverMAC says which link-layer address the ports have
	// (IFLA_BOND_FAIL_OVER_MAC).
	FailOverMAC BondFailOverMAC
	// XmitHashPolicy says by what a flow keeps to a port
	// (IFLA_BOND_XMIT_HASH_POLICY).
	XmitHashPolicy BondXmitHashPolicy
	// ResendIGMP is how many reports of group memberships follow a change of
	// port (IFLA_BOND_RESEND_IGMP).
	ResendIGMP uint32
	// NumPeerNotif is how many gratuitous ARPs and neighbour advertisements
	// follow a change of port (IFLA_BOND_NUM_PEER_NOTIF), and PeerNotifDelay
	// the time between them (IFLA_BOND_PEER_NOTIF_DELAY).
	NumPeerNotif   uint8
	PeerNotifDelay time.Duration
	// AllSlavesActive takes frames that came in at ports not in use
	// (IFLA_BOND_ALL_SLAVES_ACTIVE).
	AllSlavesActive bool
	// MinLinks is how many ports must be up for a bond in Bond8023AD to have a
	// carrier (IFLA_BOND_MIN_LINKS).
	MinLinks uint32
	// LPInterval is the time between learning packets to the switches
	// (IFLA_BOND_LP_INTERVAL).
	LPInterval time.Duration
	// PacketsPerSlave is how many packets leave by one port in turn, 0 for
	// ports chosen at random (IFLA_BOND_PACKETS_PER_SLAVE).
	PacketsPerSlave uint32
	// TLBDynamicLB moves flows between ports by their load
	// (IFLA_BOND_TLB_DYNAMIC_LB).
	TLBDynamicLB bool

	// LACPRate, LACPActive, LACPStrict, ADSelect, CoupledControl and
	// BroadcastNeighbor are how Bond8023AD works (IFLA_BOND_AD_LACP_RATE, …).
	LACPRate          BondLACPRate
	LACPActive        bool
	LACPStrict        bool
	ADSelect          BondADSelect
	CoupledControl    bool
	BroadcastNeighbor bool
	// ADActorSysPrio, ADUserPortKey and ADActorSystem are what the bond calls
	// itself. The kernel tells only in Bond8023AD, and only a reader with
	// CAP_NET_ADMIN in the initial user namespace
	// (IFLA_BOND_AD_ACTOR_SYS_PRIO, …).
	ADActorSysPrio uint16
	ADUserPortKey  uint16
	ADActorSystem  net.HardwareAddr
	// ADInfo is the active aggregator of Bond8023AD; zero if there is none
	// (IFLA_BOND_AD_INFO).
	ADInfo BondADInfo

	// Reselect asks the kernel to choose the port in use anew; it is set by
	// ClearActiveSlave, and the kernel does not report it.
	Reselect bool
}

// BondADInfo is the active aggregator of a bond in Bond8023AD: the ports that
// act as one link.
type BondADInfo struct {
	Aggregator           uint16           // its id
	Ports                uint16           // how many ports it has
	ActorKey, PartnerKey uint16           // what the two ends call it
	PartnerSystem        net.HardwareAddr // the other end's address, zero if it is silent
}

// A BondMode says how the ports of a bond share the frames.
type BondMode uint8

// Modes.
const (
	BondBalanceRR    BondMode = iota // all ports in turn
	BondActiveBackup                 // one port, another when it fails
	BondBalanceXOR                   // a port for each flow, by XmitHashPolicy
	BondBroadcast                    // every frame by all ports
	Bond8023AD                       // as agreed by the link aggregation control protocol, IEEE 802.3ad
	BondBalanceTLB                   // a port for each flow, by load; one port receives
	BondBalanceALB                   // by load both ways, through ARP
)

var bondModes = attr.Words{"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}

// String returns the word of iproute2.
func (m BondMode) String() string {
	return attr.Word(bondModes, m)
}

// A BondPrimaryReselect says when the primary port of a bond takes over again.
type BondPrimaryReselect uint8

// When the primary port takes over.
const (
	BondReselectAlways  BondPrimaryReselect = iota // as soon as it is up
	BondReselectBetter                             // if it is faster than the port in use
	BondReselectFailure                            // only when the port in use fails
)

var bondPrimaryReselects = attr.Words{"always", "better", "failure"}

// String returns the word of iproute2.
func (r BondPrimaryReselect) String() string {
	return attr.Word(bondPrimaryReselects, r)
}

// A BondARPValidate says of which ports of a bond probes and answers are looked
// at, rather than any traffic counted.
type BondARPValidate uint32

// Which ports are looked at; with filtering, only ARP and neighbour discovery
// count for the others.
const (
	BondValidateNone         BondARPValidate = iota // none
	BondValidateActive                              // the port in use
	BondValidateBackup                              // the others
	BondValidateAll                                 // all
	BondValidateFilter                              // none, with filtering
	BondValidateFilterActive                        // the port in use, with filtering
	BondValidateFilterBackup                        // the others, with filtering
)

var bondARPValidates = attr.Words{"none", "active", "backup", "all", "filter", "filter_active", "filter_backup"}

// String returns the word of iproute2.
func (v BondARPValidate) String() string {
	return attr.Word(bondARPValidates, v)
}

// A BondARPAllTargets says how many targets must answer for a port of a bond to
// count as up.
type BondARPAllTargets uint32

// How many targets must answer.
const (
	BondARPAny BondARPAllTargets = iota // one
	BondARPAll                          // all
)

var bondARPAllTargets = attr.Words{"any", "all"}

// String returns the word of iproute2.
func (t BondARPAllTargets) String() string {
	return attr.Word(bondARPAllTargets, t)
}

// A BondFailOverMAC says which link-layer address the ports of a bond have.
type BondFailOverMAC uint8

// Which address the ports have.
const (
	BondFailOverNone   BondFailOverMAC = iota // all that of the bond
	BondFailOverActive                        // each its own, and the bond that of the port in use
	BondFailOverFollow                        // the port in use that of the bond, the others their own
)

var bondFailOverMACs = attr.Words{"none", "active", "follow"}

// String returns the word of iproute2.
func (f BondFailOverMAC) String() string {
	return attr.Word(bondFailOverMACs, f)
}

// A BondXmitHashPolicy says by what a flow keeps to a port of a bond.
type BondXmitHashPolicy uint8

// What makes a flow.
const (
	BondHashLayer2     BondXmitHashPolicy = iota // link-layer addresses and the protocol
	BondHashLayer34                              // IP addresses and ports
	BondHashLayer23                              // link-layer and IP addresses
	BondHashEncap23                              // as BondHashLayer23, inside tunnels
	BondHashEncap34                              // as BondHashLayer34, inside tunnels
	BondHashVLANSrcMAC                           // the VLAN and the source's link-layer address
)

var bondXmitHashPolicies = attr.Words{"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"}

// String returns the word of iproute2.
func (p BondXmitHashPolicy) String() string {
	return attr.Word(bondXmitHashPolicies, p)
}

// A BondLACPRate says how often the other end of a bond is asked to send frames
// of the link aggregation control protocol.
type BondLACPRate uint8

// How often the other end sends.
const (
	BondLACPSlow BondLACPRate = iota // every 30 s
	BondLACPFast                     // every second
)

var bondLACPRates = attr.Words{"slow", "fast"}

// String returns the word of iproute2.
func (r BondLACPRate) String() string {
	return attr.Word(bondLACPRates, r)
}

// A BondADSelect says which aggregator of a bond is put to use, if its ports
// lead to several systems.
type BondADSelect uint8

// Which aggregator is put to use.
const (
	BondADStable        BondADSelect = iota // the one in use as long as it has a port
	BondADBandwidth                         // that with the most bandwidth
	BondADCount                             // that with the most ports
	BondADActorPortPrio                     // that with the highest sum of port priorities; since Linux 6.18
)

var bondADSelects = attr.Words{"stable", "bandwidth", "count", "actor_port_prio"}

// String returns the word of iproute2.
func (s BondADSelect) String() string {
	return attr.Word(bondADSelects, s)
}

func (b *BondInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_BOND_MODE, "mode", &b.Mode, bondModes)
	attr.Index(b.choice(c), uapi.IFLA_BOND_ACTIVE_SLAVE, "active_slave", &b.ActiveSlave, "clear_active_slave")
	b.monitor(c)
	attr.Index(c.Optional(), uapi.IFLA_BOND_PRIMARY, "primary", &b.Primary, "")
	attr.Enum(c, uapi.IFLA_BOND_PRIMARY_RESELECT, "primary_reselect", &b.PrimaryReselect, bondPrimaryReselects)
	attr.Enum(c, uapi.IFLA_BOND_FAIL_OVER_MAC, "fail_over_mac", &b.FailOverMAC, bondFailOverMACs)
	attr.Enum(c, uapi.IFLA_BOND_XMIT_HASH_POLICY, "xmit_hash_policy", &b.XmitHashPolicy, bondXmitHashPolicies)
	attr.U32(c, uapi.IFLA_BOND_RESEND_IGMP, "resend_igmp", &b.ResendIGMP, 0, 255)
	attr.U8(c, uapi.IFLA_BOND_NUM_PEER_NOTIF, "num_grat_arp", &b.NumPeerNotif)
	attr.Bool01(c, uapi.IFLA_BOND_ALL_SLAVES_ACTIVE, "all_slaves_active", &b.AllSlavesActive)
	attr.U32(c, uapi.IFLA_BOND_MIN_LINKS, "min_links", &b.MinLinks, 0, math.MaxInt32)
	attr.Seconds(c, uapi.IFLA_BOND_LP_INTERVAL, "lp_interval", &b.LPInterval, time.Second, math.MaxInt32*time.Second)
	attr.U32(c, uapi.IFLA_BOND_PACKETS_PER_SLAVE, "packets_per_slave", &b.PacketsPerSlave, 0, 65535)
	attr.Bool01(c, uapi.IFLA_BOND_TLB_DYNAMIC_LB, "tlb_dynamic_lb", &b.TLBDynamicLB)
	b.lacp(c)
}

// choice makes ClearActiveSlave an order: the kernel reports the port that it
// then chose.
func (b *BondInfo) choice(c *attr.Codec) *attr.Codec {
	if b.Reselect {
		return c.WriteOnly()
	}
	return c
}

func (b *BondInfo) monitor(c *attr.Codec) {
	const most = math.MaxInt32 * time.Millisecond
	attr.Millis(c, uapi.IFLA_BOND_MIIMON, "miimon", &b.MIIMon, 0, most)
	attr.Millis(c, uapi.IFLA_BOND_UPDELAY, "updelay", &b.UpDelay, 0, most)
	attr.Millis(c, uapi.IFLA_BOND_DOWNDELAY, "downdelay", &b.DownDelay, 0, most)
	attr.Millis(c, uapi.IFLA_BOND_PEER_NOTIF_DELAY, "peer_notify_delay", &b.PeerNotifDelay, 0, 300*time.Second)
	attr.Bool01(c, uapi.IFLA_BOND_USE_CARRIER, "use_carrier", &b.UseCarrier)
	attr.Millis(c, uapi.IFLA_BOND_ARP_INTERVAL, "arp_interval", &b.ARPInterval, 0, most)
	attr.Custom(c, uapi.IFLA_BOND_ARP_IP_TARGET, "arp_ip_target", (*arpTargets)(&b.ARPIPTargets))
	attr.Custom(c, uapi.IFLA_BOND_NS_IP6_TARGET, "ns_ip6_target", (*nsTargets)(&b.NSIP6Targets))
	attr.Enum(c, uapi.IFLA_BOND_ARP_VALIDATE, "arp_validate", &b.ARPValidate, bondARPValidates)
	attr.Enum(c, uapi.IFLA_BOND_ARP_ALL_TARGETS, "arp_all_targets", &b.ARPAllTargets, bondARPAllTargets)
	attr.U8(c, uapi.IFLA_BOND_MISSED_MAX, "arp_missed_max", &b.ARPMissedMax, 1, 255)
}

func (b *BondInfo) lacp(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_BOND_AD_LACP_RATE, "lacp_rate", &b.LACPRate, bondLACPRates)
	attr.OnOff(c, uapi.IFLA_BOND_AD_LACP_ACTIVE, "lacp_active", &b.LACPActive)
	attr.Enum(c, uapi.IFLA_BOND_AD_SELECT, "ad_select", &b.ADSelect, bondADSelects)
	attr.U16(c.Optional(), uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO, "ad_actor_sys_prio", &b.ADActorSysPrio, 1, 65535)
	attr.U16(c.Optional(), uapi.IFLA_BOND_AD_USER_PORT_KEY, "ad_user_port_key", &b.ADUserPortKey, 0, 1023)
	attr.MAC(c.Optional(), uapi.IFLA_BOND_AD_ACTOR_SYSTEM, "ad_actor_system", &b.ADActorSystem)
	attr.OnOff(c.Since(6, 9), uapi.IFLA_BOND_COUPLED_CONTROL, "coupled_control", &b.CoupledControl)
	attr.OnOff(c.Since(6, 17), uapi.IFLA_BOND_BROADCAST_NEIGH, "broadcast_neighbor", &b.BroadcastNeighbor)
	attr.OnOff(c.Since(7, 2).NoKeyword(), uapi.IFLA_BOND_LACP_STRICT, "lacp_strict", &b.LACPStrict)
	attr.Nest(c, uapi.IFLA_BOND_AD_INFO, "ad_info", b.ADInfo.attrs)
}

func (a *BondADInfo) attrs(c *attr.Codec) {
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_AGGREGATOR, "aggregator", &a.Aggregator)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_NUM_PORTS, "num_ports", &a.Ports)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_ACTOR_KEY, "actor_key", &a.ActorKey)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_PARTNER_KEY, "partner_key", &a.PartnerKey)
	attr.MAC(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_PARTNER_MAC, "partner_mac", &a.PartnerSystem)
}
