package iplink

import (
	"math"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

var bondKind = kind{
	config:         "BONDING",
	info:           func() info { return new(BondInfo) },
	port:           func() info { return new(BondPortInfo) },
	mtu:            [2]uint32{68, 65535},
	driver:         "bonding",
	portsDown:      syscall.EPERM,
	namesPort:      attr.SetOf(uapi.IFLA_BOND_PRIMARY, uapi.IFLA_BOND_ACTIVE_SLAVE),
	whileDown:      bondWhileDown,
	whileFree:      bondWhileFree,
	notFree:        syscall.ENOTEMPTY,
	validateChange: bondBefore,
	reason:         bondReason,
	portReason:     bondPortReason,
	ownAddress:     func(port info) net.HardwareAddr { return port.(*BondPortInfo).PermAddress },
	defaults: "mode balance-rr miimon 0 updelay 0 downdelay 0 peer_notify_delay 0 use_carrier 1 arp_interval 0 arp_validate none " +
		"arp_all_targets any arp_missed_max 2 primary_reselect always fail_over_mac none xmit_hash_policy layer2 resend_igmp 1 num_grat_arp 1 " +
		"all_slaves_active 0 min_links 0 lp_interval 1 packets_per_slave 1 tlb_dynamic_lb 1 lacp_rate slow lacp_active on ad_select stable " +
		"coupled_control on broadcast_neighbor off lacp_strict off numtxqueues 16 numrxqueues 16",
	portDefaults: "queue_id 0 prio 0",
	copied:       func(_ *Link, s *own.Settings) { s.Set.Remove(uapi.IFLA_BOND_ACTIVE_SLAVE) }, // which the bond chooses among its ports
}

// BondInfo holds the attributes of a bond.
type BondInfo struct {
	// Mode determines how the ports share the frames (IFLA_BOND_MODE).
	Mode BondMode
	// ActiveSlave is the interface index of the active port, 0 if there is none;
	// only BondActiveBackup, BondBalanceTLB and BondBalanceALB have one
	// (IFLA_BOND_ACTIVE_SLAVE).
	ActiveSlave int
	// Primary is the interface index of the preferred port, 0 if there is none or it
	// is not a port yet (IFLA_BOND_PRIMARY). PrimaryReselect determines when that
	// port becomes active again (IFLA_BOND_PRIMARY_RESELECT).
	Primary         int
	PrimaryReselect BondPrimaryReselect

	// MIIMon is the interval at which the carrier of the ports is checked, 0 for
	// never (IFLA_BOND_MIIMON). UpDelay and DownDelay are the times for which a
	// carrier must be present or absent to count (IFLA_BOND_UPDELAY,
	// IFLA_BOND_DOWNDELAY).
	MIIMon, UpDelay, DownDelay time.Duration
	// UseCarrier reports whether MIIMon gets the carrier from the kernel; recent
	// kernels always do (IFLA_BOND_USE_CARRIER).
	UseCarrier bool
	// ARPInterval is the interval between probes of the targets, 0 for no probes
	// (IFLA_BOND_ARP_INTERVAL). ARPIPTargets and NSIP6Targets are the targets of ARP
	// requests and neighbour solicitations (IFLA_BOND_ARP_IP_TARGET,
	// IFLA_BOND_NS_IP6_TARGET).
	ARPInterval                time.Duration
	ARPIPTargets, NSIP6Targets []netip.Addr
	// ARPValidate selects the ports whose probes and replies are validated
	// (IFLA_BOND_ARP_VALIDATE). ARPAllTargets determines whether one target suffices
	// (IFLA_BOND_ARP_ALL_TARGETS). ARPMissedMax is the number of unanswered probes
	// after which a port counts as down (IFLA_BOND_MISSED_MAX).
	ARPValidate   BondARPValidate
	ARPAllTargets BondARPAllTargets
	ARPMissedMax  uint8

	// FailOverMAC determines the link-layer addresses of the ports
	// (IFLA_BOND_FAIL_OVER_MAC).
	FailOverMAC BondFailOverMAC
	// XmitHashPolicy determines the fields that assign frames to a port
	// (IFLA_BOND_XMIT_HASH_POLICY).
	XmitHashPolicy BondXmitHashPolicy
	// ResendIGMP is the number of group membership reports sent after a change of
	// the active port (IFLA_BOND_RESEND_IGMP).
	ResendIGMP uint32
	// NumPeerNotif is the number of gratuitous ARPs and neighbour advertisements
	// sent after a change of the active port (IFLA_BOND_NUM_PEER_NOTIF), and
	// PeerNotifDelay the interval between them (IFLA_BOND_PEER_NOTIF_DELAY).
	NumPeerNotif   uint8
	PeerNotifDelay time.Duration
	// AllSlavesActive reports whether frames received at inactive ports are accepted
	// (IFLA_BOND_ALL_SLAVES_ACTIVE).
	AllSlavesActive bool
	// MinLinks is the number of ports that must be up for a bond in Bond8023AD to
	// have a carrier (IFLA_BOND_MIN_LINKS).
	MinLinks uint32
	// LPInterval is the interval between learning packets to the switches
	// (IFLA_BOND_LP_INTERVAL).
	LPInterval time.Duration
	// PacketsPerSlave is the number of packets that are sent through one port before
	// the next, 0 for random ports (IFLA_BOND_PACKETS_PER_SLAVE).
	PacketsPerSlave uint32
	// TLBDynamicLB reports whether flows move between ports according to load
	// (IFLA_BOND_TLB_DYNAMIC_LB).
	TLBDynamicLB bool

	// LACPRate, LACPActive, LACPStrict, ADSelect, CoupledControl and
	// BroadcastNeighbor are options of Bond8023AD (IFLA_BOND_AD_LACP_RATE, …).
	LACPRate          BondLACPRate
	LACPActive        bool
	LACPStrict        bool
	ADSelect          BondADSelect
	CoupledControl    bool
	BroadcastNeighbor bool
	// ADActorSysPrio, ADUserPortKey and ADActorSystem identify the bond to the other
	// end. The kernel reports them only in Bond8023AD, and only to a reader with
	// CAP_NET_ADMIN in the initial user namespace (IFLA_BOND_AD_ACTOR_SYS_PRIO, …).
	ADActorSysPrio uint16
	ADUserPortKey  uint16
	ADActorSystem  net.HardwareAddr
	// ADInfo is the active aggregator in Bond8023AD; zero if there is none
	// (IFLA_BOND_AD_INFO).
	ADInfo BondADInfo

	// Reselect requests that the kernel select the active port again.
	// ClearActiveSlave sets it, and the kernel does not report it.
	Reselect bool
}

// BondADInfo describes the active aggregator of a bond in Bond8023AD: the ports that
// act as one link.
type BondADInfo struct {
	Aggregator           uint16           // the id
	Ports                uint16           // the number of ports
	ActorKey, PartnerKey uint16           // the keys at the two ends
	PartnerSystem        net.HardwareAddr // the address of the other end, zero if it has not answered
}

// A BondMode determines how the ports of a bond share the frames.
type BondMode uint8

// Modes of a bond.
const (
	BondBalanceRR    BondMode = iota // round-robin over all ports
	BondActiveBackup                 // one port, and another if it fails
	BondBalanceXOR                   // a port for each flow, by XmitHashPolicy
	BondBroadcast                    // every frame through all ports
	Bond8023AD                       // as negotiated by the link aggregation control protocol, IEEE 802.3ad
	BondBalanceTLB                   // a port for each flow, by load; one port receives
	BondBalanceALB                   // by load in both directions, using ARP
)

var bondModes = attr.Words{"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}

// String returns iproute2's word for the mode.
func (m BondMode) String() string {
	return attr.Word(bondModes, m)
}

// A BondPrimaryReselect determines when the primary port of a bond becomes active
// again.
type BondPrimaryReselect uint8

// Conditions under which the primary port becomes active again.
const (
	BondReselectAlways  BondPrimaryReselect = iota // as soon as it is up
	BondReselectBetter                             // if it is faster than the active port
	BondReselectFailure                            // only if the active port fails
)

var bondPrimaryReselects = attr.Words{"always", "better", "failure"}

// String returns iproute2's word for the condition.
func (r BondPrimaryReselect) String() string {
	return attr.Word(bondPrimaryReselects, r)
}

// A BondARPValidate selects the ports of a bond whose probes and replies are
// validated. For the other ports, any traffic counts.
type BondARPValidate uint32

// Ports that are validated. With filtering, only ARP and neighbour discovery count
// for the other ports.
const (
	BondValidateNone         BondARPValidate = iota // none
	BondValidateActive                              // the active port
	BondValidateBackup                              // the backup ports
	BondValidateAll                                 // all
	BondValidateFilter                              // none, with filtering
	BondValidateFilterActive                        // the active port, with filtering
	BondValidateFilterBackup                        // the backup ports, with filtering
)

var bondARPValidates = attr.Words{"none", "active", "backup", "all", "filter", "filter_active", "filter_backup"}

// String returns iproute2's word for the setting.
func (v BondARPValidate) String() string {
	return attr.Word(bondARPValidates, v)
}

// A BondARPAllTargets determines how many targets must reply for a port of a bond to
// count as up.
type BondARPAllTargets uint32

// Numbers of targets that must reply.
const (
	BondARPAny BondARPAllTargets = iota // one target
	BondARPAll                          // all targets
)

var bondARPAllTargets = attr.Words{"any", "all"}

// String returns iproute2's word for the setting.
func (t BondARPAllTargets) String() string {
	return attr.Word(bondARPAllTargets, t)
}

// A BondFailOverMAC determines the link-layer addresses of the ports of a bond.
type BondFailOverMAC uint8

// Assignments of link-layer addresses to the ports.
const (
	BondFailOverNone   BondFailOverMAC = iota // all ports have the address of the bond
	BondFailOverActive                        // the bond has the address of the active port; each port has its own
	BondFailOverFollow                        // the active port has the address of the bond; the others have their own
)

var bondFailOverMACs = attr.Words{"none", "active", "follow"}

// String returns iproute2's word for the assignment.
func (f BondFailOverMAC) String() string {
	return attr.Word(bondFailOverMACs, f)
}

// A BondXmitHashPolicy determines the fields that assign the frames of a bond to a
// port.
type BondXmitHashPolicy uint8

// Fields that determine the port.
const (
	BondHashLayer2     BondXmitHashPolicy = iota // link-layer addresses and the protocol
	BondHashLayer34                              // IP addresses and ports
	BondHashLayer23                              // link-layer and IP addresses
	BondHashEncap23                              // like BondHashLayer23, inside tunnels
	BondHashEncap34                              // like BondHashLayer34, inside tunnels
	BondHashVLANSrcMAC                           // the VLAN and the source link-layer address
)

var bondXmitHashPolicies = attr.Words{"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"}

// String returns iproute2's word for the policy.
func (p BondXmitHashPolicy) String() string {
	return attr.Word(bondXmitHashPolicies, p)
}

// A BondLACPRate is the rate at which a bond requests frames of the link aggregation
// control protocol from the other end.
type BondLACPRate uint8

// Rates at which the other end sends.
const (
	BondLACPSlow BondLACPRate = iota // every 30 s
	BondLACPFast                     // every second
)

var bondLACPRates = attr.Words{"slow", "fast"}

// String returns iproute2's word for the rate.
func (r BondLACPRate) String() string {
	return attr.Word(bondLACPRates, r)
}

// A BondADSelect determines which aggregator of a bond becomes active if its ports
// lead to several systems.
type BondADSelect uint8

// Criteria for the active aggregator.
const (
	BondADStable        BondADSelect = iota // the active one as long as it has a port
	BondADBandwidth                         // the one with the largest bandwidth
	BondADCount                             // the one with the most ports
	BondADActorPortPrio                     // the one with the highest sum of port priorities; since Linux 6.18
)

var bondADSelects = attr.Words{"stable", "bandwidth", "count", "actor_port_prio"}

// String returns iproute2's word for the criterion.
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
	attr.U8(c.Takes("num_unsol_na"), uapi.IFLA_BOND_NUM_PEER_NOTIF, "num_grat_arp", &b.NumPeerNotif)
	attr.Bool01(c, uapi.IFLA_BOND_ALL_SLAVES_ACTIVE, "all_slaves_active", &b.AllSlavesActive)
	attr.U32(c, uapi.IFLA_BOND_MIN_LINKS, "min_links", &b.MinLinks, 0, math.MaxInt32)
	attr.Seconds(c, uapi.IFLA_BOND_LP_INTERVAL, "lp_interval", &b.LPInterval, time.Second, math.MaxInt32*time.Second)
	attr.U32(c, uapi.IFLA_BOND_PACKETS_PER_SLAVE, "packets_per_slave", &b.PacketsPerSlave, 0, 65535)
	attr.Bool01(c, uapi.IFLA_BOND_TLB_DYNAMIC_LB, "tlb_dynamic_lb", &b.TLBDynamicLB)
	b.lacp(c)
}

// choice makes ClearActiveSlave a write-only setting, because the kernel reports the
// port that it selects afterwards.
func (b *BondInfo) choice(c *attr.Codec) *attr.Codec {
	if b.Reselect {
		return c.WriteOnly()
	}
	return c
}

// afterWords makes "clear_active_slave" let the kernel select the port again.
func (b *BondInfo) afterWords(s *own.Settings) {
	named := slices.ContainsFunc(s.Refs, func(r attr.Ref) bool { return r.Type == uapi.IFLA_BOND_ACTIVE_SLAVE })
	b.Reselect = s.Set.Has(uapi.IFLA_BOND_ACTIVE_SLAVE) && b.ActiveSlave == 0 && !named
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

// BondPortInfo holds the attributes of a link as a port of a bond.
type BondPortInfo struct {
	// State reports whether the port is active (IFLA_BOND_SLAVE_STATE).
	State BondPortState
	// MIIStatus is the carrier state of the port according to MIIMon
	// (IFLA_BOND_SLAVE_MII_STATUS), and LinkFailureCount the number of times that
	// the port went down (IFLA_BOND_SLAVE_LINK_FAILURE_COUNT).
	MIIStatus        BondMIIStatus
	LinkFailureCount uint32
	// PermAddress is the link-layer address of the link before it joined the bond
	// (IFLA_BOND_SLAVE_PERM_HWADDR).
	PermAddress net.HardwareAddr
	// QueueID is the queue of the bond whose packets are sent through the port, 0
	// for none (IFLA_BOND_SLAVE_QUEUE_ID).
	QueueID uint16
	// Prio is the priority of the port in the selection of the active port
	// (IFLA_BOND_SLAVE_PRIO).
	Prio int32

	// AggregatorID is the aggregator that the port belongs to. This field and the
	// following ones are set only in Bond8023AD (IFLA_BOND_SLAVE_AD_AGGREGATOR_ID).
	AggregatorID uint16
	// ActorOperPortState and PartnerOperPortState are the states of the port at this
	// end and, as far as known, at the other end
	// (IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, …_PARTNER_OPER_PORT_STATE).
	ActorOperPortState, PartnerOperPortState LACPState
	// ActorPortPrio is the priority of the port in the selection of an aggregator by
	// BondADActorPortPrio (IFLA_BOND_SLAVE_ACTOR_PORT_PRIO).
	ActorPortPrio uint16
	// ChurnActorState and ChurnPartnerState report whether the ends agree in time
	// (IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE, …_PARTNER_STATE).
	ChurnActorState, ChurnPartnerState BondChurnState
}

func (p *BondPortInfo) attrs(c *attr.Codec) {
	attr.Enum(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_STATE, "state", &p.State, bondPortStates)
	attr.Enum(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_MII_STATUS, "mii_status", &p.MIIStatus, bondMIIStatuses)
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, "link_failure_count", &p.LinkFailureCount)
	attr.Hardware(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_PERM_HWADDR, "perm_hwaddr", &p.PermAddress)
	attr.U16(c, uapi.IFLA_BOND_SLAVE_QUEUE_ID, "queue_id", &p.QueueID)
	attr.S32(c, uapi.IFLA_BOND_SLAVE_PRIO, "prio", &p.Prio)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, "ad_aggregator_id", &p.AggregatorID)
	attr.U8(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, "ad_actor_oper_port_state", &p.ActorOperPortState)
	attr.Report(c, uapi.IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, "ad_partner_oper_port_state", 2, &p.PartnerOperPortState, (*LACPState).parse)
	attr.U16(c.Since(6, 18), uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO, "actor_port_prio", &p.ActorPortPrio)
	attr.Enum(c.ReadOnly().Since(7, 1), uapi.IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE, "ad_churn_actor_state", &p.ChurnActorState, bondChurnStates)
	attr.Enum(c.ReadOnly().Since(7, 1), uapi.IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE, "ad_churn_partner_state", &p.ChurnPartnerState, bondChurnStates)
}

// A BondPortState reports whether a port of a bond is active.
type BondPortState uint8

// States of a port.
const (
	BondPortActive BondPortState = iota // the port is active
	BondPortBackup                      // the port is a backup
)

var bondPortStates = attr.Words{"ACTIVE", "BACKUP"}

// String returns iproute2's word for the state.
func (s BondPortState) String() string {
	return attr.Word(bondPortStates, s)
}

// A BondMIIStatus is the carrier state of a port according to MIIMon.
type BondMIIStatus uint8

// States of a carrier.
const (
	BondMIIUp        BondMIIStatus = iota // the carrier is up
	BondMIIGoingDown                      // the carrier is lost, for less than DownDelay
	BondMIIDown                           // the carrier is lost
	BondMIIGoingBack                      // the carrier is back, for less than UpDelay
)

var bondMIIStatuses = attr.Words{"UP", "GOING_DOWN", "DOWN", "GOING_BACK"}

// String returns iproute2's word for the status.
func (s BondMIIStatus) String() string {
	return attr.Word(bondMIIStatuses, s)
}

// A BondChurnState reports whether both ends of a port agree in time, IEEE 802.3ad,
// section 43.4.17.
type BondChurnState uint8

// Churn states.
const (
	BondChurnMonitor BondChurnState = iota // the time has not elapsed
	BondChurned                            // the ends do not agree
	BondNoChurn                            // the ends agree
)

var bondChurnStates = attr.Words{"monitoring", "churned", "none"}

// String returns the kernel's word for the state in /proc/net/bonding.
func (s BondChurnState) String() string {
	return attr.Word(bondChurnStates, s)
}

// LACPState is the state of a port in the link aggregation control protocol, one bit
// per property.
type LACPState uint8

// Properties of one end of a port, IEEE 802.3ad, section 43.4.2.2.
const (
	LACPActivity        LACPState = 1 << iota // it sends frames without being asked
	LACPTimeout                               // it requests frames every second
	LACPAggregation                           // it can be aggregated with other ports
	LACPSynchronization                       // it is in the right aggregator
	LACPCollecting                            // it receives
	LACPDistributing                          // it sends
	LACPDefaulted                             // it has no information about the other end
	LACPExpired                               // the other end no longer sends
)

var lacpStateWords = []string{"active", "short_timeout", "aggregating", "in_sync", "collecting", "distributing", "defaulted", "expired"}

// String returns iproute2's words, separated by ",".
func (s LACPState) String() string {
	return attr.BitWords(uint32(s), lacpStateWords, ",")
}

// MarshalText returns the result of String.
func (s LACPState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *LACPState) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(lacpStateWords, "LACP state", text, s)
}

// parse reads one of the states in the kernel's 16-bit form.
func (s *LACPState) parse(b []byte) {
	*s = LACPState(wire.Order.Uint16(b))
}
