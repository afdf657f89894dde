// Package vti makes vti links, virtual tunnel interfaces: packets that a link sends go
// through the IPsec policies with its mark, in tunnel mode over IPv4. Package vti6 has them
// over IPv6. New programs rather use package xfrm, whose links serve both and have a number
// of their own instead of a mark.
package vti

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a vti link. It sends from the namespace of the link. A change keeps
// the MTU and all other settings. Two links cannot have the same Local, Remote and Dev, even
// with different keys.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the vti link with the given name. The kernel refuses one
// that equals its fallback device ip_vti0, which has no addresses.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVTI, name, new(iplink.VTIInfo))
	return b
}

// Info returns the link's own vti settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.VTIInfo, bool) {
	info, ok := link.Info.(*iplink.VTIInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.VTIInfo {
	return own.Put[iplink.VTIInfo](b.Own(b), number)
}

// Local sets the address of this end, an IPv4 address; the unspecified address, the
// default, stands for any (IFLA_VTI_LOCAL).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_VTI_LOCAL).Local = addr
	return b
}

// Remote sets the address of the other end, an IPv4 address; the unspecified address,
// the default, stands for any (IFLA_VTI_REMOTE). It cannot change later between none and
// one end.
func (b *Builder) Remote(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_VTI_REMOTE).Remote = addr
	return b
}

// Dev names the link that the outer packets leave by, in the namespace of the tunnel; by
// default the routing table chooses it (IFLA_VTI_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_VTI_LINK, name)
	return b
}

// DevIndex is like Dev, but takes the index; 0 stands for none.
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_VTI_LINK).Dev = index
	return b
}

// Key sets IKey and OKey to the same mark.
func (b *Builder) Key(mark uint32) *Builder {
	return b.IKey(mark).OKey(mark)
}

// IKey sets the mark that the IPsec policies for received packets have; 0, the default,
// means no mark (IFLA_VTI_IKEY).
func (b *Builder) IKey(mark uint32) *Builder {
	b.set(uapi.IFLA_VTI_IKEY).IKey = mark
	return b
}

// OKey sets the mark that the IPsec states and policies for sent packets have; 0, the
// default, means no mark (IFLA_VTI_OKEY).
func (b *Builder) OKey(mark uint32) *Builder {
	b.set(uapi.IFLA_VTI_OKEY).OKey = mark
	return b
}

// FwMark sets the mark of the route that a new link has its MTU from; 0, the default,
// means no mark. The kernel routes no packets by it: the output-mark of an IPsec state
// does that (IFLA_VTI_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(uapi.IFLA_VTI_FWMARK).FwMark = mark
	return b
}
