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

// IPvtap is the builder for an ipvtap link: an ipvlan whose packets a program
// reads and writes through a file, as with a tap.
type IPvtap struct {
	ipvlans[IPvtap]
}

// NewIPvtap returns the builder for an ipvtap link of that name; see package
// ipvtap.
func NewIPvtap(name string) *IPvtap {
	i := new(IPvtap)
	return i.start(i, KindIPvtap, name)
}
