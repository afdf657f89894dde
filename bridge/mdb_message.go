package bridge

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Lengths of struct br_port_msg and struct br_mdb_entry.
const (
	mdbHeaderLen = 8
	mdbEntryLen  = 28
)

// EtherTypes of IPv4 and IPv6, which give the family of the address in a struct
// br_mdb_entry; 0 is Ethernet.
const (
	protoIPv4 = 0x0800
	protoIPv6 = 0x86dd
)

// append appends the message for an entry of a bridge on a port.
func (e *MDBEntry) append(b []byte, bridge, port int) []byte {
	b = wire.AppendAttr(appendVLANHeader(b, bridge), uapi.MDBA_SET_ENTRY, e.key(port))
	if !e.Source.IsValid() && !e.sendsMode() && !e.sendsProtocol() {
		return b
	}
	b, at := wire.Begin(b, uapi.MDBA_SET_ENTRY_ATTRS|uapi.NLA_F_NESTED)
	if e.Source.IsValid() {
		b = wire.AppendAttr(b, uapi.MDBE_ATTR_SOURCE, e.Source.AsSlice())
	}
	if e.sendsMode() {
		b = e.appendFilter(b)
	}
	if e.sendsProtocol() {
		b = wire.AppendU8(b, uapi.MDBE_ATTR_RTPROT, e.Protocol)
	}
	return wire.End(b, at)
}

// sendsProtocol reports whether the request contains the protocol. It omits the
// default: Linux before 6.3 reports the default, but rejects the attribute.
func (e *MDBEntry) sendsProtocol() bool {
	return e.Protocol != 0 && e.Protocol != uapi.RTPROT_STATIC
}

// key returns the struct br_mdb_entry.
func (e *MDBEntry) key(port int) []byte {
	b := make([]byte, mdbEntryLen)
	wire.Order.PutUint32(b, uint32(port))
	if e.Permanent {
		b[4] = uapi.MDB_PERMANENT
	}
	wire.Order.PutUint16(b[6:], e.VLAN)
	switch {
	case e.Group.Is4():
		binary.BigEndian.PutUint16(b[24:], protoIPv4)
		copy(b[8:], e.Group.AsSlice())
	case e.Group.IsValid():
		binary.BigEndian.PutUint16(b[24:], protoIPv6)
		copy(b[8:], e.Group.AsSlice())
	default:
		copy(b[8:], e.MAC)
	}
	return b
}

func (e *MDBEntry) appendFilter(b []byte) []byte {
	b, list := wire.Begin(b, uapi.MDBE_ATTR_SRC_LIST|uapi.NLA_F_NESTED)
	for _, source := range e.Sources {
		var at int
		b, at = wire.Begin(b, uapi.MDBE_SRC_LIST_ENTRY|uapi.NLA_F_NESTED)
		b = wire.End(wire.AppendAttr(b, uapi.MDBE_SRCATTR_ADDRESS, source.Addr.AsSlice()), at)
	}
	b = wire.End(b, list)
	mode := uint8(uapi.MCAST_EXCLUDE)
	if e.Include {
		mode = uapi.MCAST_INCLUDE
	}
	return wire.AppendU8(b, uapi.MDBE_ATTR_GROUP_MODE, mode)
}

// appendMDB appends the entries in an MDBA_MDB.
func appendMDB(all []MDBEntry, data []byte, name func(int) string) []MDBEntry {
	eachMDB(data, func(b []byte) {
		if e, ok := parseMDB(b); ok {
			e.Port = name(e.PortIndex)
			all = append(all, e)
		}
	})
	return all
}

// eachMDB calls f with each entry in an MDBA_MDB.
func eachMDB(data []byte, f func([]byte)) {
	for group, err := range wire.Attrs(data) {
		if err != nil {
			return
		}
		for info, err := range wire.Attrs(group.Data) {
			if err != nil {
				break
			}
			if info.Type == uapi.MDBA_MDB_ENTRY_INFO {
				f(info.Data)
			}
		}
	}
}

// parseMDB decodes a struct br_mdb_entry and the attributes after it.
func parseMDB(b []byte) (e MDBEntry, ok bool) {
	if len(b) < mdbEntryLen {
		return e, false
	}
	e.PortIndex = int(wire.Order.Uint32(b))
	e.Permanent = b[4]&uapi.MDB_PERMANENT != 0
	e.Offloaded, e.FastLeave = b[5]&uapi.MDB_FLAGS_OFFLOAD != 0, b[5]&uapi.MDB_FLAGS_FAST_LEAVE != 0
	e.StarExclude, e.Blocked = b[5]&uapi.MDB_FLAGS_STAR_EXCL != 0, b[5]&uapi.MDB_FLAGS_BLOCKED != 0
	e.VLAN = wire.Order.Uint16(b[6:])
	switch binary.BigEndian.Uint16(b[24:]) {
	case protoIPv4:
		e.Group = netip.AddrFrom4([4]byte(b[8:12]))
	case protoIPv6:
		e.Group = netip.AddrFrom16([16]byte(b[8:24]))
	default:
		e.MAC = net.HardwareAddr(slices.Clone(b[8:14]))
	}
	for a, err := range wire.Attrs(b[mdbEntryLen:]) {
		if err != nil {
			break
		}
		e.parseAttr(a)
	}
	e.Include = e.Include || e.Source.IsValid()
	return e, true
}

func (e *MDBEntry) parseAttr(a wire.Attr) {
	switch {
	case a.Type == uapi.MDBA_MDB_EATTR_SOURCE:
		e.Source, _ = netip.AddrFromSlice(a.Data)
	case a.Type == uapi.MDBA_MDB_EATTR_SRC_LIST:
		e.Sources = parseSources(a.Data)
	case a.Type == uapi.MDBA_MDB_EATTR_TIMER:
		e.Timer = ticks(a.Data)
	case a.Type == uapi.MDBA_MDB_EATTR_GROUP_MODE && len(a.Data) == 1:
		e.Include = a.Data[0] == uapi.MCAST_INCLUDE
	case a.Type == uapi.MDBA_MDB_EATTR_RTPROT && len(a.Data) == 1:
		e.Protocol = a.Data[0]
	}
}

func parseSources(data []byte) []MDBSource {
	var all []MDBSource
	for a, err := range wire.Attrs(data) {
		if err != nil {
			return all
		}
		addr, ok := netip.AddrFromSlice(wire.Find(a.Data, uapi.MDBA_MDB_SRCATTR_ADDRESS))
		if ok && a.Type == uapi.MDBA_MDB_SRCLIST_ENTRY {
			all = append(all, MDBSource{addr, ticks(wire.Find(a.Data, uapi.MDBA_MDB_SRCATTR_TIMER))})
		}
	}
	return all
}

// ticks decodes a time in units of USER_HZ, or returns 0 if its length is wrong.
func ticks(data []byte) time.Duration {
	if len(data) != 4 {
		return 0
	}
	return time.Duration(wire.Order.Uint32(data)) * attr.Tick
}

// parseRouters decodes the ports that lead to routers: for each an index, followed
// by attributes.
func parseRouters(data []byte, name func(int) string) []RouterPort {
	var all []RouterPort
	for a, err := range wire.Attrs(data) {
		if err != nil {
			return all
		}
		if a.Type != uapi.MDBA_ROUTER_PORT || len(a.Data) < 4 {
			continue
		}
		r := RouterPort{PortIndex: int(wire.Order.Uint32(a.Data))}
		r.Port = name(r.PortIndex)
		r.parse(a.Data[4:])
		all = append(all, r)
	}
	return all
}

func (r *RouterPort) parse(data []byte) {
	find := func(typ uint16) []byte { return wire.Find(data, typ) }
	r.Timer = ticks(find(uapi.MDBA_ROUTER_PATTR_TIMER))
	r.INETTimer = ticks(find(uapi.MDBA_ROUTER_PATTR_INET_TIMER))
	r.INET6Timer = ticks(find(uapi.MDBA_ROUTER_PATTR_INET6_TIMER))
	if typ := find(uapi.MDBA_ROUTER_PATTR_TYPE); len(typ) == 1 {
		r.Type = iplink.BridgeMulticastRouter(typ[0])
	}
	if vid := find(uapi.MDBA_ROUTER_PATTR_VID); len(vid) == 2 {
		r.VLAN = wire.Order.Uint16(vid)
	}
}
