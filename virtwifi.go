package iplink

import "syscall"

var virtwifiKind = kind{
	config:   "VIRT_WIFI",
	mtu:      [2]uint32{68, 1500},
	parent:   true,
	overhead: noOverhead,
	address:  "a virt_wifi has the address of its parent",
	reason:   virtwifiReason,
}

// virtwifiReason returns the meaning of an errno without a message from the driver.
func virtwifiReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return "the parent has a virt_wifi, is a port of a bridge, bond or team, or carries macvlan links"
	}
	return ""
}
