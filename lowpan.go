package iplink

import "syscall"

var lowpanKind = kind{
	config:  "IEEE802154_6LOWPAN",
	parent:  true,
	addrLen: 8,
	address: "a lowpan has the address of its parent",
	reason:  lowpanReason,
}

// lowpanReason returns the meaning of an errno without a message from the driver.
func lowpanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent has a lowpan link already"
	case syscall.EINVAL:
		return "the parent must be an IEEE 802.15.4 device, such as wpan0, in the namespace of the link"
	}
	return ""
}
