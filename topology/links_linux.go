package topology

import (
	"context"
	"slices"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// list returns the links of a namespace that can be entered.
func (s *space) list(ctx context.Context) ([]*iplink.Link, error) {
	conn, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	links, err := conn.List(ctx)
	return slices.DeleteFunc(links, isLoopback), err
}

func (s *space) dial() (*iplink.Conn, error) {
	if s.Current {
		return iplink.Dial()
	}
	ns, err := iplink.NetNSAtPath(s.path())
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	return ns.Dial()
}

func isLoopback(l *iplink.Link) bool {
	return l.Type == iplink.HardwareLoopback
}

// listWithin returns the links of a namespace that is accessible only through
// another one, in which it has the given id. The links lack the details of their
// kinds.
func listWithin(ctx context.Context, rt *rtnl.Conn, nsid int32) (links []*iplink.Link, err error) {
	err = rt.DumpLinksOf(ctx, nsid, nil, func() { links = nil }, func(m wire.Message) {
		if l := parseLink(m.Data); l != nil && !isLoopback(l) {
			links = append(links, l)
		}
	})
	return links, err
}

// parseLink decodes the properties of a link that a picture needs, or returns nil if
// the message is malformed.
func parseLink(data []byte) *iplink.Link {
	header, attrs, err := wire.ParseLink(data)
	if err != nil {
		return nil
	}
	attrs, _ = wire.Legible(attrs, func(wire.Attr) {})
	l := &iplink.Link{Index: int(header.Index), Type: iplink.HardwareType(header.Type), Flags: iplink.Flags(header.Flags), NetNSID: self}
	l.Name = strings.Clone(wire.CString(wire.Find(attrs, uapi.IFLA_IFNAME)))
	l.Kind = strings.Clone(wire.CString(wire.Find(attrs, uapi.IFLA_LINKINFO, uapi.IFLA_INFO_KIND)))
	for typ, set := range map[uint16]func(uint32){
		uapi.IFLA_LINK:         func(v uint32) { l.Parent = int(v) },
		uapi.IFLA_MASTER:       func(v uint32) { l.Master = int(v) },
		uapi.IFLA_LINK_NETNSID: func(v uint32) { l.NetNSID = int32(v) },
	} {
		if v := wire.Find(attrs, typ); len(v) == 4 {
			set(wire.Order.Uint32(v))
		}
	}
	return l
}
