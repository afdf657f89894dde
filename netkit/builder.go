package netkit

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a pair of netkit links, or a single one. It is the primary end of the
// pair, and takes the settings of both; the kernel changes policies only through it, so
// that an Update of the other end is ErrImmutable.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for one end of a pair; its Peer setter describes the
// other end, with a builder of the same kind.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindNetkit, name, new(iplink.NetkitInfo))
	return b
}

// Info returns the settings of the pair as this link has them, with the index and the
// namespace of the other end, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.NetkitInfo, bool) {
	info, ok := link.Info.(*iplink.NetkitInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.NetkitInfo {
	return own.Put[iplink.NetkitInfo](b.Own(b), number)
}

// Peer describes the other end: its name and any setting common to all links. The
// settings of this package stay on this end, which has PeerPolicy and PeerScrub for the
// other one. The kernel chooses the name if it is empty. The other end goes into the
// namespace of the Conn, unless its NetNS or the LinkNetNS of this end gives another.
// Without Peer, the kernel names the other end and gives it the settings of this end
// (IFLA_NETKIT_PEER_INFO). It cannot change later.
func (b *Builder) Peer(peer *Builder) *Builder {
	own.SetPeer(b, peer)
	return b
}

// Mode sets the layer at which both ends work, L3 by default. Only links in mode L2 take
// an Address. It cannot change later (IFLA_NETKIT_MODE).
func (b *Builder) Mode(mode iplink.NetkitMode) *Builder {
	b.set(uapi.IFLA_NETKIT_MODE).Mode = mode
	return b
}

// Policy sets whether packets that this end sends are forwarded or dropped while no BPF
// program decides about them, Forward by default. It can change only on the primary end
// (IFLA_NETKIT_POLICY).
func (b *Builder) Policy(policy iplink.NetkitPolicy) *Builder {
	b.set(uapi.IFLA_NETKIT_POLICY).Policy = policy
	return b
}

// PeerPolicy is Policy for the packets that the other end sends (IFLA_NETKIT_PEER_POLICY).
func (b *Builder) PeerPolicy(policy iplink.NetkitPolicy) *Builder {
	b.set(uapi.IFLA_NETKIT_PEER_POLICY).PeerPolicy = policy
	return b
}

// Scrub sets whether the mark and the priority of packets that this end sends are cleared,
// Default by default. It cannot change later; since Linux 6.13 (IFLA_NETKIT_SCRUB).
func (b *Builder) Scrub(scrub iplink.NetkitScrub) *Builder {
	b.set(uapi.IFLA_NETKIT_SCRUB).Scrub = scrub
	return b
}

// PeerScrub is Scrub for the packets that the other end sends (IFLA_NETKIT_PEER_SCRUB).
func (b *Builder) PeerScrub(scrub iplink.NetkitScrub) *Builder {
	b.set(uapi.IFLA_NETKIT_PEER_SCRUB).PeerScrub = scrub
	return b
}

// Headroom sets the bytes that both ends keep free before each packet, for headers that
// are added later; 0 by default. It cannot change later; since Linux 6.14
// (IFLA_NETKIT_HEADROOM).
func (b *Builder) Headroom(bytes uint16) *Builder {
	b.set(uapi.IFLA_NETKIT_HEADROOM).Headroom = bytes
	return b
}

// Tailroom sets the bytes that both ends keep free behind each packet; 0 by default. It
// cannot change later; since Linux 6.14 (IFLA_NETKIT_TAILROOM).
func (b *Builder) Tailroom(bytes uint16) *Builder {
	b.set(uapi.IFLA_NETKIT_TAILROOM).Tailroom = bytes
	return b
}

// Pairing sets whether the link has another end, Pair by default. A Single link takes
// neither Peer, LinkNetNS, Scrub nor a setting of the other end, and its Policy is Forward.
// It cannot change later; since Linux 7.1 (IFLA_NETKIT_PAIRING).
func (b *Builder) Pairing(pairing iplink.NetkitPairing) *Builder {
	b.set(uapi.IFLA_NETKIT_PAIRING).Pairing = pairing
	return b
}
