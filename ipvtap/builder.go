package ipvtap

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an ipvtap link: an ipvlan whose packets a program
// reads and writes through a file, as with a tap.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for an ipvtap link of that name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIPvtap, name, new(iplink.IPvlanInfo))
	return b
}

// Info returns what the kernel reports of an ipvtap link only, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.IPvlanInfo, bool) {
	info, ok := link.Info.(*iplink.IPvlanInfo)
	return info, ok && link.Kind == iplink.KindIPvtap
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IPvlanInfo {
	return own.Put[iplink.IPvlanInfo](b.Own(b), number)
}

// Mode says by which layer packets find their link. It belongs to the parent:
// to set it changes all links on the parent. Without Mode, Create keeps the mode
// of those that it can see, which are the ones in the namespaces of the parent
// and of the link; on a parent without any it is L3 (IFLA_IPVLAN_MODE).
func (b *Builder) Mode(mode iplink.IPvlanMode) *Builder {
	b.set(uapi.IFLA_IPVLAN_MODE).Mode = mode
	return b
}

// Flags says which other links on the parent packets reach, Bridge by
// default. It belongs to the parent: to set it changes all links on the parent
// (IFLA_IPVLAN_FLAGS).
func (b *Builder) Flags(flags iplink.IPvlanFlags) *Builder {
	b.set(uapi.IFLA_IPVLAN_FLAGS).Flags = flags
	return b
}
