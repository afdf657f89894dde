package fdbmsg

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// The address filter of a link has the addresses of frames that it accepts besides its
// own. The kernel puts addresses there as well: groups that the machine is a member of,
// and the addresses of links on top of this one.

// AddFilter is Add for the address filter of a link.
func AddFilter(s *own.Settings, only bool, entries []fdb.Entry) {
	o := Objects{Database: OfFilter, only: only}
	if s.Judge(o.setter(), ownSetter(s.Kind)) {
		Add(s, OfFilter, only, keepFilter, entries)
	}
}

// ownSetter returns the reason why entries of a link of a kind are set by the builder of
// that kind, or an empty string.
func ownSetter(kind string) string {
	if kind != "bridge" && kind != "vxlan" {
		return ""
	}
	return fmt.Sprintf("a %s has a forwarding database: set its entries on the builder of package %[1]s", kind)
}

// misfit returns an error if the link has another database than the entries are for.
func (o *Objects) misfit(link *rtnl.Link) error {
	if o.Database != OfFilter || ownSetter(link.Kind) == "" {
		return nil
	}
	return fmt.Errorf("%w (%s)", invalid.Argument(syscall.EINVAL), ownSetter(link.Kind))
}

// multicast are the first bytes of the groups that the kernel joins: IPv6, IPv4, and
// protocols of IEEE 802.
var multicast = [][]byte{{0x33, 0x33}, {0x01, 0x00, 0x5e}, {0x01, 0x80, 0xc2}, {0x01, 0x1b, 0x19}}

// keepFilter finds the entries that the kernel makes. All entries of a port are kept, since
// a master adds them.
func keepFilter(ctx context.Context, conn *rtnl.Conn, link *rtnl.Link) (func(*fdb.Entry) bool, error) {
	var above map[string]bool
	body := func(b []byte) []byte {
		return wire.AppendU32(wire.AppendLink(b, wire.Link{}), uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
	}
	err := conn.Dump(ctx, uapi.RTM_GETLINK, body, func() { above = map[string]bool{} }, func(m wire.Message) {
		if l, ok := rtnl.ParseLink(m.Data); ok && l.Parent == link.Index {
			above[string(l.Address)] = true
		}
	})
	return func(e *fdb.Entry) bool {
		return link.Master != 0 || above[string(e.MAC)] || isGroup(e.MAC)
	}, err
}

// isGroup reports whether the kernel joins a group by itself.
func isGroup(mac []byte) bool {
	return mac[0] == 0xff || slices.ContainsFunc(multicast, func(first []byte) bool { return bytes.HasPrefix(mac, first) })
}

func filterReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EOPNOTSUPP:
		return "the driver filters no such addresses: a macvlan takes those of hosts only in mode passthru"
	case syscall.EINVAL:
		return "only Ethernet links have an address filter"
	}
	return ""
}

func (e *object) filterFault() string {
	switch {
	case isZero(e.MAC):
		return "zeros are no address in a filter"
	case e.VLAN != 0:
		return "the filter has no VLANs"
	case e.State != fdb.Permanent:
		return "a filter has only permanent entries"
	case e.Notify || e.NoRefresh:
		return "only entries of a bridge can have Notify or NoRefresh"
	case e.tunnels():
		return "tunnels are for entries of a VXLAN link's own: see package vxlan"
	}
	return ""
}
