package vxcan

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a pair of virtual CAN links. Frames sent into one end come out
// at the other. An end has the same MTU values as a vcan link.
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

// Info returns the index and the namespace of the other end, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.VXCANInfo, bool) {
	info, ok := link.Info.(*iplink.VXCANInfo)
	return info, ok
}

// Peer describes the other end: its name and any setting common to all links. The
// kernel chooses the name if it is empty. The other end goes into the namespace of
// the Conn, unless its NetNS or the LinkNetNS of this end gives another. Without
// Peer, the kernel names the other end and gives it the settings of this end
// (VXCAN_INFO_PEER). It cannot change later.
func (b *Builder) Peer(peer *Builder) *Builder {
	own.SetPeer(b, peer)
	return b
}
