package tun

import (
	"fmt"
	"math"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a tun or tap link, whose packets a program reads and writes through
// files. Open opens them.
//
// The link stays when Create returns, although no program has it open, and until it is
// deleted: the kernel would delete it at once otherwise. While no program has it open, it
// has no carrier and drops the packets that it gets to send.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the tun link with the given name, which carries IP packets.
func New(name string) *Builder {
	return newBuilder(name, IP)
}

// NewTap returns the builder for the tap link with the given name, which carries Ethernet
// frames and can be the port of a bridge.
func NewTap(name string) *Builder {
	return newBuilder(name, Ethernet)
}

func newBuilder(name string, of iplink.TunType) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindTun, name, new(iplink.TunInfo))
	b.set(uapi.IFLA_TUN_TYPE).Type = of
	return b
}

// Info returns the link's own settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.TunInfo, bool) {
	info, ok := link.Info.(*iplink.TunInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.TunInfo {
	return own.Put[iplink.TunInfo](b.Own(b), number)
}

// Owner sets the id of the user who can open the link without CAP_NET_ADMIN, as the user
// namespace of the caller numbers it. With both Owner and OwnerGroup a user must be both.
// Without them, any user can open the link who can open /dev/net/tun. The owner can
// change and cannot be taken away (TUNSETOWNER).
func (b *Builder) Owner(uid int) *Builder {
	if b.Own(b).Judge("Owner", idFault(uid)) {
		b.set(uapi.IFLA_TUN_OWNER).Owner = uid
	}
	return b
}

// OwnerGroup sets the id of the group whose members can open the link; see Owner. The
// group of Group is another one, of links (TUNSETGROUP).
func (b *Builder) OwnerGroup(gid int) *Builder {
	if b.Own(b).Judge("OwnerGroup", idFault(gid)) {
		b.set(uapi.IFLA_TUN_GROUP).Group = gid
	}
	return b
}

// idFault returns the reason why a number cannot identify a user or a group.
func idFault(id int) string {
	if id < 0 || uint64(id) >= math.MaxUint32 {
		return fmt.Sprintf("%d is not an id: give 0 to %d", id, uint32(math.MaxUint32-1))
	}
	return ""
}

// MultiQueue lets programs have up to 256 files of the link open at a time, over which
// the kernel distributes packets by flow. By default one file can be open. It cannot
// change later (IFF_MULTI_QUEUE).
func (b *Builder) MultiQueue() *Builder {
	b.set(uapi.IFLA_TUN_MULTI_QUEUE).MultiQueue = true
	return b
}

// VNetHdr puts a virtio header before each packet, in both directions, which describes
// checksums and segments that are left to do. By default there are no headers. A program that
// opens the link by its own ioctl makes this choice again (IFF_VNET_HDR).
func (b *Builder) VNetHdr() *Builder {
	b.set(uapi.IFLA_TUN_VNET_HDR).VNetHdr = true
	return b
}

// PI puts a header of 4 bytes before each packet, in both directions and before the
// virtio header: 16 bits of flags in the byte order of the machine, and the EtherType in
// the byte order of the network. By default there are no headers. A program that opens the link
// by its own ioctl makes this choice again (IFF_NO_PI is off).
func (b *Builder) PI() *Builder {
	b.set(uapi.IFLA_TUN_PI).PI = true
	return b
}

// Persist keeps the link when the last program closes it. Create makes every link so;
// Update does it for a link that another program made without (TUNSETPERSIST).
func (b *Builder) Persist() *Builder {
	b.set(uapi.IFLA_TUN_PERSIST).Persist = true
	return b
}
