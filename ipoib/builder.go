package ipoib

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an IPoIB link: IP over InfiniBand in a partition,
// RFC 4391, on an IPoIB link of the hardware.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for an IPoIB link of that name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIPoIB, name, new(iplink.IPoIBInfo))
	return b
}

// Info returns what the kernel reports of an IPoIB link only, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.IPoIBInfo, bool) {
	info, ok := link.Info.(*iplink.IPoIBInfo)
	return info, ok
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IPoIBInfo {
	return own.Put[iplink.IPoIBInfo](b.Own(b), number)
}

// PKey sets the partition key, by default the parent's; 0 and 0x8000 are none.
// The bit of full membership, 0x8000, is always added: 4 and 0x8004 are the
// same. It cannot change later (IFLA_IPOIB_PKEY).
func (b *Builder) PKey(key uint16) *Builder {
	b.set(uapi.IFLA_IPOIB_PKEY).PKey = key
	return b
}

// Mode sets the transport, Datagram by default. It brings an MTU of its
// own: at most 4092 and 65520 bytes (IFLA_IPOIB_MODE).
func (b *Builder) Mode(mode iplink.IPoIBMode) *Builder {
	b.set(uapi.IFLA_IPOIB_MODE).Mode = mode
	return b
}

// UMCast says whether programs may send to multicast groups that they have not
// joined; off by default (IFLA_IPOIB_UMCAST).
func (b *Builder) UMCast(on bool) *Builder {
	b.set(uapi.IFLA_IPOIB_UMCAST).UMCast = on
	return b
}
