package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var dsaKind = kind{
	config:   "NET_DSA",
	info:     func() info { return new(DSAInfo) },
	hardware: "a port of a switch is there when the driver of the switch finds the hardware; Update changes it",
}

// DSAInfo holds the attributes of a port of a switch.
type DSAInfo struct {
	// Conduit is the interface index of the link that carries the frames between the
	// switch and the processor (IFLA_DSA_CONDUIT).
	Conduit int
}

func (d *DSAInfo) attrs(c *attr.Codec) {
	attr.Index(c, uapi.IFLA_DSA_CONDUIT, "conduit", &d.Conduit)
}
