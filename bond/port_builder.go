package bond

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A PortBuilder describes the settings of a link as a port of a bond, for the
// PortSettings setter of the link's builder.
type PortBuilder struct {
	own own.Settings
}

// Port returns the builder for the settings of a port, for the PortSettings setter
// of a link's builder.
func Port() *PortBuilder {
	return &PortBuilder{own.New(iplink.KindBond, "", new(iplink.BondPortInfo))}
}

// PortInfo returns the link's settings and state as a bond port, and false if link
// is not a bond port.
func PortInfo(link *iplink.Link) (*iplink.BondPortInfo, bool) {
	info, ok := link.PortInfo.(*iplink.BondPortInfo)
	return info, ok
}

// Own returns the settings for package iplink.
func (b *PortBuilder) Own() *own.Settings {
	return &b.own
}

// set marks a setting as present and returns the struct that holds its value.
func (b *PortBuilder) set(number uint16) *iplink.BondPortInfo {
	return own.Put[iplink.BondPortInfo](&b.own, number)
}

// QueueID sets the bond's transmit queue whose packets leave through the port while
// it is up. The range is 1 to the number of the bond's transmit queues, which is 16
// by default; a queue can belong to one port only. 0, the default, is none
// (IFLA_BOND_SLAVE_QUEUE_ID).
func (b *PortBuilder) QueueID(queue uint16) *PortBuilder {
	b.set(uapi.IFLA_BOND_SLAVE_QUEUE_ID).QueueID = queue
	return b
}

// Prio sets the port's priority in the kernel's choice of the port in use, 0 by
// default. The highest priority wins, unless the bond has a Primary. Only in
// ActiveBackup, BalanceTLB and BalanceALB (IFLA_BOND_SLAVE_PRIO).
func (b *PortBuilder) Prio(priority int32) *PortBuilder {
	b.set(uapi.IFLA_BOND_SLAVE_PRIO).Prio = priority
	return b
}

// ActorPortPrio sets the port's share in the priority of its aggregator, 0 to 65535,
// 255 by default. Only in IEEE8023AD, since Linux 6.18
// (IFLA_BOND_SLAVE_ACTOR_PORT_PRIO).
func (b *PortBuilder) ActorPortPrio(priority uint16) *PortBuilder {
	b.set(uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO).ActorPortPrio = priority
	return b
}
