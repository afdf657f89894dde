package iplink

var macvtapKind = kind{
	config: "MACVTAP",
	info:   newMacvlanInfo,
	mtu:    [2]uint32{0, 65535},
	parent: true,
	reason: macvlanReason,
}

// Macvtap is the builder for a macvtap link: a macvlan whose frames a program
// reads and writes through a file, as with a tap.
type Macvtap struct {
	macvlans[Macvtap]
}

// NewMacvtap returns the builder for a macvtap link of that name; see package
// macvtap.
func NewMacvtap(name string) *Macvtap {
	m := new(Macvtap)
	return m.start(m, KindMacvtap, name)
}
