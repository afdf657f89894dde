// Package bridge makes bridges: Ethernet switches whose ports are links.
//
// New makes one. Open manages the tables of an existing bridge: the forwarding
// database of addresses and ports (FDB), the VLANs of its ports, and the multicast
// database of group members (MDB).
package bridge

import "github.com/iplink-go/iplink"

// Implementations of the spanning tree protocol.
const (
	STPAuto   = iplink.BridgeSTPAuto   // a program if there is one, otherwise the kernel
	STPUser   = iplink.BridgeSTPUser   // a program
	STPKernel = iplink.BridgeSTPKernel // the kernel
)

// Presence of a multicast router behind a bridge or a port.
const (
	RouterDisabled  = iplink.BridgeRouterDisabled  // never
	RouterAuto      = iplink.BridgeRouterAuto      // as long as queries come from there
	RouterPermanent = iplink.BridgeRouterPermanent // always
	RouterTemp      = iplink.BridgeRouterTemp      // for a limited time; ports only
)

// States of a port.
const (
	PortDisabled   = iplink.BridgePortDisabled   // no frames
	PortListening  = iplink.BridgePortListening  // only the spanning tree protocol
	PortLearning   = iplink.BridgePortLearning   // also learns addresses
	PortForwarding = iplink.BridgePortForwarding // all frames
	PortBlocking   = iplink.BridgePortBlocking   // only receives the spanning tree protocol
)

// Tags that identify VLANs.
const (
	VLAN8021Q  = iplink.VLAN8021Q  // customer VLANs, IEEE 802.1Q
	VLAN8021AD = iplink.VLAN8021AD // service VLANs, IEEE 802.1ad
)
