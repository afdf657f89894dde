package iplink

import (
	"net"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// BondPortInfo is what the kernel says of a link as a port of a bond.
type BondPortInfo struct {
	// State says whether the port is in use (IFLA_BOND_SLAVE_STATE).
	State BondPortState
	// MIIStatus is what MIIMon makes of the port's carrier
	// (IFLA_BOND_SLAVE_MII_STATUS), and LinkFailureCount how often the port
	// went down (IFLA_BOND_SLAVE_LINK_FAILURE_COUNT).
	MIIStatus        BondMIIStatus
	LinkFailureCount uint32
	// PermAddress is the link-layer address that the link had before it joined
	// (IFLA_BOND_SLAVE_PERM_HWADDR).
	PermAddress net.HardwareAddr
	// QueueID is the bond's queue whose packets leave by the port, 0 for none
	// (IFLA_BOND_SLAVE_QUEUE_ID).
	QueueID uint16
	// Prio is the port's priority when the kernel chooses the one to use
	// (IFLA_BOND_SLAVE_PRIO).
	Prio int32

	// AggregatorID is the aggregator that the port belongs to; only in
	// Bond8023AD, like all that follows (IFLA_BOND_SLAVE_AD_AGGREGATOR_ID).
	AggregatorID uint16
	// ActorOperPortState and PartnerOperPortState are the port's state at this
	// end and, as far as it is known, at the other
	// (IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, …_PARTNER_OPER_PORT_STATE).
	ActorOperPortState, PartnerOperPortState LACPState
	// ActorPortPrio is the priority of the port's aggregator, for
	// BondADActorPortPrio (IFLA_BOND_SLAVE_ACTOR_PORT_PRIO).
	ActorPortPrio uint16
	// ChurnActorState and ChurnPartnerState say whether the ends agree in time
	// (IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE, …_PARTNER_STATE).
	ChurnActorState, ChurnPartnerState BondChurnState
}

func (p *BondPortInfo) attrs(c *attr.Codec) {
	attr.Enum(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_STATE, "state", &p.State, bondPortStates)
	attr.Enum(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_MII_STATUS, "mii_status", &p.MIIStatus, bondMIIStatuses)
	attr.U32(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, "link_failure_count", &p.LinkFailureCount)
	attr.Hardware(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_PERM_HWADDR, "perm_hwaddr", &p.PermAddress)
	attr.U16(c, uapi.IFLA_BOND_SLAVE_QUEUE_ID, "queue_id", &p.QueueID)
	attr.S32(c, uapi.IFLA_BOND_SLAVE_PRIO, "prio", &p.Prio)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, "ad_aggregator_id", &p.AggregatorID)
	attr.U8(c.ReadOnly(), uapi.IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, "ad_actor_oper_port_state", &p.ActorOperPortState)
	attr.Report(c, uapi.IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, "ad_partner_oper_port_state", 2, p.PartnerOperPortState.parse)
	attr.U16(c.Since(6, 18), uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO, "actor_port_prio", &p.ActorPortPrio)
	attr.Enum(c.ReadOnly().Since(7, 1), uapi.IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE, "ad_churn_actor_state", &p.ChurnActorState, bondChurnStates)
	attr.Enum(c.ReadOnly().Since(7, 1), uapi.IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE, "ad_churn_partner_state", &p.ChurnPartnerState, bondChurnStates)
}

// A BondPortState says whether a port of a bond is in use.
type BondPortState uint8

// Whether a port is in use.
const (
	BondPortActive BondPortState = iota // it is
	BondPortBackup                      // it waits
)

var bondPortStates = attr.Words{"ACTIVE", "BACKUP"}

// String returns the word of iproute2.
func (s BondPortState) String() string {
	return attr.Word(bondPortStates, s)
}

// A BondMIIStatus is what MIIMon makes of the carrier of a port.
type BondMIIStatus uint8

// What becomes of a carrier.
const (
	BondMIIUp        BondMIIStatus = iota // it is there
	BondMIIGoingDown                      // it is gone, for less than DownDelay
	BondMIIDown                           // it is gone
	BondMIIGoingBack                      // it is back, for less than UpDelay
)

var bondMIIStatuses = attr.Words{"UP", "GOING_DOWN", "DOWN", "GOING_BACK"}

// String returns the word of iproute2.
func (s BondMIIStatus) String() string {
	return attr.Word(bondMIIStatuses, s)
}

// A BondChurnState says whether both ends of a port agree in time, IEEE 802.3ad,
// section 43.4.17.
type BondChurnState uint8

// Whether the ends agree.
const (
	BondChurnMonitor BondChurnState = iota // there is still time
	BondChurned                            // they do not
	BondNoChurn                            // they do
)

var bondChurnStates = attr.Words{"monitoring", "churned", "none"}

// String returns the word that the kernel has in /proc/net/bonding.
func (s BondChurnState) String() string {
	return attr.Word(bondChurnStates, s)
}

// LACPState is the state of a port in the link aggregation control protocol, a
// bit each.
type LACPState uint8

// What the bits say of an end of the port, IEEE 802.3ad, section 43.4.2.2.
const (
	LACPActivity        LACPState = 1 << iota // it sends unasked
	LACPTimeout                               // it wants frames every second
	LACPAggregation                           // it can be one of several
	LACPSynchronization                       // it is in the right aggregator
	LACPCollecting                            // it receives
	LACPDistributing                          // it sends
	LACPDefaulted                             // it knows nothing of the other end
	LACPExpired                               // the other end is silent
)

var lacpStateWords = []string{"active", "short_timeout", "aggregating", "in_sync", "collecting", "distributing", "defaulted", "expired"}

// String returns the words of iproute2 with "," between.
func (s LACPState) String() string {
	return attr.BitWords(uint32(s), lacpStateWords, ",")
}

// parse reads the wider of the two ways in which the kernel reports a state.
func (s *LACPState) parse(b []byte) {
	*s = LACPState(wire.Order.Uint16(b))
}
