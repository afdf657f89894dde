package macvtap

import (
	"net"
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a macvtap link: a macvlan whose frames a program
// reads and writes through a file, as with a tap.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for a macvtap link of that name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindMacvtap, name, new(iplink.MacvlanInfo))
	return b
}

// Info returns what the kernel reports of a macvtap link only, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.MacvlanInfo, bool) {
	info, ok := link.Info.(*iplink.MacvlanInfo)
	return info, ok && link.Kind == iplink.KindMacvtap
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.MacvlanInfo {
	return own.Put[iplink.MacvlanInfo](b.Own(b), number)
}

// change sets the change of the list of sources, in place of an earlier one.
func (b *Builder) change(mode iplink.MacvlanSourceMode) *iplink.MacvlanInfo {
	b.Own(b).Set.Remove(uapi.IFLA_MACVLAN_MACADDR)
	b.Own(b).Set.Remove(uapi.IFLA_MACVLAN_MACADDR_DATA)
	info := b.set(uapi.IFLA_MACVLAN_MACADDR_MODE)
	info.SourceMode = mode
	return info
}

// Mode says which other links on the same parent frames reach, VEPA by
// default. It cannot change to or from Passthru (IFLA_MACVLAN_MODE).
func (b *Builder) Mode(mode iplink.MacvlanMode) *Builder {
	b.set(uapi.IFLA_MACVLAN_MODE).Mode = mode
	return b
}

// Flags sets details of the mode, all at once; none by default
// (IFLA_MACVLAN_FLAGS).
func (b *Builder) Flags(flags iplink.MacvlanFlags) *Builder {
	b.set(uapi.IFLA_MACVLAN_FLAGS).Flags = flags
	return b
}

// BCQueueLen sets how many broadcast frames may wait, 1000 by default; more needs
// CAP_NET_ADMIN in the initial user namespace. The most that any link on the
// parent asked for counts (IFLA_MACVLAN_BC_QUEUE_LEN).
func (b *Builder) BCQueueLen(frames uint32) *Builder {
	b.set(uapi.IFLA_MACVLAN_BC_QUEUE_LEN).BCQueueLen = frames
	return b
}

// BCCutoff sets how many links on the parent must want a multicast group for its
// frames to be queued, 1 by default, negative for never. All links on a parent
// share it; since Linux 6.4 (IFLA_MACVLAN_BC_CUTOFF).
func (b *Builder) BCCutoff(links int32) *Builder {
	b.set(uapi.IFLA_MACVLAN_BC_CUTOFF).BCCutoff = links
	return b
}

// Sources replaces the list of source addresses that a link in Source
// takes frames from; without addresses it empties the list. Of this, AddSource,
// DelSource and FlushSources the last call counts, as a request holds one
// (IFLA_MACVLAN_MACADDR_DATA).
func (b *Builder) Sources(macs ...net.HardwareAddr) *Builder {
	b.change(iplink.MacvlanSourceSet)
	b.set(uapi.IFLA_MACVLAN_MACADDR_DATA).Sources = slices.Clone(macs)
	return b
}

// AddSource adds an address to that list (IFLA_MACVLAN_MACADDR).
func (b *Builder) AddSource(mac net.HardwareAddr) *Builder {
	b.change(iplink.MacvlanSourceAdd)
	b.set(uapi.IFLA_MACVLAN_MACADDR).Source = slices.Clone(mac)
	return b
}

// DelSource takes an address from that list; one that is not in it is no error
// (IFLA_MACVLAN_MACADDR).
func (b *Builder) DelSource(mac net.HardwareAddr) *Builder {
	b.change(iplink.MacvlanSourceDel)
	b.set(uapi.IFLA_MACVLAN_MACADDR).Source = slices.Clone(mac)
	return b
}

// FlushSources empties that list (IFLA_MACVLAN_MACADDR_MODE).
func (b *Builder) FlushSources() *Builder {
	b.change(iplink.MacvlanSourceFlush)
	return b
}
