// Package fdbmsg encodes and decodes the messages of forwarding databases, RTM_NEWNEIGH
// and related messages for AF_BRIDGE, and compares wanted with present entries.
package fdbmsg

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// headerLen is the length of struct ndmsg.
const headerLen = 12

// A Header is a struct ndmsg for AF_BRIDGE.
type Header struct {
	Index int
	State uint16
	Flags fdb.Flags // only the lower 8 bits are sent
}

// Append appends the header.
func (h Header) Append(b []byte) []byte {
	b = append(b, uapi.AF_BRIDGE, 0, 0, 0)
	b = wire.Order.AppendUint32(b, uint32(h.Index))
	b = wire.Order.AppendUint16(b, h.State)
	return append(b, uint8(h.Flags), 0)
}

// toldFlags are the flags that the kernel accepts.
const toldFlags = fdb.Use | fdb.Self | fdb.Master | fdb.ExternLearn | fdb.Sticky | fdb.Router

// A Message is about an entry of a link's database. Flags take the place of the entry's,
// and Via is the index of the link that the entry names.
type Message struct {
	Entry      *fdb.Entry
	Index, Via int
	Flags      fdb.Flags
}

// Append appends the message, in iproute2's order.
func (m *Message) Append(b []byte) []byte {
	e := m.Entry
	b = Header{m.Index, stateBits(e.State), m.Flags & toldFlags}.Append(b)
	b = wire.AppendAttr(b, uapi.NDA_LLADDR, e.MAC)
	b = AppendDst(b, e.Dst)
	if e.VLAN != 0 {
		b = wire.AppendU16(b, uapi.NDA_VLAN, e.VLAN)
	}
	b = AppendPort(b, e.DstPort)
	b = AppendU32(b, uapi.NDA_NH_ID, e.NextHop)
	b = AppendU32(b, uapi.NDA_VNI, e.VNI)
	b = AppendU32(b, uapi.NDA_SRC_VNI, e.SrcVNI)
	b = AppendU32(b, uapi.NDA_IFINDEX, uint32(m.Via))
	return appendExtension(b, e)
}

// AppendU32 appends an attribute unless v is 0.
func AppendU32(b []byte, typ uint16, v uint32) []byte {
	if v == 0 {
		return b
	}
	return wire.AppendU32(b, typ, v)
}

// AppendPort appends a UDP port unless it is 0.
func AppendPort(b []byte, port uint16) []byte {
	if port == 0 {
		return b
	}
	b, at := wire.Begin(b, uapi.NDA_PORT)
	return wire.End(binary.BigEndian.AppendUint16(b, port), at)
}

// AppendDst appends a remote end point unless it is the zero Addr.
func AppendDst(b []byte, dst netip.Addr) []byte {
	if !dst.IsValid() {
		return b
	}
	return wire.AppendAttr(b, uapi.NDA_DST, dst.AsSlice())
}

func appendExtension(b []byte, e *fdb.Entry) []byte {
	if !e.Notify && !e.Inactive && !e.NoRefresh {
		return b
	}
	b, at := wire.Begin(b, uapi.NDA_FDB_EXT_ATTRS|uapi.NLA_F_NESTED)
	var activity uint8
	if e.Notify {
		activity |= uapi.FDB_NOTIFY_BIT
	}
	if e.Inactive {
		activity |= uapi.FDB_NOTIFY_INACTIVE_BIT
	}
	if activity != 0 {
		b = wire.AppendU8(b, uapi.NFEA_ACTIVITY_NOTIFY, activity)
	}
	if e.NoRefresh {
		b = wire.AppendFlag(b, uapi.NFEA_DONT_REFRESH)
	}
	return wire.End(b, at)
}

// AppendLookUp appends the request for the entry of an address, in the database of a
// bridge with the index master, or else of the message's link. In this request NDA_VNI
// is the VNI of the entry itself (SrcVNI).
func (m *Message) AppendLookUp(b []byte, master int) []byte {
	if m.Flags&fdb.Self == 0 {
		b = wire.AppendAttr(Header{}.Append(b), uapi.NDA_LLADDR, m.Entry.MAC)
		if m.Entry.VLAN != 0 {
			b = wire.AppendU16(b, uapi.NDA_VLAN, m.Entry.VLAN)
		}
		return wire.AppendU32(b, uapi.NDA_MASTER, uint32(master))
	}
	b = Header{Index: m.Index, Flags: fdb.Self}.Append(b)
	return AppendU32(wire.AppendAttr(b, uapi.NDA_LLADDR, m.Entry.MAC), uapi.NDA_VNI, m.Entry.SrcVNI)
}

// stateBits returns the state bits as iproute2 sends them. A VXLAN link stores the
// bits unchanged and lets entries without NUD_NOARP age.
func stateBits(s fdb.State) uint16 {
	switch s {
	case fdb.Permanent:
		return uapi.NUD_NOARP | uapi.NUD_PERMANENT
	case fdb.Static:
		return uapi.NUD_NOARP | uapi.NUD_REACHABLE
	}
	return uapi.NUD_REACHABLE
}

func stateOf(bits uint16) fdb.State {
	switch {
	case bits&uapi.NUD_PERMANENT != 0:
		return fdb.Permanent
	case bits&uapi.NUD_NOARP != 0:
		return fdb.Static
	case bits&uapi.NUD_STALE != 0:
		return fdb.Stale
	}
	return fdb.Dynamic
}

// Parse decodes the message for an entry. It returns false for an invalid message. name
// returns the name of a link.
func Parse(data []byte, name func(int) string) (e fdb.Entry, ok bool) {
	if len(data) < headerLen || data[0] != uapi.AF_BRIDGE {
		return e, false
	}
	e.PortIndex = int(int32(wire.Order.Uint32(data[4:])))
	e.State = stateOf(wire.Order.Uint16(data[8:]))
	e.Flags = fdb.Flags(data[10])
	for a, err := range wire.Attrs(data[headerLen:]) {
		if err != nil {
			return e, false
		}
		parseAttr(&e, a)
	}
	e.Port = name(e.PortIndex)
	if !e.HasLinkNetNSID {
		e.Via = name(e.ViaIndex)
	}
	return e, len(e.MAC) > 0
}

// MasterOf returns the index of the bridge in a message for an entry, or 0.
func MasterOf(data []byte) int {
	if len(data) < headerLen {
		return 0
	}
	if b := wire.Find(data[headerLen:], uapi.NDA_MASTER); len(b) == 4 {
		return int(wire.Order.Uint32(b))
	}
	return 0
}

// parseAttr decodes one attribute and ignores attributes of unexpected length.
func parseAttr(e *fdb.Entry, a wire.Attr) {
	switch {
	case a.Type == uapi.NDA_LLADDR:
		e.MAC = net.HardwareAddr(slices.Clone(a.Data))
	case a.Type == uapi.NDA_DST:
		e.Dst, _ = netip.AddrFromSlice(a.Data)
	case a.Type == uapi.NDA_FDB_EXT_ATTRS:
		parseExtension(e, a.Data)
	case a.Type == uapi.NDA_CACHEINFO && len(a.Data) >= 12:
		e.Used = time.Duration(wire.Order.Uint32(a.Data[4:])) * attr.Tick
		e.Updated = time.Duration(wire.Order.Uint32(a.Data[8:])) * attr.Tick
	case a.Type == uapi.NDA_VLAN && len(a.Data) == 2:
		e.VLAN = wire.Order.Uint16(a.Data)
	case a.Type == uapi.NDA_PORT && len(a.Data) == 2:
		e.DstPort = binary.BigEndian.Uint16(a.Data)
	case len(a.Data) == 4:
		parseU32(e, a.Type, wire.Order.Uint32(a.Data))
	}
}

func parseU32(e *fdb.Entry, typ uint16, v uint32) {
	switch typ {
	case uapi.NDA_VNI:
		e.VNI = v
	case uapi.NDA_SRC_VNI:
		e.SrcVNI = v
	case uapi.NDA_IFINDEX:
		e.ViaIndex = int(v)
	case uapi.NDA_NH_ID:
		e.NextHop = v
	case uapi.NDA_MASTER:
		e.Flags |= fdb.Master
	case uapi.NDA_FLAGS_EXT:
		e.Flags |= fdb.Flags(v << 8)
	case uapi.NDA_LINK_NETNSID:
		e.LinkNetNSID, e.HasLinkNetNSID = int(int32(v)), true
	}
}

func parseExtension(e *fdb.Entry, data []byte) {
	for a, err := range wire.Attrs(data) {
		if err == nil && a.Type == uapi.NFEA_ACTIVITY_NOTIFY && len(a.Data) == 1 {
			e.Notify = a.Data[0]&uapi.FDB_NOTIFY_BIT != 0
			e.Inactive = a.Data[0]&uapi.FDB_NOTIFY_INACTIVE_BIT != 0
		}
	}
}
