package iplink

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

var vlanKind = kind{
	config:         "VLAN_8021Q",
	info:           func() info { return new(VLANInfo) },
	mtu:            [2]uint32{0, 65535},
	parent:         true,
	required:       attr.SetOf(uapi.IFLA_VLAN_ID),
	reason:         vlanReason,
	overhead:       vlanOverhead,
	validateChange: vlanBefore,
	defaults:       "protocol 802.1Q reorder_hdr on gvrp off mvrp off loose_binding off bridge_binding off",
}

// VLANInfo is the kernel's report of a VLAN link, IEEE 802.1Q.
type VLANInfo struct {
	// ID is the VLAN identifier, 0 to 4094 (IFLA_VLAN_ID), and Protocol the
	// tag protocol identifier (IFLA_VLAN_PROTOCOL).
	ID       uint16
	Protocol VLANProtocol
	// ReorderHdr removes the tag from received frames before programs see them; GVRP
	// and MVRP announce the VLAN by these protocols; LooseBinding keeps the link up
	// when its parent goes down; BridgeBinding gives it a carrier only while a port
	// of its parent, a bridge, is up in the VLAN (IFLA_VLAN_FLAGS).
	ReorderHdr, GVRP, MVRP, LooseBinding, BridgeBinding bool
	// IngressQoSMap maps the priority code point of a received tag to a packet
	// priority, 0 if there is no entry (IFLA_VLAN_INGRESS_QOS).
	IngressQoSMap map[uint32]uint32
	// EgressQoSMap maps a packet priority to the priority code point of a sent tag,
	// 0 if there is no entry (IFLA_VLAN_EGRESS_QOS).
	EgressQoSMap map[uint32]uint32
}

func (v *VLANInfo) attrs(c *attr.Codec) {
	attr.EnumBE16(c.CreateOnly(), uapi.IFLA_VLAN_PROTOCOL, "protocol", &v.Protocol, vlanProtocols)
	attr.U16(c.CreateOnly(), uapi.IFLA_VLAN_ID, "id", &v.ID, 0, 4094)
	flags := attr.Bits{Type: uapi.IFLA_VLAN_FLAGS}
	flags.OnOff(c, uapi.VLAN_FLAG_REORDER_HDR_BIT, "reorder_hdr", &v.ReorderHdr)
	flags.OnOff(c, uapi.VLAN_FLAG_GVRP_BIT, "gvrp", &v.GVRP)
	flags.OnOff(c, uapi.VLAN_FLAG_MVRP_BIT, "mvrp", &v.MVRP)
	flags.OnOff(c, uapi.VLAN_FLAG_LOOSE_BINDING_BIT, "loose_binding", &v.LooseBinding)
	flags.OnOff(c, uapi.VLAN_FLAG_BRIDGE_BINDING_BIT, "bridge_binding", &v.BridgeBinding)
	attr.Custom(c, uapi.IFLA_VLAN_INGRESS_QOS, "ingress-qos-map", (*qosMap[ingress])(&v.IngressQoSMap))
	attr.Custom(c, uapi.IFLA_VLAN_EGRESS_QOS, "egress-qos-map", (*qosMap[egress])(&v.EgressQoSMap))
}

// A VLANProtocol is the tag protocol identifier that distinguishes VLAN protocols.
type VLANProtocol uint16

// Tag protocols.
const (
	VLAN8021Q  VLANProtocol = 0x8100 // customer VLANs, IEEE 802.1Q
	VLAN8021AD VLANProtocol = 0x88a8 // service VLANs, IEEE 802.1ad
)

var vlanProtocols = map[VLANProtocol]string{VLAN8021Q: "802.1Q", VLAN8021AD: "802.1ad"}

// String returns the word of iproute2, or the number in hexadecimal.
func (p VLANProtocol) String() string {
	if word, ok := vlanProtocols[p]; ok {
		return word
	}
	return fmt.Sprintf("%#x", uint16(p))
}

// MarshalText returns the result of String.
func (p VLANProtocol) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *VLANProtocol) UnmarshalText(text []byte) error {
	for v, word := range vlanProtocols {
		if strings.EqualFold(word, string(text)) {
			*p = v
			return nil
		}
	}
	n, ok := words.Number(string(text), 16)
	if !ok {
		return fmt.Errorf("%q is not a VLAN protocol, 802.1Q, 802.1ad, or a number: %w", text, fs.ErrInvalid)
	}
	*p = VLANProtocol(n)
	return nil
}

// qosMap is a map of priorities in its attribute: a nest of struct
// ifla_vlan_qos_mapping, which the kernel adds to the existing entries.
type qosMap[D direction] map[uint32]uint32

// direction determines which side of an entry is the priority code point of a tag.
type direction interface{ pcp(from, to uint32) uint32 }

type ingress struct{}

func (ingress) pcp(from, _ uint32) uint32 { return from }

type egress struct{}

func (egress) pcp(_, to uint32) uint32 { return to }

const (
	mostPCP = 7                                                    // a tag has three bits for the priority code point
	qosLen  = 8                                                    // length of a struct ifla_vlan_qos_mapping
	mostQoS = (1<<16 - 1 - wire.AttrLen) / (wire.AttrLen + qosLen) // the maximum, given the 16-bit length of an attribute
)

// sorted returns the left sides of the entries in ascending order.
func (m qosMap[D]) sorted() []uint32 {
	return slices.Sorted(maps.Keys(m))
}

// AppendPayload appends the entries.
func (m *qosMap[D]) AppendPayload(b []byte) []byte {
	for _, from := range m.sorted() {
		var at int
		b, at = wire.Begin(b, uapi.IFLA_VLAN_QOS_MAPPING)
		b = wire.Order.AppendUint32(b, from)
		b = wire.Order.AppendUint32(b, (*m)[from])
		b = wire.End(b, at)
	}
	return b
}

// ParsePayload reads the entries.
func (m *qosMap[D]) ParsePayload(b []byte) error {
	*m = make(qosMap[D])
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return err
		}
		if a.Type != uapi.IFLA_VLAN_QOS_MAPPING {
			continue
		}
		if err := attr.Width(a.Data, qosLen); err != nil {
			return err
		}
		(*m)[wire.Order.Uint32(a.Data)] = wire.Order.Uint32(a.Data[4:])
	}
	return nil
}

// AppendWords appends "from:to" for each entry.
func (m *qosMap[D]) AppendWords(b []byte) []byte {
	for i, from := range m.sorted() {
		if i > 0 {
			b = append(b, ' ')
		}
		b = fmt.Appendf(b, "%d:%d", from, (*m)[from])
	}
	return b
}

// ReadWords reads all entries that follow.
func (m *qosMap[D]) ReadWords(_ string, args *words.Args) error {
	all := maps.Clone(*m)
	if all == nil {
		all = qosMap[D]{}
	}
	for {
		left, right, ok := strings.Cut(args.Peek(), ":")
		from, fromOK := words.Number(left, 32)
		to, toOK := words.Number(right, 32)
		if !ok || !fromOK || !toOK {
			break
		}
		args.Next()
		all[uint32(from)] = uint32(to)
	}
	*m = all
	return nil
}

// JSONValue returns the entries.
func (m *qosMap[D]) JSONValue() any { return (*jsonform.Numbers)(m) }

// Check rejects code points above 7, which the kernel would truncate to three bits.
func (m *qosMap[D]) Check() error {
	if len(*m) > mostQoS {
		return fmt.Errorf("%d entries, where at most %d fit a request", len(*m), mostQoS)
	}
	for _, from := range m.sorted() {
		to := (*m)[from]
		if pcp := D.pcp(*new(D), from, to); pcp > mostPCP {
			return fmt.Errorf("%d:%d: the priority code point %d is not in 0…%d", from, to, pcp, mostPCP)
		}
	}
	return nil
}

// Within reports whether have contains the entries that m adds, and lacks those that
// it removes.
func (m *qosMap[D]) Within(have attr.Payload) bool {
	h, ok := have.(*qosMap[D])
	for from, to := range *m {
		if !ok || (*h)[from] != to {
			return false
		}
	}
	return true
}

// without returns the settings with the removal of the entries that only have contains.
func (v *VLANInfo) without(have info, set attr.Set) info {
	now, ok := have.(*VLANInfo)
	if !ok {
		return v
	}
	all := *v
	if set.Has(uapi.IFLA_VLAN_INGRESS_QOS) {
		all.IngressQoSMap = zeroed(v.IngressQoSMap, now.IngressQoSMap)
	}
	if set.Has(uapi.IFLA_VLAN_EGRESS_QOS) {
		all.EgressQoSMap = zeroed(v.EgressQoSMap, now.EgressQoSMap)
	}
	return &all
}

// zeroed returns the entries in want, with 0 for each other entry of have.
func zeroed(want, have map[uint32]uint32) map[uint32]uint32 {
	all := make(map[uint32]uint32, len(want))
	for from := range have {
		all[from] = 0
	}
	maps.Copy(all, want)
	return all
}

// vlanOverhead is the size of the tag, if the link below cannot make room for it.
func vlanOverhead(below *Link, _ info) uint32 {
	const tag = 4
	if below.Kind == KindMACsec {
		return tag
	}
	return 0
}

// vlanBefore rejects new map entries that would make the kernel's report of the link
// too long: the kernel accepts them, but can then no longer report the link.
func vlanBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*VLANInfo)
	now, is := have.Info.(*VLANInfo)
	maps := j.infoSet.And(attr.SetOf(uapi.IFLA_VLAN_INGRESS_QOS, uapi.IFLA_VLAN_EGRESS_QOS))
	if !ok || !is || maps.Empty() {
		return nil
	}
	ingress := union(now.IngressQoSMap, want.IngressQoSMap, maps.Has(uapi.IFLA_VLAN_INGRESS_QOS))
	egress := union(now.EgressQoSMap, want.EgressQoSMap, maps.Has(uapi.IFLA_VLAN_EGRESS_QOS))
	bytes := (ingress + egress) * (wire.AttrLen + qosLen)
	if bytes <= mostOfKind {
		return nil
	}
	longest := uint16(uapi.IFLA_VLAN_EGRESS_QOS)
	if !maps.Has(longest) {
		longest = uapi.IFLA_VLAN_INGRESS_QOS
	}
	return &attr.Error{Name: rowName(want.attrs, longest), Text: tooLong(bytes)}
}

// union returns the number of entries in have, with the changes in more if added is
// true. An entry that maps to 0 does not count.
func union(have, more map[uint32]uint32, added bool) int {
	n := len(have)
	for from, to := range more {
		if _, is := have[from]; added && is != (to != 0) {
			n += map[bool]int{true: -1, false: 1}[is]
		}
	}
	return n
}

// vlanReason returns the meaning of the driver's bare errnos.
func vlanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.ENETDOWN:
		return "the parent is down: bring it up first, or set LooseBinding"
	}
	return ""
}
