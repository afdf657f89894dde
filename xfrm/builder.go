package xfrm

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an xfrm link. A link that moves to another namespace still uses the
// states and policies of the namespace where it was made.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the xfrm link with the given name. It needs an IfID, or
// External.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindXfrm, name, new(iplink.XfrmInfo))
	return b
}

// Info returns the link's own settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.XfrmInfo, bool) {
	info, ok := link.Info.(*iplink.XfrmInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.XfrmInfo {
	return own.Put[iplink.XfrmInfo](b.Own(b), number)
}

// IfID sets the number that the states and policies of the link have, 1 to 4294967295. A
// namespace has one link for each number (IFLA_XFRM_IF_ID).
func (b *Builder) IfID(number uint32) *Builder {
	b.set(uapi.IFLA_XFRM_IF_ID).IfID = number
	return b
}

// Dev sets the link whose hardware may process the packets, by name, in the namespace of
// the xfrm link. It cannot change later (IFLA_XFRM_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_XFRM_LINK, name)
	return b
}

// DevIndex is Dev by interface index (IFLA_XFRM_LINK).
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_XFRM_LINK).Dev = index
	return b
}

// External leaves the number to routes and tc, which give it for each packet. It goes with
// neither IfID nor Dev. A namespace has one such link, whose own settings are fixed
// (IFLA_XFRM_COLLECT_METADATA).
func (b *Builder) External() *Builder {
	b.set(uapi.IFLA_XFRM_COLLECT_METADATA).External = true
	return b
}
