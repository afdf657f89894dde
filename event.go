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

// An EventKind says what has become of a link.
type EventKind uint8

// Kinds of events.
const (
	Added   EventKind = iota + 1 // the link is there, or begins to match the filters
	Changed                      // it is another way than before
	Removed                      // it is gone, or ceases to match the filters
)

var eventKinds = attr.Words{1: "added", "changed", "removed"}

// String returns the kind in lower case, such as "added".
func (k EventKind) String() string {
	return attr.Word(eventKinds, k)
}

// An Event is what Watch reports: how a link is and how it was.
type Event struct {
	// Kind says what became of the link.
	Kind EventKind
	// Snapshot says of an Added link that it was there before the watch
	// looked: when the iteration began or, with AllNetNS, when its namespace
	// was found.
	Snapshot bool
	// Resync says that the event comes from listing the links again after an
	// overrun: what happened between Old and New is lost.
	Resync bool
	// NetNSID is the id, in the namespace of the watch, of the namespace that
	// the link is in, and -1 for the watch's own (NETLINK_LISTEN_ALL_NSID).
	NetNSID int32
	// Old is the link as it was reported last, nil if the event is Added. New
	// is the link as it is now, nil if the event is Removed.
	Old, New *Link
	// Changes names what is different, sorted: "flags" and "type", what every
	// link has by iproute2's words, such as "mtu" and "master", and behind a
	// dot what only some have: the settings of its kind ("info.ageing"), of
	// its port ("port.hairpin") and of IPv6 ("inet6.addrgenmode"). An attribute
	// that this library does not know goes by its number, as in
	// "info.attribute 99". It is nil unless the event is Changed.
	Changes []string
	// NewIndex says of a Removed link that it went to another namespace, where
	// it has this index; else it is 0 (IFLA_NEW_IFINDEX). NewNetNSID is the id
	// of the namespace it went to, in the one it left; -1 if that has none or
	// the link did not move (IFLA_NEW_NETNSID). Both are only told as it
	// happens: of a link whose move was lost in an overrun they say nothing.
	NewIndex   int
	NewNetNSID int32
}

// Link returns the link as it is now, or as it was before it was removed.
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

// ignored are attributes in which a difference is no change: counters, what is
// about the message rather than the link, and IFLA_AF_SPEC, which holds mostly
// timers and the values of sysctl; what is worth telling of it stands in
// telling6.
var ignored = attr.SetOf(
	uapi.IFLA_STATS, uapi.IFLA_STATS64, uapi.IFLA_CARRIER_CHANGES,
	uapi.IFLA_CARRIER_UP_COUNT, uapi.IFLA_CARRIER_DOWN_COUNT,
	uapi.IFLA_EVENT, uapi.IFLA_NEW_NETNSID, uapi.IFLA_NEW_IFINDEX,
	uapi.IFLA_TARGET_NETNSID, uapi.IFLA_EXT_MASK, uapi.IFLA_PAD,
	uapi.IFLA_LINKINFO, uapi.IFLA_AF_SPEC)

// telling6 are the IPv6 settings in which a difference is a change.
var telling6 = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE, uapi.IFLA_INET6_TOKEN)

// changes names what is different in two descriptions of one link, sorted. It
// compares the bytes that the kernel sent, so that attributes which are not
// known here count too.
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

// appendInfoChanges appends what is different in IFLA_LINKINFO. Of a port that
// has got another kind of master only that is told.
func appendInfoChanges(names []string, now *Link, a, b []byte) []string {
	names = appendChanges(names, "info.", wire.Find(a, uapi.IFLA_INFO_DATA), wire.Find(b, uapi.IFLA_INFO_DATA),
		tableOf(newInfo(now.Kind)), func(typ uint16) bool { return !has(kindOf(now.Kind).counters, typ) })
	if !bytes.Equal(wire.Find(a, uapi.IFLA_INFO_SLAVE_KIND), wire.Find(b, uapi.IFLA_INFO_SLAVE_KIND)) {
		return append(names, rowName(new(Link).linkInfo, uapi.IFLA_INFO_SLAVE_KIND))
	}
	return appendChanges(names, "port.", wire.Find(a, uapi.IFLA_INFO_SLAVE_DATA), wire.Find(b, uapi.IFLA_INFO_SLAVE_DATA),
		tableOf(newPortInfo(now.PortKind)), func(typ uint16) bool { return !has(kindOf(now.PortKind).portCounters, typ) })
}

// appendChanges appends the names of those attributes, of the ones that count,
// that stand in only one of two nests or differ.
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

// tableOf returns the table of an info, an empty one if there is none.
func tableOf(v info) attr.Table {
	if v == nil {
		return func(*attr.Codec) {}
	}
	return v.attrs
}

// has is s.Has for a number that came from the kernel.
func has(s attr.Set, typ uint16) bool {
	return typ < attr.Bit(0) && s.Has(typ)
}

// attributes returns the attributes that the link was decoded from.
func (l *Link) attributes() []byte {
	message := l.raw.image.message()
	return message[min(wire.LinkLen, len(message)):]
}
