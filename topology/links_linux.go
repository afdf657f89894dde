package topology

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
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
	return slices.DeleteFunc(links, isOmitted), err
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

// isOmitted reports whether each namespace has such a link, the loopback interface or a
// fallback device.
func isOmitted(l *iplink.Link) bool {
	return l.Type == iplink.HardwareLoopback || l.Fallback()
}

// listWithin returns the links of a namespace that is accessible only through
// another one, in which it has the given id. The links lack the details of their
// kinds.
func listWithin(ctx context.Context, rt *rtnl.Conn, nsid int32) (links []*iplink.Link, err error) {
	err = rt.DumpLinksOf(ctx, nsid, nil, func() { links = nil }, func(m wire.Message) {
		if l := parseLink(m.Data); l != nil && !isOmitted(l) {
			links = append(links, l)
		}
	})
	return links, err
}

// parseLink decodes the properties of a link that a picture needs, or returns nil if
// the message is malformed.
func parseLink(data []byte) *iplink.Link {
	l, ok := rtnl.ParseLink(data)
	if !ok {
		return nil
	}
	return &iplink.Link{Index: l.Index, Type: iplink.HardwareType(l.Type), Flags: iplink.Flags(l.Flags), Name: l.Name, Kind: l.Kind,
		Parent: l.Parent, NetNSID: l.NetNSID, Master: l.Master}
}
