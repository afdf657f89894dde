package iplink

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An EventKind is the kind of an event.
type EventKind uint8

// Kinds of events.
const (
	Added   EventKind = iota + 1 // the link appeared, or began to match the filters
	Changed                      // the link differs from its previous state
	Removed                      // the link is gone, or no longer matches the filters
)

var eventKinds = attr.Words{1: "added", "changed", "removed"}

// String returns the kind in lower case, such as "added".
func (k EventKind) String() string {
	return attr.Word(eventKinds, k)
}

// An Event is reported by Watch. It holds the present and the previous state of a
// link.
type Event struct {
	// Kind is the kind of the event.
	Kind EventKind
	// Snapshot reports that an Added link existed before the watch began: when the
	// iteration started or, with AllNetNS, when its namespace was found.
	Snapshot bool
	// Resync reports that the event comes from listing the links again after an
	// overrun. The changes between Old and New are lost.
	Resync bool
	// NetNSID is the id of the link's namespace, as assigned in the namespace of the
	// watch; -1 for the namespace of the watch itself (NETLINK_LISTEN_ALL_NSID).
	NetNSID int32
	// Old is the link as last reported, nil if the event is Added. New is the
	// present link, nil if the event is Removed.
	Old, New *Link
	// Changes lists the names of the changed settings, sorted. They are "flags" and
	// "type", iproute2's words for settings of every link, such as "mtu" and
	// "master", and names with a prefix for other settings: those of the kind
	// ("info.ageing"), of the port ("port.hairpin") and of IPv6
	// ("inet6.addrgenmode"). An attribute that this library does not know is named
	// by its number, as in "info.attribute 99". Changes is nil unless the event is
	// Changed.
	Changes []string
	// NewIndex is the index of a Removed link in the namespace that it moved to,
	// else 0 (IFLA_NEW_IFINDEX). NewNetNSID is the id of that namespace, as assigned
	// in the old one; -1 if it has no id or the link did not move
	// (IFLA_NEW_NETNSID). The kernel reports both only at the time of the move: they
	// are not set for a link whose move was lost in an overrun.
	NewIndex   int
	NewNetNSID int32
}

// Link returns the present link, or the link before its removal.
func (e Event) Link() *Link {
	if e.New != nil {
		return e.New
	}
	return e.Old
}

// String returns one line, such as "added eth0", "changed eth0: mtu, qdisc" or
// "removed eth0".
func (e Event) String() string {
	var b strings.Builder
	if e.NetNSID >= 0 {
		fmt.Fprintf(&b, "netns %d: ", e.NetNSID)
	}
	b.WriteString(e.Kind.String())
	if l := e.Link(); l != nil {
		b.WriteString(" " + attr.Printable(l.Name))
	}
	if len(e.Changes) > 0 {
		b.WriteString(": " + strings.Join(e.Changes, ", "))
	}
	return b.String()
}

// ignored are the attributes whose changes are not reported: counters, attributes of
// the message rather than the link, and IFLA_AF_SPEC, which mostly holds timers and
// sysctl values. Its reported attributes are in telling6.
var ignored = attr.SetOf(
	uapi.IFLA_STATS, uapi.IFLA_STATS64, uapi.IFLA_CARRIER_CHANGES,
	uapi.IFLA_CARRIER_UP_COUNT, uapi.IFLA_CARRIER_DOWN_COUNT,
	uapi.IFLA_EVENT, uapi.IFLA_NEW_NETNSID, uapi.IFLA_NEW_IFINDEX,
	uapi.IFLA_TARGET_NETNSID, uapi.IFLA_EXT_MASK, uapi.IFLA_PAD,
	uapi.IFLA_LINKINFO, uapi.IFLA_AF_SPEC)

// telling6 are the IPv6 settings whose changes are reported.
var telling6 = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE, uapi.IFLA_INET6_TOKEN)

// changes returns the names of the settings that differ between two descriptions of
// a link, sorted. It compares the bytes from the kernel, so that attributes that
// this library does not know are included.
func changes(old, now *Link) []string {
	if old.raw.image == now.raw.image {
		return nil
	}
	var names []string
	if old.Flags != now.Flags {
		names = append(names, "flags")
	}
	if old.Type != now.Type {
		names = append(names, "type")
	}
	a, b := old.attributes(), now.attributes()
	names = appendChanges(names, "", a, b, new(Link).attrs, func(typ uint16) bool { return !has(ignored, typ) })
	names = appendInfoChanges(names, now, wire.Find(a, uapi.IFLA_LINKINFO), wire.Find(b, uapi.IFLA_LINKINFO))
	a, b = wire.Find(a, uapi.IFLA_AF_SPEC, uapi.AF_INET6), wire.Find(b, uapi.IFLA_AF_SPEC, uapi.AF_INET6)
	names = appendChanges(names, "inet6.", a, b, new(INET6).attrs, func(typ uint16) bool { return has(telling6, typ) })
	slices.Sort(names)
	return slices.Compact(names)
}

// appendInfoChanges appends the changed settings of IFLA_LINKINFO. If the kind of
// the master changed, only that is reported for the port.
func appendInfoChanges(names []string, now *Link, a, b []byte) []string {
	names = appendChanges(names, "info.", wire.Find(a, uapi.IFLA_INFO_DATA), wire.Find(b, uapi.IFLA_INFO_DATA),
		tableOf(newInfo(now.Kind)), func(typ uint16) bool { return !has(kindOf(now.Kind).counters, typ) })
	if !bytes.Equal(wire.Find(a, uapi.IFLA_INFO_SLAVE_KIND), wire.Find(b, uapi.IFLA_INFO_SLAVE_KIND)) {
		return append(names, rowName(new(Link).linkInfo, uapi.IFLA_INFO_SLAVE_KIND))
	}
	return appendChanges(names, "port.", wire.Find(a, uapi.IFLA_INFO_SLAVE_DATA), wire.Find(b, uapi.IFLA_INFO_SLAVE_DATA),
		tableOf(newPortInfo(now.PortKind)), func(typ uint16) bool { return !has(kindOf(now.PortKind).portCounters, typ) })
}

// appendChanges appends the names of the attributes that counts accepts and that
// differ between two nests, or are in only one of them.
func appendChanges(names []string, prefix string, a, b []byte, t attr.Table, counts func(uint16) bool) []string {
	if bytes.Equal(a, b) {
		return names
	}
	tell := func(typ uint16) {
		if counts(typ) {
			names = append(names, prefix+attributeName(t, typ))
		}
	}
	for x, err := range wire.Attrs(b) {
		if was := wire.Find(a, x.Type); err == nil && (was == nil || !bytes.Equal(was, x.Data)) {
			tell(x.Type)
		}
	}
	for x, err := range wire.Attrs(a) {
		if err == nil && wire.Find(b, x.Type) == nil {
			tell(x.Type)
		}
	}
	return names
}

func attributeName(t attr.Table, typ uint16) string {
	if name := rowName(t, typ); name != "" {
		return name
	}
	return fmt.Sprintf("attribute %d", typ)
}

// tableOf returns the table of an info, or an empty one if v is nil.
func tableOf(v info) attr.Table {
	if v == nil {
		return func(*attr.Codec) {}
	}
	return v.attrs
}

// has is like s.Has, for a number from the kernel.
func has(s attr.Set, typ uint16) bool {
	return typ < attr.Bit(0) && s.Has(typ)
}

// attributes returns the attributes that the link was decoded from.
func (l *Link) attributes() []byte {
	message := l.raw.image.message()
	return message[min(wire.LinkLen, len(message)):]
}
