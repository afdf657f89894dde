package iplink

var ipvtapKind = kind{
	config:     "IPVTAP",
	info:       func() info { return new(IPvlanInfo) },
	mtu:        [2]uint32{68, 65535},
	parent:     true,
	family:     KindIPvlan,
	hidesNetNS: true,
	address:    ipvlanAddress,
	reason:     ipvlanReason,
}
