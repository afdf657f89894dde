package vxcan

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a pair of virtual CAN links: what goes in at one end
// comes out at the other. The MTU of an end is that of a VCAN.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for one end of a pair; its Peer setter describes the
// other end, with a builder of the same kind.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVXCAN, name, new(iplink.VXCANInfo))
	return b
}

// Info returns what the kernel reports of one end of a pair only, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.VXCANInfo, bool) {
	info, ok := link.Info.(*iplink.VXCANInfo)
	return info, ok
}

// Peer describes the other end: its name and any setting that links share. The
// kernel chooses the name if it is empty. Its namespace is that of the Conn
// unless its NetNS or the LinkNetNS of this end names another. Without Peer the
// kernel names the other end and gives it the settings of this one
// (VXCAN_INFO_PEER). It cannot change later.
func (b *Builder) Peer(peer *Builder) *Builder {
	own.SetPeer(b, peer)
	return b
}
