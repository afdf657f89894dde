package fdbnl

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

// header is a struct ndmsg for AF_BRIDGE.
type header struct {
	index int
	state uint16
	flags fdb.Flags // only the lower 8 bits are sent
}

func (h header) append(b []byte) []byte {
	b = append(b, uapi.AF_BRIDGE, 0, 0, 0)
	b = wire.Order.AppendUint32(b, uint32(h.index))
	b = wire.Order.AppendUint16(b, h.state)
	return append(b, uint8(h.flags), 0)
}

// toldFlags are the flags that the kernel accepts.
const toldFlags = fdb.Use | fdb.Self | fdb.Master | fdb.ExternLearn | fdb.Sticky | fdb.Router

// append appends the message for an entry, in iproute2's order.
func (r *request) append(b []byte) []byte {
	b = header{r.port.Index, stateBits(r.e.State), r.flags & toldFlags}.append(b)
	b = wire.AppendAttr(b, uapi.NDA_LLADDR, r.e.MAC)
	if r.e.Dst.IsValid() {
		b = wire.AppendAttr(b, uapi.NDA_DST, r.e.Dst.AsSlice())
	}
	if r.e.VLAN != 0 {
		b = wire.AppendU16(b, uapi.NDA_VLAN, r.e.VLAN)
	}
	if r.e.DstPort != 0 {
		b = appendPort(b, r.e.DstPort)
	}
	b = appendU32(b, uapi.NDA_NH_ID, r.e.NextHop)
	b = appendU32(b, uapi.NDA_VNI, r.e.VNI)
	b = appendU32(b, uapi.NDA_SRC_VNI, r.e.SrcVNI)
	b = appendU32(b, uapi.NDA_IFINDEX, uint32(r.via))
	return r.appendExtension(b)
}

// appendU32 appends an attribute unless v is 0.
func appendU32(b []byte, typ uint16, v uint32) []byte {
	if v == 0 {
		return b
	}
	return wire.AppendU32(b, typ, v)
}

func appendPort(b []byte, port uint16) []byte {
	return wire.AppendAttr(b, uapi.NDA_PORT, binary.BigEndian.AppendUint16(nil, port))
}

func (r *request) appendExtension(b []byte) []byte {
	if !r.e.Notify && !r.e.Inactive && !r.e.NoRefresh {
		return b
	}
	b, at := wire.Begin(b, uapi.NDA_FDB_EXT_ATTRS|uapi.NLA_F_NESTED)
	var activity uint8
	if r.e.Notify {
		activity |= uapi.FDB_NOTIFY_BIT
	}
	if r.e.Inactive {
		activity |= uapi.FDB_NOTIFY_INACTIVE_BIT
	}
	if activity != 0 {
		b = wire.AppendU8(b, uapi.NFEA_ACTIVITY_NOTIFY, activity)
	}
	if r.e.NoRefresh {
		b = wire.AppendFlag(b, uapi.NFEA_DONT_REFRESH)
	}
	return wire.End(b, at)
}

// appendLookUp appends the request for the entry of an address. In this request
// NDA_VNI is the VNI of the entry itself (SrcVNI).
func (r *request) appendLookUp(b []byte) []byte {
	if r.flags&fdb.Self == 0 {
		b = wire.AppendAttr(header{}.append(b), uapi.NDA_LLADDR, r.e.MAC)
		if r.e.VLAN != 0 {
			b = wire.AppendU16(b, uapi.NDA_VLAN, r.e.VLAN)
		}
		return wire.AppendU32(b, uapi.NDA_MASTER, uint32(r.t.Link.Index))
	}
	b = header{index: r.port.Index, flags: fdb.Self}.append(b)
	return appendU32(wire.AppendAttr(b, uapi.NDA_LLADDR, r.e.MAC), uapi.NDA_VNI, r.e.SrcVNI)
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

// parse decodes the message for an entry. It returns false for an invalid message.
func parse(data []byte, name func(int) string) (e fdb.Entry, ok bool) {
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
