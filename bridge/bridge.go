// Package bridge makes bridges: Ethernet switches, whose ports are links.
//
// New makes one. Open works on what one knows: which port leads to which
// address (FDB), the VLANs of its ports, and who listens to which group (MDB).
package bridge

import "github.com/iplink-go/iplink"

// Who runs the spanning tree protocol.
const (
	STPAuto   = iplink.BridgeSTPAuto   // a program if there is one, else the kernel
	STPUser   = iplink.BridgeSTPUser   // a program
	STPKernel = iplink.BridgeSTPKernel // the kernel
)

// Whether a bridge or a port leads to a multicast router.
const (
	RouterDisabled  = iplink.BridgeRouterDisabled  // never
	RouterAuto      = iplink.BridgeRouterAuto      // as long as queries come from there
	RouterPermanent = iplink.BridgeRouterPermanent // always
	RouterTemp      = iplink.BridgeRouterTemp      // for a while; ports only
)

// States of a port.
const (
	PortDisabled   = iplink.BridgePortDisabled   // it does nothing
	PortListening  = iplink.BridgePortListening  // only the spanning tree protocol
	PortLearning   = iplink.BridgePortLearning   // it learns addresses as well
	PortForwarding = iplink.BridgePortForwarding // all
	PortBlocking   = iplink.BridgePortBlocking   // it takes only the spanning tree protocol
)

// Tags that VLANs are told apart by.
const (
	VLAN8021Q  = iplink.VLAN8021Q  // customer VLANs, IEEE 802.1Q
	VLAN8021AD = iplink.VLAN8021AD // service VLANs, IEEE 802.1ad
)
