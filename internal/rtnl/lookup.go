package rtnl

import (
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// NeedsNetAdmin is the reason and the remedy for a request that failed with EPERM.
const NeedsNetAdmin = "needs CAP_NET_ADMIN: run as root, or in a user namespace"

// AppendKey appends the body of a request for one link: a header with its index, or
// with its name as an attribute if the index is 0.
func AppendKey(b []byte, index int, name string) []byte {
	b = wire.AppendLink(b, wire.Link{Index: int32(index)})
	switch {
	case index != 0:
		return b
	case len(name) < uapi.IFNAMSIZ:
		return wire.AppendString(b, uapi.IFLA_IFNAME, name)
	}
	return wire.AppendString(b, uapi.IFLA_ALT_IFNAME, name)
}

// IndexIn returns the index of the link that a message describes, or 0 if it
// describes none.
func IndexIn(m wire.Message) int {
	l, _, err := wire.ParseLink(m.Data)
	if err != nil {
		return 0
	}
	return int(l.Index)
}
