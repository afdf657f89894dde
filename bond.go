package iplink

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/uapi"
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

	reselect bool
}

// BondADInfo is the active aggregator of a bond in Bond8023AD: the ports that
// act as one link.
type BondADInfo struct {
	Aggregator           uint16           // its id
	Ports                uint16           // how many ports it has
	ActorKey, PartnerKey uint16           // what the two ends call it
	PartnerSystem        net.HardwareAddr // the other end's address, zero if it is silent
}

// Bond is the builder for a bond: several links that act as one.
type Bond struct {
	builder[Bond]
	info BondInfo
}

// NewBond returns the builder for a bond of that name; see package bond.
func NewBond(name string) *Bond {
	b := new(Bond)
	return b.start(b, KindBond, name)
}

func (b *Bond) settings() info {
	return &b.info
}

// Mode says how the ports share the frames, BondBalanceRR by default. It can
// change only while the bond is down and has no ports (IFLA_BOND_MODE).
func (b *Bond) Mode(mode BondMode) *Bond {
	b.info.Mode = mode
	return b.with(uapi.IFLA_BOND_MODE)
}

// ActiveSlave puts the port of that name to use, which must be up; only in
// BondActiveBackup, BondBalanceTLB and BondBalanceALB (IFLA_BOND_ACTIVE_SLAVE).
func (b *Bond) ActiveSlave(name string) *Bond {
	b.info.reselect = false
	return b.refer(uapi.IFLA_BOND_ACTIVE_SLAVE, name)
}

// ActiveSlaveIndex is ActiveSlave by interface index; 0 is ClearActiveSlave.
func (b *Bond) ActiveSlaveIndex(index int) *Bond {
	b.info.ActiveSlave, b.info.reselect = index, index == 0
	return b.index(uapi.IFLA_BOND_ACTIVE_SLAVE)
}

// ClearActiveSlave lets the kernel choose the port to use anew
// (IFLA_BOND_ACTIVE_SLAVE).
func (b *Bond) ClearActiveSlave() *Bond {
	return b.ActiveSlaveIndex(0)
}

// Primary sets the port, by name, that is preferred; only in BondActiveBackup,
// BondBalanceTLB and BondBalanceALB. The link must exist, and need not be a port
// yet (IFLA_BOND_PRIMARY).
func (b *Bond) Primary(name string) *Bond {
	return b.refer(uapi.IFLA_BOND_PRIMARY, name)
}

// PrimaryIndex is Primary by interface index; 0 for none, which the kernel also
// takes the index of no link for.
func (b *Bond) PrimaryIndex(index int) *Bond {
	b.info.Primary = index
	return b.index(uapi.IFLA_BOND_PRIMARY)
}

// PrimaryReselect says when the primary port takes over again,
// BondReselectAlways by default (IFLA_BOND_PRIMARY_RESELECT).
func (b *Bond) PrimaryReselect(r BondPrimaryReselect) *Bond {
	b.info.PrimaryReselect = r
	return b.with(uapi.IFLA_BOND_PRIMARY_RESELECT)
}

// FailOverMAC says which link-layer address the ports have, BondFailOverNone by
// default, and BondFailOverActive if the first port of BondActiveBackup cannot
// take another. It can change only while the bond has no ports
// (IFLA_BOND_FAIL_OVER_MAC).
func (b *Bond) FailOverMAC(f BondFailOverMAC) *Bond {
	b.info.FailOverMAC = f
	return b.with(uapi.IFLA_BOND_FAIL_OVER_MAC)
}

// XmitHashPolicy says by what a flow keeps to a port, BondHashLayer2 by default;
// it has an effect in BondBalanceXOR, Bond8023AD and BondBalanceTLB
// (IFLA_BOND_XMIT_HASH_POLICY).
func (b *Bond) XmitHashPolicy(p BondXmitHashPolicy) *Bond {
	b.info.XmitHashPolicy = p
	return b.with(uapi.IFLA_BOND_XMIT_HASH_POLICY)
}

// ResendIGMP sets how many reports of group memberships follow a change of port,
// 0 to 255, 1 by default (IFLA_BOND_RESEND_IGMP).
func (b *Bond) ResendIGMP(reports uint32) *Bond {
	b.info.ResendIGMP = reports
	return b.with(uapi.IFLA_BOND_RESEND_IGMP)
}

// NumPeerNotif sets how many gratuitous ARPs and unsolicited neighbour
// advertisements follow a change of port, 1 by default; iproute2 calls it
// num_grat_arp and num_unsol_na (IFLA_BOND_NUM_PEER_NOTIF).
func (b *Bond) NumPeerNotif(packets uint8) *Bond {
	b.info.NumPeerNotif = packets
	return b.with(uapi.IFLA_BOND_NUM_PEER_NOTIF)
}

// PeerNotifDelay sets the time between those, 0 to 300 s in whole milliseconds
// and a multiple of MIIMon, which it needs; 0, the default, is MIIMon
// (IFLA_BOND_PEER_NOTIF_DELAY).
func (b *Bond) PeerNotifDelay(d time.Duration) *Bond {
	b.info.PeerNotifDelay = d
	return b.with(uapi.IFLA_BOND_PEER_NOTIF_DELAY)
}

// AllSlavesActive takes frames that came in at ports not in use; off by default
// (IFLA_BOND_ALL_SLAVES_ACTIVE).
func (b *Bond) AllSlavesActive(on bool) *Bond {
	b.info.AllSlavesActive = on
	return b.with(uapi.IFLA_BOND_ALL_SLAVES_ACTIVE)
}

// MinLinks sets how many ports must be up for the bond to have a carrier, 0 to
// 2147483647; 0, the default, works like 1. It has an effect in Bond8023AD
// (IFLA_BOND_MIN_LINKS).
func (b *Bond) MinLinks(ports uint32) *Bond {
	b.info.MinLinks = ports
	return b.with(uapi.IFLA_BOND_MIN_LINKS)
}

// LPInterval sets the time between learning packets to the switches, 1 s to
// 2147483647 s in whole seconds, 1 s by default; it has an effect in
// BondBalanceTLB and BondBalanceALB (IFLA_BOND_LP_INTERVAL).
func (b *Bond) LPInterval(d time.Duration) *Bond {
	b.info.LPInterval = d
	return b.with(uapi.IFLA_BOND_LP_INTERVAL)
}

// PacketsPerSlave sets how many packets leave by one port in turn, 0 to 65535, 1
// by default; 0 chooses a port at random for each. Only in BondBalanceRR
// (IFLA_BOND_PACKETS_PER_SLAVE).
func (b *Bond) PacketsPerSlave(packets uint32) *Bond {
	b.info.PacketsPerSlave = packets
	return b.with(uapi.IFLA_BOND_PACKETS_PER_SLAVE)
}

// TLBDynamicLB moves flows between ports by their load; on by default. Only in
// BondBalanceTLB and BondBalanceALB, and only while the bond is down
// (IFLA_BOND_TLB_DYNAMIC_LB).
func (b *Bond) TLBDynamicLB(on bool) *Bond {
	b.info.TLBDynamicLB = on
	return b.with(uapi.IFLA_BOND_TLB_DYNAMIC_LB)
}
