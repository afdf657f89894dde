package iplink

import (
	"net"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

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

// parse reads the 16-bit form in which the kernel reports one of the states.
func (s *LACPState) parse(b []byte) {
	*s = LACPState(wire.Order.Uint16(b))
}
