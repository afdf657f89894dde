package rtnl

import (
	"bytes"
	"cmp"
	"net"
	"strings"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Link holds the parts of a message about a link that packages above the codec
// need. It shares no memory with the message.
type Link struct {
	Index   int
	Type    uint16 // ARPHRD_*
	Flags   uint32 // IFF_*
	Name    string
	Kind    string // empty for hardware
	Group   uint32
	Address net.HardwareAddr

	// Parent is the index of the link below or of the other end, and NetNSID the id
	// of the namespace that has it, -1 for the link's own.
	Parent  int
	NetNSID int32

	// Master is the index of the link that it is a port of, 0 if it is none, and
	// MasterKind the kind of that one.
	Master     int
	MasterKind string

	// Data has the settings of its kind (IFLA_INFO_DATA), and PortData those that
	// it has as a port (IFLA_INFO_SLAVE_DATA).
	Data, PortData []byte
}

// ParseLink decodes the body of a message about a link, and returns false if it is
// malformed or of another family.
func ParseLink(data []byte) (Link, bool) {
	header, attrs, err := wire.ParseLink(data)
	if err != nil || header.Family != uapi.AF_UNSPEC {
		return Link{NetNSID: -1}, false
	}
	kind := ""
	attrs, _ = wire.Legible(attrs, func(a wire.Attr) {
		if a.Type == uapi.IFLA_LINKINFO {
			kind = text(a.Data, uapi.IFLA_INFO_KIND)
		}
	})
	info := wire.Find(attrs, uapi.IFLA_LINKINFO)
	l := Link{
		Index: int(header.Index), Type: header.Type, Flags: header.Flags,
		Name: text(attrs, uapi.IFLA_IFNAME), Kind: cmp.Or(text(info, uapi.IFLA_INFO_KIND), kind), Group: number(attrs, uapi.IFLA_GROUP, 0),
		Address: bytes.Clone(wire.Find(attrs, uapi.IFLA_ADDRESS)),
		Parent:  int(number(attrs, uapi.IFLA_LINK, 0)), NetNSID: int32(number(attrs, uapi.IFLA_LINK_NETNSID, ^uint32(0))),
		Master: int(number(attrs, uapi.IFLA_MASTER, 0)), MasterKind: text(info, uapi.IFLA_INFO_SLAVE_KIND),
		Data: bytes.Clone(wire.Find(info, uapi.IFLA_INFO_DATA)), PortData: bytes.Clone(wire.Find(info, uapi.IFLA_INFO_SLAVE_DATA)),
	}
	return l, true
}

// Of reports whether the link is of a kind, or a port of such a link.
func (l *Link) Of(kind string) bool {
	return l.Kind == kind || l.Master != 0 && l.MasterKind == kind
}

func text(attrs []byte, typ uint16) string {
	return strings.Clone(wire.CString(wire.Find(attrs, typ)))
}

// number returns an attribute of 4 bytes, or another number if there is none.
func number(attrs []byte, typ uint16, otherwise uint32) uint32 {
	if b := wire.Find(attrs, typ); len(b) == 4 {
		return wire.Order.Uint32(b)
	}
	return otherwise
}
