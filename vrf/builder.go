package vrf

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a VRF link. Its ports route by its table, and its own addresses
// are local addresses of the routing domain. It cannot move to another namespace.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the VRF link with the given name. The kernel requires a
// Table.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVRF, name, new(iplink.VRFInfo))
	return b
}

// Info returns the table of the VRF, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.VRFInfo, bool) {
	info, ok := link.Info.(*iplink.VRFInfo)
	return info, ok
}

// PortInfo returns the table that the link uses as a port of a VRF, and false if link is
// not a port of a VRF.
func PortInfo(link *iplink.Link) (*iplink.VRFPortInfo, bool) {
	info, ok := link.PortInfo.(*iplink.VRFPortInfo)
	return info, ok
}

// Table sets the number of the routing table that the VRF uses, 1 to 4294967295; there
// must be one, which need not exist yet. Several VRFs may share a table unless
// net.vrf.strict_mode is 1. It cannot change later (IFLA_VRF_TABLE).
func (b *Builder) Table(number uint32) *Builder {
	own.Put[iplink.VRFInfo](b.Own(b), uapi.IFLA_VRF_TABLE).Table = number
	return b
}
