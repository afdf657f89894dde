package ovpn

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an ovpn link. Its peers and their keys come and go while a VPN
// runs: Open manages them.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the ovpn link with the given name. Create has the kernel load
// the driver, which a request for a link alone does not. The link has an MTU of 1416 unless
// MTU sets another one.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindOVPN, name, new(iplink.OVPNInfo))
	return b
}

// Info returns the link's own ovpn settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.OVPNInfo, bool) {
	info, ok := link.Info.(*iplink.OVPNInfo)
	return info, ok
}

// Mode sets whether the link has one peer or many, P2P by default. It cannot change later
// (IFLA_OVPN_MODE).
func (b *Builder) Mode(mode Mode) *Builder {
	own.Put[iplink.OVPNInfo](b.Own(b), uapi.IFLA_OVPN_MODE).Mode = mode
	return b
}
