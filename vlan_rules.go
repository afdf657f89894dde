package iplink

import (
	"fmt"
	"maps"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// qosMap is a map of priorities in its attribute: a nest of struct
// ifla_vlan_qos_mapping, which the kernel adds to the entries that it has.
type qosMap[D direction] map[uint32]uint32

// direction says which side of an entry is the priority code point of a tag.
type direction interface{ pcp(from, to uint32) uint32 }

type ingress struct{}

func (ingress) pcp(from, _ uint32) uint32 { return from }

type egress struct{}

func (egress) pcp(_, to uint32) uint32 { return to }

const (
	mostPCP = 7                                                    // a tag has three bits for the priority code point
	qosLen  = 8                                                    // of a struct ifla_vlan_qos_mapping
	mostQoS = (1<<16 - 1 - wire.AttrLen) / (wire.AttrLen + qosLen) // that the 16-bit length of an attribute allows
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
		if len(a.Data) != qosLen {
			return fmt.Errorf("%d bytes where %d are due", len(a.Data), qosLen)
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

// Check refuses code points beyond 7, which the kernel would cut to three bits.
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

// Within reports whether have holds what m adds, and lacks what it removes.
func (m *qosMap[D]) Within(have attr.Payload) bool {
	h, ok := have.(*qosMap[D])
	for from, to := range *m {
		if !ok || (*h)[from] != to {
			return false
		}
	}
	return true
}

// vlanOverhead is the tag, where the link below cannot make room for it.
func vlanOverhead(below *Link, _ info) uint32 {
	const tag = 4
	if below.Kind == KindMACsec {
		return tag
	}
	return 0
}

// vlanBefore refuses to add entries to the maps of a link that has many already: the
// kernel takes them, and can then no longer describe the link.
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

// union returns how many entries there are once more of them were added, if they are.
func union(have, more map[uint32]uint32, added bool) int {
	n := len(have)
	for from := range more {
		if _, is := have[from]; added && !is {
			n++
		}
	}
	return n
}

// vlanReason says what the driver's bare errnos mean.
func vlanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.ENETDOWN:
		return "the parent is down: bring it up first, or set LooseBinding"
	}
	return ""
}
