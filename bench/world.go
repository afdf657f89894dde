package main

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// The settings of all contestants' links.
const (
	vxlanPort = 4789
	attachMTU = 1400
)

func hostMAC(i int) []byte {
	return []byte{0x02, 0x42, 0, 0, byte(i >> 8), byte(i)}
}

func podAddr(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, byte((i + 1) >> 8), byte(i + 1)}), 16)
}

// createLink appends a request to make a link. common appends general attributes,
// and data appends the attributes of the kind.
func createLink(m *messages, index int32, flags uint32, name, kind string, common, data func([]byte) []byte) {
	m.write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte {
		b = wire.AppendLink(b, wire.Link{Index: index, Flags: flags, Change: flags})
		b = common(wire.AppendString(b, uapi.IFLA_IFNAME, name))
		b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
		b = wire.AppendText(b, uapi.IFLA_INFO_KIND, kind)
		b, at := wire.Begin(b, uapi.IFLA_INFO_DATA)
		return wire.End(wire.End(data(b), at), info)
	})
}

func nothing(b []byte) []byte {
	return b
}

// createBridges, createVeths and createVXLANs return the requests to make links with
// the given names.
func createBridges(names []string) *messages {
	m := &messages{}
	for _, name := range names {
		createLink(m, 0, 0, name, "bridge", nothing, nothing)
	}
	return m
}

func createVeths(names []string) *messages {
	m := &messages{}
	for _, name := range names {
		createLink(m, 0, 0, name, "veth", nothing, func(b []byte) []byte {
			return appendPeer(b, 0, peerOf(name), nothing)
		})
	}
	return m
}

func peerOf(name string) string {
	return "p" + name
}

func appendPeer(b []byte, index int32, name string, more func([]byte) []byte) []byte {
	b, at := wire.Begin(b, uapi.VETH_INFO_PEER)
	b = wire.AppendLink(b, wire.Link{Index: index})
	return wire.End(more(wire.AppendString(b, uapi.IFLA_IFNAME, name)), at)
}

func createVXLANs(names []string) *messages {
	m := &messages{}
	for i, name := range names {
		createLink(m, 0, 0, name, "vxlan", nothing, func(b []byte) []byte {
			b = wire.AppendU32(b, uapi.IFLA_VXLAN_ID, uint32(i+1))
			return wire.AppendAttr(b, uapi.IFLA_VXLAN_PORT, []byte{vxlanPort >> 8, vxlanPort & 0xff})
		})
	}
	return m
}

// getLink returns the request for a link by name.
func getLink(name string) []byte {
	m := &messages{}
	m.add(uapi.RTM_GETLINK, 0, func(b []byte) []byte {
		return wire.AppendString(wire.AppendLink(b, wire.Link{}), uapi.IFLA_IFNAME, name)
	})
	return m.bytes
}

// listLinks returns the request for all links.
func listLinks() []byte {
	m := &messages{}
	m.add(uapi.RTM_GETLINK, uapi.NLM_F_DUMP, func(b []byte) []byte { return wire.AppendLink(b, wire.Link{}) })
	return m.bytes
}

// listAddrs returns the request for all IP addresses.
func listAddrs() []byte {
	m := &messages{}
	m.add(uapi.RTM_GETADDR, uapi.NLM_F_DUMP, func(b []byte) []byte { return append(b, 0, 0, 0, 0, 0, 0, 0, 0) })
	return m.bytes
}

// mayDelete reports whether a link can be deleted. All links except lo can.
func mayDelete(l wire.Link) bool {
	return l.Flags&unix.IFF_LOOPBACK == 0
}

// indexes returns the indexes of all links except lo.
func (c *rawConn) indexes() (all []int32, err error) {
	err = c.each(listLinks(), func(m wire.Message) {
		if link, _, err := wire.ParseLink(m.Data); err == nil && mayDelete(link) {
			all = append(all, link.Index)
		}
	})
	return all, err
}

// doomedGroup is the group of links that are about to be deleted.
const doomedGroup = 0x1234567

// deletion returns the requests that delete all the links at once.
func deletion(indexes []int32) *messages {
	m := &messages{}
	for _, index := range indexes {
		m.write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
			return wire.AppendU32(wire.AppendLink(b, wire.Link{Index: index}), uapi.IFLA_GROUP, doomedGroup)
		})
	}
	m.write(uapi.RTM_DELLINK, 0, func(b []byte) []byte {
		return wire.AppendU32(wire.AppendLink(b, wire.Link{}), uapi.IFLA_GROUP, doomedGroup)
	})
	return m
}

// clear deletes all links except lo.
func (c *rawConn) clear() error {
	indexes, err := c.indexes()
	if err != nil || len(indexes) == 0 {
		return err
	}
	return c.pipeline(deletion(indexes))
}

// deleteAll deletes the links that a sample has made.
func deleteAll(l *lab) error {
	return l.raw.clear()
}

// hasLinks returns a check that the number of links except lo is each for every link
// of the work.
func hasLinks(each int) func(l *lab) error {
	return func(l *lab) error {
		indexes, err := l.raw.indexes()
		if err == nil && len(indexes) != each*l.n {
			err = fmt.Errorf("there are %d links, not %d", len(indexes), each*l.n)
		}
		return err
	}
}

// isEmpty checks that there are no links except lo.
func isEmpty(l *lab) error {
	return hasLinks(0)(l)
}
