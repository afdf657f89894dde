package bond

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a bond: several links that act as one.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for a bond of that name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindBond, name, new(iplink.BondInfo))
	return b
}

// Info returns what the kernel reports of a bond only, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.BondInfo, bool) {
	info, ok := link.Info.(*iplink.BondInfo)
	return info, ok
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.BondInfo {
	return own.Put[iplink.BondInfo](b.Own(b), number)
}

// Mode says how the ports share the frames, BalanceRR by default. It can
// change only while the bond is down and has no ports (IFLA_BOND_MODE).
func (b *Builder) Mode(mode iplink.BondMode) *Builder {
	b.set(uapi.IFLA_BOND_MODE).Mode = mode
	return b
}

// ActiveSlave puts the port of that name to use, which must be up; only in
// ActiveBackup, BalanceTLB and BalanceALB (IFLA_BOND_ACTIVE_SLAVE).
func (b *Builder) ActiveSlave(name string) *Builder {
	b.set(uapi.IFLA_BOND_ACTIVE_SLAVE).Reselect = false
	b.Own(b).Refer(uapi.IFLA_BOND_ACTIVE_SLAVE, name)
	return b
}

// ActiveSlaveIndex is ActiveSlave by interface index; 0 is ClearActiveSlave.
func (b *Builder) ActiveSlaveIndex(index int) *Builder {
	info := b.set(uapi.IFLA_BOND_ACTIVE_SLAVE)
	info.ActiveSlave, info.Reselect = index, index == 0
	return b
}

// ClearActiveSlave lets the kernel choose the port to use anew
// (IFLA_BOND_ACTIVE_SLAVE).
func (b *Builder) ClearActiveSlave() *Builder {
	return b.ActiveSlaveIndex(0)
}

// Primary sets the port, by name, that is preferred; only in ActiveBackup,
// BalanceTLB and BalanceALB. The link must exist, and need not be a port
// yet (IFLA_BOND_PRIMARY).
func (b *Builder) Primary(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_BOND_PRIMARY, name)
	return b
}

// PrimaryIndex is Primary by interface index; 0 for none, which the kernel also
// takes the index of no link for.
func (b *Builder) PrimaryIndex(index int) *Builder {
	b.set(uapi.IFLA_BOND_PRIMARY).Primary = index
	return b
}

// PrimaryReselect says when the primary port takes over again,
// ReselectAlways by default (IFLA_BOND_PRIMARY_RESELECT).
func (b *Builder) PrimaryReselect(r iplink.BondPrimaryReselect) *Builder {
	b.set(uapi.IFLA_BOND_PRIMARY_RESELECT).PrimaryReselect = r
	return b
}

// FailOverMAC says which link-layer address the ports have, FailOverNone by
// default, and FailOverActive if the first port of ActiveBackup cannot
// take another. It can change only while the bond has no ports
// (IFLA_BOND_FAIL_OVER_MAC).
func (b *Builder) FailOverMAC(f iplink.BondFailOverMAC) *Builder {
	b.set(uapi.IFLA_BOND_FAIL_OVER_MAC).FailOverMAC = f
	return b
}

// XmitHashPolicy says by what a flow keeps to a port, HashLayer2 by default;
// it has an effect in BalanceXOR, IEEE8023AD and BalanceTLB
// (IFLA_BOND_XMIT_HASH_POLICY).
func (b *Builder) XmitHashPolicy(p iplink.BondXmitHashPolicy) *Builder {
	b.set(uapi.IFLA_BOND_XMIT_HASH_POLICY).XmitHashPolicy = p
	return b
}

// ResendIGMP sets how many reports of group memberships follow a change of port,
// 0 to 255, 1 by default (IFLA_BOND_RESEND_IGMP).
func (b *Builder) ResendIGMP(reports uint32) *Builder {
	b.set(uapi.IFLA_BOND_RESEND_IGMP).ResendIGMP = reports
	return b
}

// NumPeerNotif sets how many gratuitous ARPs and unsolicited neighbour
// advertisements follow a change of port, 1 by default; iproute2 calls it
// num_grat_arp and num_unsol_na (IFLA_BOND_NUM_PEER_NOTIF).
func (b *Builder) NumPeerNotif(packets uint8) *Builder {
	b.set(uapi.IFLA_BOND_NUM_PEER_NOTIF).NumPeerNotif = packets
	return b
}

// PeerNotifDelay sets the time between those, 0 to 300 s in whole milliseconds
// and a multiple of MIIMon, which it needs; 0, the default, is MIIMon
// (IFLA_BOND_PEER_NOTIF_DELAY).
func (b *Builder) PeerNotifDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_PEER_NOTIF_DELAY).PeerNotifDelay = d
	return b
}

// AllSlavesActive takes frames that came in at ports not in use; off by default
// (IFLA_BOND_ALL_SLAVES_ACTIVE).
func (b *Builder) AllSlavesActive(on bool) *Builder {
	b.set(uapi.IFLA_BOND_ALL_SLAVES_ACTIVE).AllSlavesActive = on
	return b
}

// MinLinks sets how many ports must be up for the bond to have a carrier, 0 to
// 2147483647; 0, the default, works like 1. It has an effect in IEEE8023AD
// (IFLA_BOND_MIN_LINKS).
func (b *Builder) MinLinks(ports uint32) *Builder {
	b.set(uapi.IFLA_BOND_MIN_LINKS).MinLinks = ports
	return b
}

// LPInterval sets the time between learning packets to the switches, 1 s to
// 2147483647 s in whole seconds, 1 s by default; it has an effect in
// BalanceTLB and BalanceALB (IFLA_BOND_LP_INTERVAL).
func (b *Builder) LPInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_LP_INTERVAL).LPInterval = d
	return b
}

// PacketsPerSlave sets how many packets leave by one port in turn, 0 to 65535, 1
// by default; 0 chooses a port at random for each. Only in BalanceRR
// (IFLA_BOND_PACKETS_PER_SLAVE).
func (b *Builder) PacketsPerSlave(packets uint32) *Builder {
	b.set(uapi.IFLA_BOND_PACKETS_PER_SLAVE).PacketsPerSlave = packets
	return b
}

// TLBDynamicLB moves flows between ports by their load; on by default. Only in
// BalanceTLB and BalanceALB, and only while the bond is down
// (IFLA_BOND_TLB_DYNAMIC_LB).
func (b *Builder) TLBDynamicLB(on bool) *Builder {
	b.set(uapi.IFLA_BOND_TLB_DYNAMIC_LB).TLBDynamicLB = on
	return b
}

// LACPRate says how often the other end is asked to send, LACPSlow by
// default. Only in IEEE8023AD, and only while the bond is down
// (IFLA_BOND_AD_LACP_RATE).
func (b *Builder) LACPRate(r iplink.BondLACPRate) *Builder {
	b.set(uapi.IFLA_BOND_AD_LACP_RATE).LACPRate = r
	return b
}

// LACPActive sends protocol frames unasked; on by default. Only in IEEE8023AD,
// and only while the bond is down (IFLA_BOND_AD_LACP_ACTIVE).
func (b *Builder) LACPActive(on bool) *Builder {
	b.set(uapi.IFLA_BOND_AD_LACP_ACTIVE).LACPActive = on
	return b
}

// LACPStrict gives the bond a carrier only as long as the other end speaks the
// protocol; off by default. Only in IEEE8023AD, since Linux 7.2
// (IFLA_BOND_LACP_STRICT).
func (b *Builder) LACPStrict(on bool) *Builder {
	b.set(uapi.IFLA_BOND_LACP_STRICT).LACPStrict = on
	return b
}

// ADSelect says which aggregator is put to use, ADStable by default. It can
// change only while the bond is down (IFLA_BOND_AD_SELECT).
func (b *Builder) ADSelect(s iplink.BondADSelect) *Builder {
	b.set(uapi.IFLA_BOND_AD_SELECT).ADSelect = s
	return b
}

// ADActorSysPrio sets the priority of the bond as a system, 1 to 65535, which is
// the default; the lower one decides. Only in IEEE8023AD
// (IFLA_BOND_AD_ACTOR_SYS_PRIO).
func (b *Builder) ADActorSysPrio(priority uint16) *Builder {
	b.set(uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO).ADActorSysPrio = priority
	return b
}

// ADUserPortKey sets the upper ten bits of the ports' keys, 0 to 1023, 0 by
// default. Only in IEEE8023AD, and only while the bond is down
// (IFLA_BOND_AD_USER_PORT_KEY).
func (b *Builder) ADUserPortKey(key uint16) *Builder {
	b.set(uapi.IFLA_BOND_AD_USER_PORT_KEY).ADUserPortKey = key
	return b
}

// ADActorSystem sets the address of the bond as a system, 6 bytes and not
// multicast; all zero, the default, is the bond's own address. Only in
// IEEE8023AD (IFLA_BOND_AD_ACTOR_SYSTEM).
func (b *Builder) ADActorSystem(mac net.HardwareAddr) *Builder {
	b.set(uapi.IFLA_BOND_AD_ACTOR_SYSTEM).ADActorSystem = slices.Clone(mac)
	return b
}

// CoupledControl lets a port collect and distribute at once, rather than collect
// first; on by default. Only in IEEE8023AD, only while the bond is down, and
// since Linux 6.9 (IFLA_BOND_COUPLED_CONTROL).
func (b *Builder) CoupledControl(on bool) *Builder {
	b.set(uapi.IFLA_BOND_COUPLED_CONTROL).CoupledControl = on
	return b
}

// BroadcastNeighbor sends ARP and neighbour discovery by all ports; off by
// default, and any change of Mode resets it. Only in IEEE8023AD, since Linux
// 6.17 (IFLA_BOND_BROADCAST_NEIGH).
func (b *Builder) BroadcastNeighbor(on bool) *Builder {
	b.set(uapi.IFLA_BOND_BROADCAST_NEIGH).BroadcastNeighbor = on
	return b
}

// MIIMon sets the time between looks at the carrier of the ports, 0 to
// 2147483647 ms in whole milliseconds. The default is 0, which is none, and
// 100 ms in IEEE8023AD, BalanceTLB and BalanceALB. It excludes
// ARPInterval: of two requests, the later one ends the other's monitoring
// (IFLA_BOND_MIIMON).
func (b *Builder) MIIMon(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_MIIMON).MIIMon = d
	return b
}

// UpDelay sets how long a carrier must be there for a port to count as up, in
// whole milliseconds and a multiple of MIIMon, which it needs; 0 by default. The
// kernel counts in MIIMon, so that a change of MIIMon alone changes it as well
// (IFLA_BOND_UPDELAY).
func (b *Builder) UpDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_UPDELAY).UpDelay = d
	return b
}

// DownDelay sets how long a carrier must be gone for a port to count as down; see
// UpDelay (IFLA_BOND_DOWNDELAY).
func (b *Builder) DownDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_DOWNDELAY).DownDelay = d
	return b
}

// UseCarrier says whether MIIMon asks the kernel for the carrier rather than the
// driver; on by default. Linux 6.12 takes false as well, Linux 7.3 refuses it
// (IFLA_BOND_USE_CARRIER).
func (b *Builder) UseCarrier(on bool) *Builder {
	b.set(uapi.IFLA_BOND_USE_CARRIER).UseCarrier = on
	return b
}

// ARPInterval sets the time between probes of the targets, 0 to 2147483647 ms in
// whole milliseconds; 0, the default, is none. It excludes MIIMon, and is not
// for IEEE8023AD, BalanceTLB and BalanceALB (IFLA_BOND_ARP_INTERVAL).
func (b *Builder) ARPInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_ARP_INTERVAL).ARPInterval = d
	return b
}

// ARPIPTargets sets whom ARP asks for, in place of all that were set before: at
// most 16 IPv4 addresses, each once; none by default
// (IFLA_BOND_ARP_IP_TARGET).
func (b *Builder) ARPIPTargets(addrs ...netip.Addr) *Builder {
	b.set(uapi.IFLA_BOND_ARP_IP_TARGET).ARPIPTargets = slices.Clone(addrs)
	return b
}

// NSIP6Targets sets whom neighbour solicitations ask for, in place of all that
// were set before: at most 16 IPv6 addresses, each once; none by default
// (IFLA_BOND_NS_IP6_TARGET).
func (b *Builder) NSIP6Targets(addrs ...netip.Addr) *Builder {
	b.set(uapi.IFLA_BOND_NS_IP6_TARGET).NSIP6Targets = slices.Clone(addrs)
	return b
}

// ARPValidate says of which ports the probes and answers are looked at,
// ValidateNone by default; any change of Mode resets it. It is not for
// IEEE8023AD, BalanceTLB and BalanceALB (IFLA_BOND_ARP_VALIDATE).
func (b *Builder) ARPValidate(v iplink.BondARPValidate) *Builder {
	b.set(uapi.IFLA_BOND_ARP_VALIDATE).ARPValidate = v
	return b
}

// ARPAllTargets says whether one target suffices for a port to count as up,
// ARPAny by default; it has an effect in ActiveBackup with ARPValidate
// (IFLA_BOND_ARP_ALL_TARGETS).
func (b *Builder) ARPAllTargets(t iplink.BondARPAllTargets) *Builder {
	b.set(uapi.IFLA_BOND_ARP_ALL_TARGETS).ARPAllTargets = t
	return b
}

// ARPMissedMax sets how many probes without an answer take a port down, 1 to
// 255, 2 by default. It is not for IEEE8023AD, BalanceTLB and
// BalanceALB (IFLA_BOND_MISSED_MAX).
func (b *Builder) ARPMissedMax(probes uint8) *Builder {
	b.set(uapi.IFLA_BOND_MISSED_MAX).ARPMissedMax = probes
	return b
}
