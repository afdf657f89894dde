package iplink

import "syscall"

var macvtapKind = kind{
	config: "MACVTAP",
	info:   newMacvlanInfo,
	mtu:    [2]uint32{0, 65535},
	parent: true,
	family: KindMacvlan,
	fixed:  macvlanFixed,
	before: macvlanBefore,
	reason: macvtapReason,

	overhead: noOverhead,
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

// macvtapReason says what the driver's bare errnos mean.
func macvtapReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return macvlanReason(errno) + ", or the link is to have a master, which a macvtap cannot"
	}
	return macvlanReason(errno)
}
