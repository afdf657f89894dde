package iplink

import (
	"net"
	"slices"

	"github.com/iplink-go/iplink/internal/uapi"
)

// LACPRate says how often the other end is asked to send, BondLACPSlow by
// default. Only in Bond8023AD, and only while the bond is down
// (IFLA_BOND_AD_LACP_RATE).
func (b *Bond) LACPRate(r BondLACPRate) *Bond {
	b.info.LACPRate = r
	return b.with(uapi.IFLA_BOND_AD_LACP_RATE)
}

// LACPActive sends protocol frames unasked; on by default. Only in Bond8023AD,
// and only while the bond is down (IFLA_BOND_AD_LACP_ACTIVE).
func (b *Bond) LACPActive(on bool) *Bond {
	b.info.LACPActive = on
	return b.with(uapi.IFLA_BOND_AD_LACP_ACTIVE)
}

// LACPStrict gives the bond a carrier only as long as the other end speaks the
// protocol; off by default. Only in Bond8023AD, since Linux 7.2
// (IFLA_BOND_LACP_STRICT).
func (b *Bond) LACPStrict(on bool) *Bond {
	b.info.LACPStrict = on
	return b.with(uapi.IFLA_BOND_LACP_STRICT)
}

// ADSelect says which aggregator is put to use, BondADStable by default. It can
// change only while the bond is down (IFLA_BOND_AD_SELECT).
func (b *Bond) ADSelect(s BondADSelect) *Bond {
	b.info.ADSelect = s
	return b.with(uapi.IFLA_BOND_AD_SELECT)
}

// ADActorSysPrio sets the priority of the bond as a system, 1 to 65535, which is
// the default; the lower one decides. Only in Bond8023AD
// (IFLA_BOND_AD_ACTOR_SYS_PRIO).
func (b *Bond) ADActorSysPrio(priority uint16) *Bond {
	b.info.ADActorSysPrio = priority
	return b.with(uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO)
}

// ADUserPortKey sets the upper ten bits of the ports' keys, 0 to 1023, 0 by
// default. Only in Bond8023AD, and only while the bond is down
// (IFLA_BOND_AD_USER_PORT_KEY).
func (b *Bond) ADUserPortKey(key uint16) *Bond {
	b.info.ADUserPortKey = key
	return b.with(uapi.IFLA_BOND_AD_USER_PORT_KEY)
}

// ADActorSystem sets the address of the bond as a system, 6 bytes and not
// multicast; all zero, the default, is the bond's own address. Only in
// Bond8023AD (IFLA_BOND_AD_ACTOR_SYSTEM).
func (b *Bond) ADActorSystem(mac net.HardwareAddr) *Bond {
	b.info.ADActorSystem = slices.Clone(mac)
	return b.with(uapi.IFLA_BOND_AD_ACTOR_SYSTEM)
}

// CoupledControl lets a port collect and distribute at once, rather than collect
// first; on by default. Only in Bond8023AD, only while the bond is down, and
// since Linux 6.9 (IFLA_BOND_COUPLED_CONTROL).
func (b *Bond) CoupledControl(on bool) *Bond {
	b.info.CoupledControl = on
	return b.with(uapi.IFLA_BOND_COUPLED_CONTROL)
}

// BroadcastNeighbor sends ARP and neighbour discovery by all ports; off by
// default, and any change of Mode resets it. Only in Bond8023AD, since Linux
// 6.17 (IFLA_BOND_BROADCAST_NEIGH).
func (b *Bond) BroadcastNeighbor(on bool) *Bond {
	b.info.BroadcastNeighbor = on
	return b.with(uapi.IFLA_BOND_BROADCAST_NEIGH)
}
