package iplink

import "syscall"

var macvtapKind = kind{
	config:         "MACVTAP",
	info:           newMacvlanInfo,
	mtu:            [2]uint32{0, 65535},
	parent:         true,
	family:         KindMacvlan,
	fixed:          macvlanFixed,
	notBeside:      macvlanKind.notBeside,
	validateChange: macvlanBefore,
	reason:         macvtapReason,

	copied:       macvlanCopied,
	overhead:     noOverhead,
	addressInUse: macvlanAddressInUse,
	defaults:     "mode vepa flag null bcqueuelen 1000 txqueuelen 500",
}

// macvtapReason returns the meaning of the driver's bare errnos.
func macvtapReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return macvlanReason(errno) + ", or the link is to have a master, which a macvtap cannot"
	}
	return macvlanReason(errno)
}
