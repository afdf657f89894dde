package gtp

import (
	"net/netip"
	"os"
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a GTP link. It needs Sockets, or sockets of the program in FD0 and
// FD1. Only its contexts can change later.
//
// The link sends and receives through UDP sockets. Sockets opens them in the namespace of
// the Conn, or in LinkNetNS, even if NetNS puts the link elsewhere, and they stay there when
// the link is moved later. FD0 and FD1 are in the namespace where the program opened them.
// The kernel reports nothing about the sockets, so Ensure and Diff do not compare them, and
// Update refuses their settings. A link that Recreate replaces loses its contexts; if the
// new link fails, the old one is made again as with Sockets.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the GTP link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindGTP, name, new(iplink.GTPInfo))
	return b
}

// Info returns the link's own GTP settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.GTPInfo, bool) {
	info, ok := link.Info.(*iplink.GTPInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.GTPInfo {
	return own.Put[iplink.GTPInfo](b.Own(b), number)
}

// Role sets the role of this end; GGSN by default (IFLA_GTP_ROLE).
func (b *Builder) Role(role Role) *Builder {
	b.set(uapi.IFLA_GTP_ROLE).Role = role
	return b
}

// HashSize sets the number of buckets of each of the link's two tables of contexts; 0 selects the default, 1024. The kernel allocates 8 bytes for a bucket
// (IFLA_GTP_PDP_HASHSIZE).
func (b *Builder) HashSize(buckets uint32) *Builder {
	b.set(uapi.IFLA_GTP_PDP_HASHSIZE).HashSize = buckets
	if buckets == 0 {
		b.Own(b).Set.Remove(uapi.IFLA_GTP_PDP_HASHSIZE)
	}
	return b
}

// RestartCount sets the counter in the answers to echo requests, from which the other end
// learns that this one has lost its contexts; 0 by default (IFLA_GTP_RESTART_COUNT).
func (b *Builder) RestartCount(n uint8) *Builder {
	b.set(uapi.IFLA_GTP_RESTART_COUNT).RestartCount = n
	return b
}

// Sockets has the kernel open sockets for the link, at the UDP ports 3386 for version 0
// and 2152 for version 1, for IPv4 unless LocalIP is of IPv6. They are closed when the
// link is deleted. The error matches syscall.EADDRINUSE if a port is taken
// (IFLA_GTP_CREATE_SOCKETS).
func (b *Builder) Sockets() *Builder {
	b.set(uapi.IFLA_GTP_CREATE_SOCKETS)
	return b
}

// LocalIP sets the address of the sockets that Sockets opens, an address of their
// namespace; by default they receive at all addresses of IPv4. The unspecified address of
// IPv6 stands for all of IPv6. Create refuses it before Linux 6.10 (IFLA_GTP_LOCAL,
// IFLA_GTP_LOCAL6).
func (b *Builder) LocalIP(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GTP_LOCAL).Local = addr
	return b
}

// FD0 gives the link a UDP socket of the program for version 0, bound to port 3386. The
// file must stay open as long as the link is to work: when the last descriptor of the
// socket is closed, the link remains, and passes no more packets (IFLA_GTP_FD0).
func (b *Builder) FD0(socket *os.File) *Builder {
	b.set(uapi.IFLA_GTP_FD0).FD0 = socket
	return b
}

// FD1 is FD0 for version 1, and port 2152 (IFLA_GTP_FD1). The sockets of both must be of
// the same family; one of them suffices.
func (b *Builder) FD1(socket *os.File) *Builder {
	b.set(uapi.IFLA_GTP_FD1).FD1 = socket
	return b
}

// PDP adds contexts to the link. A context that has the same MS as one of them, or the same
// LocalTEI or TID, is replaced; others stay. The contexts are made when the link exists, all
// or none.
func (b *Builder) PDP(pdps ...PDP) *Builder {
	info := b.set(own.GTPPDPs)
	info.PDPs = slices.Concat(info.PDPs, pdps)
	if info.PDPs == nil {
		info.PDPs = []PDP{}
	}
	return b
}

// OnlyPDPs is PDP, and removes all other contexts. Without arguments, the link has only
// the contexts of PDP, or none.
func (b *Builder) OnlyPDPs(pdps ...PDP) *Builder {
	b.PDP(pdps...)
	b.set(own.GTPPDPs).OnlyPDPs = true
	return b
}
