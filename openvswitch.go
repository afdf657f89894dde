package iplink

var openvswitchKind = kind{
	config: "OPENVSWITCH",
	maker:  "an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl add-port BRIDGE NAME -- set Interface NAME type=internal",
	taker:  "an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl del-port NAME",
}
