package macvtap

import (
	"net"
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a macvtap link: a macvlan link whose frames a program reads
// and writes through a file, as with a tap device.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the macvtap link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindMacvtap, name, new(iplink.MacvlanInfo))
	return b
}

// Info returns the link's own macvtap settings, and false if link is of another
// kind.
func Info(link *iplink.Link) (*iplink.MacvlanInfo, bool) {
	info, ok := link.Info.(*iplink.MacvlanInfo)
	return info, ok && link.Kind == iplink.KindMacvtap
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.MacvlanInfo {
	return own.Put[iplink.MacvlanInfo](b.Own(b), number)
}

// change sets the change to the list of sources and replaces an earlier change.
func (b *Builder) change(mode iplink.MacvlanSourceMode) *iplink.MacvlanInfo {
	b.Own(b).Set.Remove(uapi.IFLA_MACVLAN_MACADDR)
	b.Own(b).Set.Remove(uapi.IFLA_MACVLAN_MACADDR_DATA)
	info := b.set(uapi.IFLA_MACVLAN_MACADDR_MODE)
	info.SourceMode = mode
	return info
}

// Mode sets the other links on the same parent that frames can reach, VEPA by
// default. It cannot change to or from Passthru (IFLA_MACVLAN_MODE).
func (b *Builder) Mode(mode iplink.MacvlanMode) *Builder {
	b.set(uapi.IFLA_MACVLAN_MODE).Mode = mode
	return b
}

// Flags sets all details of the mode at once; none by default (IFLA_MACVLAN_FLAGS).
func (b *Builder) Flags(flags iplink.MacvlanFlags) *Builder {
	b.set(uapi.IFLA_MACVLAN_FLAGS).Flags = flags
	return b
}

// BCQueueLen sets the maximum number of queued broadcast frames, 1000 by default. A
// larger value requires CAP_NET_ADMIN in the initial user namespace. The effective
// value is the highest request of all links on the parent
// (IFLA_MACVLAN_BC_QUEUE_LEN).
func (b *Builder) BCQueueLen(frames uint32) *Builder {
	b.set(uapi.IFLA_MACVLAN_BC_QUEUE_LEN).BCQueueLen = frames
	return b
}

// BCCutoff sets the number of links on the parent that must join a multicast group
// for its frames to be queued, 1 by default, negative for never. All links on a
// parent share it; since Linux 6.4 (IFLA_MACVLAN_BC_CUTOFF).
func (b *Builder) BCCutoff(links int32) *Builder {
	b.set(uapi.IFLA_MACVLAN_BC_CUTOFF).BCCutoff = links
	return b
}

// Sources replaces the list of source addresses from which a link in Source mode
// accepts frames; without addresses it empties the list. Of the calls of Sources,
// AddSource, DelSource and FlushSources, only the last takes effect, since a request
// holds one change (IFLA_MACVLAN_MACADDR_DATA).
func (b *Builder) Sources(macs ...net.HardwareAddr) *Builder {
	b.change(iplink.MacvlanSourceSet)
	b.set(uapi.IFLA_MACVLAN_MACADDR_DATA).Sources = slices.Clone(macs)
	return b
}

// AddSource adds an address to the list of sources (IFLA_MACVLAN_MACADDR).
func (b *Builder) AddSource(mac net.HardwareAddr) *Builder {
	b.change(iplink.MacvlanSourceAdd)
	b.set(uapi.IFLA_MACVLAN_MACADDR).Source = slices.Clone(mac)
	return b
}

// DelSource removes an address from the list of sources. An address that is not in
// the list is not an error (IFLA_MACVLAN_MACADDR).
func (b *Builder) DelSource(mac net.HardwareAddr) *Builder {
	b.change(iplink.MacvlanSourceDel)
	b.set(uapi.IFLA_MACVLAN_MACADDR).Source = slices.Clone(mac)
	return b
}

// FlushSources empties the list of sources (IFLA_MACVLAN_MACADDR_MODE).
func (b *Builder) FlushSources() *Builder {
	b.change(iplink.MacvlanSourceFlush)
	return b
}
