package iplink

import (
	"net"
	"net/netip"
	"syscall"
	"time"
)

var bondKind = kind{
	config:     "BONDING",
	info:       func() info { return new(BondInfo) },
	port:       func() info { return new(BondPortInfo) },
	mtu:        [2]uint32{68, 65535},
	driver:     "bonding",
	portsDown:  syscall.EPERM,
	whileDown:  bondWhileDown,
	whileFree:  bondWhileFree,
	notFree:    syscall.ENOTEMPTY,
	before:     bondBefore,
	reason:     bondReason,
	portReason: bondPortReason,
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
