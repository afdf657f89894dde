package ipvlan

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an ipvlan link. It has its own IP addresses, and shares the
// link-layer address of its parent.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the ipvlan link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIPvlan, name, new(iplink.IPvlanInfo))
	return b
}

// Info returns the link's own ipvlan settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.IPvlanInfo, bool) {
	info, ok := link.Info.(*iplink.IPvlanInfo)
	return info, ok && link.Kind == iplink.KindIPvlan
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IPvlanInfo {
	return own.Put[iplink.IPvlanInfo](b.Own(b), number)
}

// Mode sets the layer at which packets are assigned to links. The mode belongs to
// the parent: a change applies to all links on the parent. Without Mode, Create
// keeps the mode of the existing links that it can see, which are the links in the
// namespaces of the parent and of the new link. On a parent without visible links,
// the mode is L3 (IFLA_IPVLAN_MODE).
func (b *Builder) Mode(mode iplink.IPvlanMode) *Builder {
	b.set(uapi.IFLA_IPVLAN_MODE).Mode = mode
	return b
}

// Flags sets the other links on the parent that packets can reach, Bridge by
// default. The flags belong to the parent: a change applies to all links on the
// parent (IFLA_IPVLAN_FLAGS).
func (b *Builder) Flags(flags iplink.IPvlanFlags) *Builder {
	b.set(uapi.IFLA_IPVLAN_FLAGS).Flags = flags
	return b
}
