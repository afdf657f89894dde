package wwan

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes the link of a data session of a modem, which ParentDev names.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the wwan link with the given name. It needs a ParentDev and a
// LinkID.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindWWAN, name, new(iplink.WWANInfo))
	return b
}

// Info returns the link's own settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.WWANInfo, bool) {
	info, ok := link.Info.(*iplink.WWANInfo)
	return info, ok
}

// LinkID sets the number of the data session, 0 to 4294967295; the driver of the modem may
// have fewer. The modem has one link for each number. It cannot change later
// (IFLA_WWAN_LINK_ID).
func (b *Builder) LinkID(number uint32) *Builder {
	own.Put[iplink.WWANInfo](b.Own(b), uapi.IFLA_WWAN_LINK_ID).LinkID = number
	return b
}
