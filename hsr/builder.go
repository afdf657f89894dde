package hsr

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an hsr link and its ports, which are Ethernet links without another
// master, in the namespace of the hsr link. They must be up to carry frames. The hsr link
// takes the Address of Slave1, and an MTU that is 6 bytes below the smallest MTU of its
// slaves; MTU lowers it. With PRP, Slave2 takes the Address of Slave1, too.
//
// The kernel changes none of the settings of this package later, and does not move the link
// to another namespace. The deletion of the link frees its ports.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the hsr link with the given name. It needs Slave1 and Slave2.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindHSR, name, new(iplink.HSRInfo))
	return b
}

// Info returns the link's own settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.HSRInfo, bool) {
	info, ok := link.Info.(*iplink.HSRInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.HSRInfo {
	return own.Put[iplink.HSRInfo](b.Own(b), number)
}

// Slave1 sets the first port by name, without a default. It cannot change later
// (IFLA_HSR_SLAVE1).
func (b *Builder) Slave1(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_HSR_SLAVE1, name)
	return b
}

// Slave1Index is Slave1 by interface index (IFLA_HSR_SLAVE1).
func (b *Builder) Slave1Index(index int) *Builder {
	b.set(uapi.IFLA_HSR_SLAVE1).Slave1 = index
	return b
}

// Slave2 sets the second port by name, another link than Slave1, without a default. It
// cannot change later (IFLA_HSR_SLAVE2).
func (b *Builder) Slave2(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_HSR_SLAVE2, name)
	return b
}

// Slave2Index is Slave2 by interface index (IFLA_HSR_SLAVE2).
func (b *Builder) Slave2Index(index int) *Builder {
	b.set(uapi.IFLA_HSR_SLAVE2).Slave2 = index
	return b
}

// Interlink makes the link a RedBox, which connects hosts without HSR or PRP: it sets the
// port to them, by name, none by default. It cannot change later. HSR needs Linux 6.10 for
// it, and PRP Linux 7.3. Linux 6.12 does not report it, so that Ensure does not see another
// one there (IFLA_HSR_INTERLINK).
func (b *Builder) Interlink(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_HSR_INTERLINK, name)
	return b
}

// InterlinkIndex is Interlink by interface index (IFLA_HSR_INTERLINK).
func (b *Builder) InterlinkIndex(index int) *Builder {
	b.set(uapi.IFLA_HSR_INTERLINK).Interlink = index
	return b
}

// Supervision sets the last byte of the multicast address to which the link sends
// supervision frames, 0 by default. All nodes of a network have the same. It cannot change
// later (IFLA_HSR_MULTICAST_SPEC).
func (b *Builder) Supervision(last uint8) *Builder {
	b.set(uapi.IFLA_HSR_MULTICAST_SPEC).Supervision = last
	return b
}

// Version sets the version of HSR, 0 for the standard of 2010, the default, or 1 for the one of
// 2012. All nodes of a ring have the same. PRP has none. It cannot change later. Linux 6.12
// does not report it, so that Ensure does not see another one there (IFLA_HSR_VERSION).
func (b *Builder) Version(version uint8) *Builder {
	b.set(uapi.IFLA_HSR_VERSION).Version = version
	return b
}

// Protocol sets the protocol, HSR by default. It cannot change later (IFLA_HSR_PROTOCOL).
func (b *Builder) Protocol(protocol iplink.HSRProtocol) *Builder {
	b.set(uapi.IFLA_HSR_PROTOCOL).Protocol = protocol
	return b
}
