package iplink

import (
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var wwanKind = kind{
	config:    "WWAN",
	info:      func() info { return new(WWANInfo) },
	parentDev: "a wwan link is a session of a modem, such as wwan0: name it with ParentDev",
	required:  attr.SetOf(uapi.IFLA_WWAN_LINK_ID),
	reason:    wwanReason,
}

// WWANInfo holds the attributes of a wwan link. Hardware.ParentDev of the Link is the
// modem.
type WWANInfo struct {
	// LinkID is the number of the data session on the modem (IFLA_WWAN_LINK_ID).
	LinkID uint32
}

func (w *WWANInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly(), uapi.IFLA_WWAN_LINK_ID, "linkid", &w.LinkID)
}

// wwanReason returns the meaning of an errno without a message from the driver.
func wwanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.ENODEV:
		return "there is no modem with the name of ParentDev: /sys/class/wwan has the names"
	case syscall.EOPNOTSUPP:
		return "the driver of the modem makes no links for sessions"
	case syscall.EBUSY, syscall.EEXIST:
		return "the session of the modem has a link already: give the link another LinkID"
	}
	return ""
}
