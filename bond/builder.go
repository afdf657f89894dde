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

// New returns the builder for the bond with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindBond, name, new(iplink.BondInfo))
	return b
}

// Info returns the bond's own settings and state, and false if link is not a bond.
func Info(link *iplink.Link) (*iplink.BondInfo, bool) {
	info, ok := link.Info.(*iplink.BondInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.BondInfo {
	return own.Put[iplink.BondInfo](b.Own(b), number)
}

// Mode sets the distribution of frames over the ports, BalanceRR by default. It can
// change only while the bond is down and has no ports (IFLA_BOND_MODE).
func (b *Builder) Mode(mode iplink.BondMode) *Builder {
	b.set(uapi.IFLA_BOND_MODE).Mode = mode
	return b
}

// ActiveSlave selects the port in use by name. The port must be up. Only in
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

// ClearActiveSlave lets the kernel select the port in use again
// (IFLA_BOND_ACTIVE_SLAVE).
func (b *Builder) ClearActiveSlave() *Builder {
	return b.ActiveSlaveIndex(0)
}

// Primary sets the preferred port by name; only in ActiveBackup, BalanceTLB and
// BalanceALB. The link must exist, but need not be a port yet (IFLA_BOND_PRIMARY).
func (b *Builder) Primary(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_BOND_PRIMARY, name)
	return b
}

// PrimaryIndex is Primary by interface index; 0 for none. The kernel also treats an
// index that belongs to no link as none.
func (b *Builder) PrimaryIndex(index int) *Builder {
	b.set(uapi.IFLA_BOND_PRIMARY).Primary = index
	return b
}

// PrimaryReselect sets the condition on which the primary port takes over again,
// ReselectAlways by default (IFLA_BOND_PRIMARY_RESELECT).
func (b *Builder) PrimaryReselect(r iplink.BondPrimaryReselect) *Builder {
	b.set(uapi.IFLA_BOND_PRIMARY_RESELECT).PrimaryReselect = r
	return b
}

// FailOverMAC sets the policy for the ports' link-layer addresses. The default is
// FailOverNone, or FailOverActive if the first port of ActiveBackup cannot change
// its address. It can change only while the bond has no ports
// (IFLA_BOND_FAIL_OVER_MAC).
func (b *Builder) FailOverMAC(f iplink.BondFailOverMAC) *Builder {
	b.set(uapi.IFLA_BOND_FAIL_OVER_MAC).FailOverMAC = f
	return b
}

// XmitHashPolicy sets the fields that assign a flow to a port, HashLayer2 by
// default. It has an effect in BalanceXOR, IEEE8023AD and BalanceTLB
// (IFLA_BOND_XMIT_HASH_POLICY).
func (b *Builder) XmitHashPolicy(p iplink.BondXmitHashPolicy) *Builder {
	b.set(uapi.IFLA_BOND_XMIT_HASH_POLICY).XmitHashPolicy = p
	return b
}

// ResendIGMP sets the number of group membership reports after a change of port, 0
// to 255, 1 by default (IFLA_BOND_RESEND_IGMP).
func (b *Builder) ResendIGMP(reports uint32) *Builder {
	b.set(uapi.IFLA_BOND_RESEND_IGMP).ResendIGMP = reports
	return b
}

// NumPeerNotif sets the number of gratuitous ARPs and unsolicited neighbour
// advertisements after a change of port, 1 by default. In iproute2 it is called
// num_grat_arp and num_unsol_na (IFLA_BOND_NUM_PEER_NOTIF).
func (b *Builder) NumPeerNotif(packets uint8) *Builder {
	b.set(uapi.IFLA_BOND_NUM_PEER_NOTIF).NumPeerNotif = packets
	return b
}

// PeerNotifDelay sets the time between the packets of NumPeerNotif: 0 to 300 s in
// whole milliseconds, and a multiple of MIIMon, which it requires. With 0, the
// default, the time is MIIMon (IFLA_BOND_PEER_NOTIF_DELAY).
func (b *Builder) PeerNotifDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_PEER_NOTIF_DELAY).PeerNotifDelay = d
	return b
}

// AllSlavesActive accepts frames received on ports that are not in use; off by
// default (IFLA_BOND_ALL_SLAVES_ACTIVE).
func (b *Builder) AllSlavesActive(on bool) *Builder {
	b.set(uapi.IFLA_BOND_ALL_SLAVES_ACTIVE).AllSlavesActive = on
	return b
}

// MinLinks sets the number of ports that must be up for the bond to have a carrier,
// 0 to 2147483647; 0, the default, works like 1. It has an effect in IEEE8023AD
// (IFLA_BOND_MIN_LINKS).
func (b *Builder) MinLinks(ports uint32) *Builder {
	b.set(uapi.IFLA_BOND_MIN_LINKS).MinLinks = ports
	return b
}

// LPInterval sets the time between learning packets to the switches: 1 s to
// 2147483647 s in whole seconds, 1 s by default. It has an effect in BalanceTLB and
// BalanceALB (IFLA_BOND_LP_INTERVAL).
func (b *Builder) LPInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_LP_INTERVAL).LPInterval = d
	return b
}

// PacketsPerSlave sets the number of packets sent through a port before the next
// port takes its turn, 0 to 65535, 1 by default; with 0 each packet uses a random
// port. Only in BalanceRR (IFLA_BOND_PACKETS_PER_SLAVE).
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

// LACPRate sets the rate requested from the partner, LACPSlow by default. Only in
// IEEE8023AD, and only while the bond is down (IFLA_BOND_AD_LACP_RATE).
func (b *Builder) LACPRate(r iplink.BondLACPRate) *Builder {
	b.set(uapi.IFLA_BOND_AD_LACP_RATE).LACPRate = r
	return b
}

// LACPActive sends protocol frames without a request; on by default. Only in
// IEEE8023AD, and only while the bond is down (IFLA_BOND_AD_LACP_ACTIVE).
func (b *Builder) LACPActive(on bool) *Builder {
	b.set(uapi.IFLA_BOND_AD_LACP_ACTIVE).LACPActive = on
	return b
}

// LACPStrict gives the bond a carrier only while the partner speaks the protocol;
// off by default. Only in IEEE8023AD, since Linux 7.2 (IFLA_BOND_LACP_STRICT).
func (b *Builder) LACPStrict(on bool) *Builder {
	b.set(uapi.IFLA_BOND_LACP_STRICT).LACPStrict = on
	return b
}

// ADSelect sets the rule for the choice of the aggregator, ADStable by default. It
// can change only while the bond is down (IFLA_BOND_AD_SELECT).
func (b *Builder) ADSelect(s iplink.BondADSelect) *Builder {
	b.set(uapi.IFLA_BOND_AD_SELECT).ADSelect = s
	return b
}

// ADActorSysPrio sets the system priority of the bond, 1 to 65535; 65535 is the
// default. The system with the lower priority decides. Only in IEEE8023AD
// (IFLA_BOND_AD_ACTOR_SYS_PRIO).
func (b *Builder) ADActorSysPrio(priority uint16) *Builder {
	b.set(uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO).ADActorSysPrio = priority
	return b
}

// ADUserPortKey sets the upper ten bits of the ports' keys, 0 to 1023, 0 by default.
// Only in IEEE8023AD, and only while the bond is down (IFLA_BOND_AD_USER_PORT_KEY).
func (b *Builder) ADUserPortKey(key uint16) *Builder {
	b.set(uapi.IFLA_BOND_AD_USER_PORT_KEY).ADUserPortKey = key
	return b
}

// ADActorSystem sets the system address of the bond: 6 bytes, not multicast. All
// zeros, the default, selects the bond's own address. Only in IEEE8023AD
// (IFLA_BOND_AD_ACTOR_SYSTEM).
func (b *Builder) ADActorSystem(mac net.HardwareAddr) *Builder {
	b.set(uapi.IFLA_BOND_AD_ACTOR_SYSTEM).ADActorSystem = slices.Clone(mac)
	return b
}

// CoupledControl lets a port collect and distribute at the same time, rather than
// collect first; on by default. Only in IEEE8023AD, only while the bond is down, and
// since Linux 6.9 (IFLA_BOND_COUPLED_CONTROL).
func (b *Builder) CoupledControl(on bool) *Builder {
	b.set(uapi.IFLA_BOND_COUPLED_CONTROL).CoupledControl = on
	return b
}

// BroadcastNeighbor sends ARP and neighbour discovery through all ports; off by
// default. Any change of Mode resets it. Only in IEEE8023AD, since Linux 6.17
// (IFLA_BOND_BROADCAST_NEIGH).
func (b *Builder) BroadcastNeighbor(on bool) *Builder {
	b.set(uapi.IFLA_BOND_BROADCAST_NEIGH).BroadcastNeighbor = on
	return b
}

// MIIMon sets the interval at which the carrier of the ports is checked, 0 to
// 2147483647 ms in whole milliseconds; 0 disables the check. The default is 100 ms
// in IEEE8023AD, BalanceTLB and BalanceALB, and 0 otherwise. It excludes
// ARPInterval: of two requests, the later one ends the monitoring by the other
// (IFLA_BOND_MIIMON).
func (b *Builder) MIIMon(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_MIIMON).MIIMon = d
	return b
}

// UpDelay sets the time for which a port must have a carrier before it counts as up,
// in whole milliseconds. It must be a multiple of MIIMon, which it requires; 0 by
// default. The kernel stores it as a number of MIIMon intervals, so a change of
// MIIMon alone changes it too (IFLA_BOND_UPDELAY).
func (b *Builder) UpDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_UPDELAY).UpDelay = d
	return b
}

// DownDelay sets the time for which a port must lack a carrier before it counts as
// down; see UpDelay (IFLA_BOND_DOWNDELAY).
func (b *Builder) DownDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_DOWNDELAY).DownDelay = d
	return b
}

// UseCarrier makes MIIMon ask the kernel for the carrier rather than the driver; on
// by default. Linux 6.12 also accepts false, Linux 7.3 rejects it
// (IFLA_BOND_USE_CARRIER).
func (b *Builder) UseCarrier(on bool) *Builder {
	b.set(uapi.IFLA_BOND_USE_CARRIER).UseCarrier = on
	return b
}

// ARPInterval sets the interval at which the targets are probed, 0 to 2147483647 ms
// in whole milliseconds; 0, the default, disables the probes. It excludes MIIMon,
// and is not available in IEEE8023AD, BalanceTLB and BalanceALB
// (IFLA_BOND_ARP_INTERVAL).
func (b *Builder) ARPInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BOND_ARP_INTERVAL).ARPInterval = d
	return b
}

// ARPIPTargets sets the targets of ARP probes and replaces all earlier ones: at most
// 16 distinct IPv4 addresses, none by default (IFLA_BOND_ARP_IP_TARGET).
func (b *Builder) ARPIPTargets(addrs ...netip.Addr) *Builder {
	b.set(uapi.IFLA_BOND_ARP_IP_TARGET).ARPIPTargets = slices.Clone(addrs)
	return b
}

// NSIP6Targets sets the targets of neighbour solicitations and replaces all earlier
// ones: at most 16 distinct IPv6 addresses, none by default
// (IFLA_BOND_NS_IP6_TARGET).
func (b *Builder) NSIP6Targets(addrs ...netip.Addr) *Builder {
	b.set(uapi.IFLA_BOND_NS_IP6_TARGET).NSIP6Targets = slices.Clone(addrs)
	return b
}

// ARPValidate sets the ports on which probes and answers are validated, ValidateNone
// by default. Any change of Mode resets it. It is not available in IEEE8023AD,
// BalanceTLB and BalanceALB (IFLA_BOND_ARP_VALIDATE).
func (b *Builder) ARPValidate(v iplink.BondARPValidate) *Builder {
	b.set(uapi.IFLA_BOND_ARP_VALIDATE).ARPValidate = v
	return b
}

// ARPAllTargets sets whether one target or all targets must answer for a port to
// count as up, ARPAny by default. It has an effect in ActiveBackup with ARPValidate
// (IFLA_BOND_ARP_ALL_TARGETS).
func (b *Builder) ARPAllTargets(t iplink.BondARPAllTargets) *Builder {
	b.set(uapi.IFLA_BOND_ARP_ALL_TARGETS).ARPAllTargets = t
	return b
}

// ARPMissedMax sets the number of unanswered probes that take a port down, 1 to 255,
// 2 by default. It is not available in IEEE8023AD, BalanceTLB and BalanceALB
// (IFLA_BOND_MISSED_MAX).
func (b *Builder) ARPMissedMax(probes uint8) *Builder {
	b.set(uapi.IFLA_BOND_MISSED_MAX).ARPMissedMax = probes
	return b
}

// Ports makes links ports of the bond, given by name in the bond's namespace, when all
// links of the call exist. They may be links that exist or that the same call makes; its
// other ports stay. A link that is up
// is taken down before, and the bond brings it up again: it loses its routes, and usually
// its IPv6 addresses. A port of another master
// leaves that one, as with `ip link set master`. A link cannot be named twice, and a spec
// of the same call cannot give it another master (IFLA_MASTER).
//
// If Create fails, or Ensure for a new bond, a link that joined it is as it was before:
// its master with the port settings, its state, IP addresses, routes and permanent
// neighbours. The VLANs and the forwarding entries that it had in a bridge are lost.
func (b *Builder) Ports(names ...string) *Builder {
	own.AddPorts(b.Own(b), true, false, names)
	return b
}

// OnlyPorts is Ports, and removes all other ports from the bond, which leaves them down.
// Without arguments the bond has no ports. It excludes Ports.
func (b *Builder) OnlyPorts(names ...string) *Builder {
	own.AddPorts(b.Own(b), true, true, names)
	return b
}
