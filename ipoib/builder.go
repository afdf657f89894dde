package ipoib

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an IPoIB link: IP over InfiniBand in a partition, RFC 4391, on
// an IPoIB link of the hardware.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the IPoIB link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIPoIB, name, new(iplink.IPoIBInfo))
	return b
}

// Info returns the link's own IPoIB settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.IPoIBInfo, bool) {
	info, ok := link.Info.(*iplink.IPoIBInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IPoIBInfo {
	return own.Put[iplink.IPoIBInfo](b.Own(b), number)
}

// PKey sets the partition key, by default the parent's; 0 and 0x8000 are invalid.
// The full membership bit, 0x8000, is always added, so 4 and 0x8004 are the same
// key. It cannot change later (IFLA_IPOIB_PKEY).
func (b *Builder) PKey(key uint16) *Builder {
	b.set(uapi.IFLA_IPOIB_PKEY).PKey = key
	return b
}

// Mode sets the transport, Datagram by default. It also sets the MTU, to at most
// 4092 bytes for Datagram and 65520 bytes for Connected (IFLA_IPOIB_MODE).
func (b *Builder) Mode(mode iplink.IPoIBMode) *Builder {
	b.set(uapi.IFLA_IPOIB_MODE).Mode = mode
	return b
}

// UMCast lets programs send to multicast groups that they have not joined; off by
// default (IFLA_IPOIB_UMCAST).
func (b *Builder) UMCast(on bool) *Builder {
	b.set(uapi.IFLA_IPOIB_UMCAST).UMCast = on
	return b
}
