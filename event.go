package iplink

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// An EventKind is the kind of an event.
type EventKind uint8

// Kinds of events.
const (
	Added   EventKind = iota + 1 // the link appeared, or began to match the filters
	Changed                      // the link differs from its previous state
	Removed                      // the link is gone, or no longer matches the filters
	Current                      // all that existed when the watch began has been reported
	Missed                       // a VXLAN link has no entry for a frame that it is to send; only of WatchNeighs
)

var eventKinds = attr.Words{1: "added", "changed", "removed", "current", "missed"}

// String returns the kind in lower case, such as "added".
func (k EventKind) String() string {
	return attr.Word(eventKinds, k)
}

// MarshalText returns the result of String.
func (k EventKind) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (k *EventKind) UnmarshalText(text []byte) error {
	return attr.ReadWord(eventKinds, "event kind", text, k)
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
	// present link, nil if the event is Removed. Both are nil if it is Current.
	Old, New *Link
	// FlagsChange are the interface flags that the kernel says have changed, all of them
	// for a new link (ifi_change). It is 0 for changes without flags, and if the event
	// comes from a list or a look-up. Changes has "flags" if they differ from those last
	// reported.
	FlagsChange Flags
	// Changes lists the names of the changed settings, sorted. They are "flags" and
	// "type", iproute2's words for settings of every link, such as "mtu" and
	// "master", and names with a prefix for other settings: those of the kind
	// ("info.ageing"), of the port ("port.hairpin") and of IPv6
	// ("inet6.addrgenmode"). An attribute that this library does not know is named
	// by its number, as in "info.attribute 99". Two counters are among them,
	// "carrier_up_count" and "carrier_down_count", and "event": the kernel says that a
	// bond failed over, or that others are to learn again where the link is, and New.Event
	// is 3, 4 or 5 (IFLA_EVENT). Changes is nil unless the event is Changed.
	Changes []string
	// NewIndex is the index of a Removed link in the namespace that it moved to,
	// else 0 (IFLA_NEW_IFINDEX). NewNetNSID is the id of that namespace, as assigned
	// in the old one; -1 if it has no id or the link did not move
	// (IFLA_NEW_NETNSID). The kernel reports both only at the time of the move: they
	// are not set for a link whose move was lost in an overrun.
	NewIndex   int
	NewNetNSID int32
}

// Link returns the present link, or the link before its removal; an empty one if the event
// is Current, so that it is never nil.
func (e Event) Link() *Link {
	switch {
	case e.New != nil:
		return e.New
	case e.Old != nil:
		return e.Old
	}
	return newLink()
}

// String returns one line, such as "added eth0", "changed eth0: mtu, qdisc" or
// "removed eth0".
func (e Event) String() string {
	var b strings.Builder
	if e.NetNSID >= 0 {
		fmt.Fprintf(&b, "netns %d: ", e.NetNSID)
	}
	b.WriteString(e.Kind.String())
	if e.Kind != Current {
		b.WriteString(" " + attr.Printable(e.Link().Name))
	}
	if len(e.Changes) > 0 {
		b.WriteString(": " + strings.Join(e.Changes, ", "))
	}
	return b.String()
}

// changes returns the names of the settings that differ between two descriptions of
// a link, which has the same kind in both, sorted. Attributes that this library does
// not know are included.
func changes(c *attr.Codec, old, now *Link) []string {
	if old == now {
		return nil
	}
	var names []string
	if old.Flags != now.Flags {
		names = append(names, "flags")
	}
	if old.Type != now.Type {
		names = append(names, "type")
	}
	names = append(names, c.Changes(old.raw.common, now.raw.common, old.attrs, now.attrs)...)
	names = appendChanges(names, "inet6.", old.INET6.changes(c, &now.INET6))
	if old.Info != nil && now.Info != nil {
		names = appendChanges(names, "info.", c.Changes(old.raw.info, now.raw.info, old.Info.(info).attrs, now.Info.(info).attrs))
	}
	names = appendPortChanges(names, c, old, now)
	names = appendUnknown(appendUnknown(names, old, now), now, old)
	slices.Sort(names)
	return slices.Compact(names)
}

// news returns names of changes that are no state of the link: its carrier came or went,
// also if it is as before, or the kernel notifies of a failover.
func news(old, now *Link) (names []string) {
	if old == now {
		return nil
	}
	if old.CarrierUps != now.CarrierUps {
		names = append(names, rowName(now.attrs, uapi.IFLA_CARRIER_UP_COUNT))
	}
	if old.CarrierDowns != now.CarrierDowns {
		names = append(names, rowName(now.attrs, uapi.IFLA_CARRIER_DOWN_COUNT))
	}
	switch now.Event {
	case uapi.IFLA_EVENT_BONDING_FAILOVER, uapi.IFLA_EVENT_NOTIFY_PEERS, uapi.IFLA_EVENT_IGMP_RESEND:
		names = append(names, rowName(now.attrs, uapi.IFLA_EVENT))
	}
	return names
}

// appendPortChanges appends the changed settings of a port. If the kind of the master
// changed, only that is reported.
func appendPortChanges(names []string, c *attr.Codec, old, now *Link) []string {
	switch {
	case old.PortKind != now.PortKind:
		return append(names, rowName(new(Link).linkInfo, uapi.IFLA_INFO_SLAVE_KIND))
	case old.PortInfo == nil || now.PortInfo == nil:
		return names
	}
	return appendChanges(names, "port.", c.Changes(old.raw.port, now.raw.port, old.PortInfo.(info).attrs, now.PortInfo.(info).attrs))
}

func appendChanges(names []string, prefix string, changed []string) []string {
	for _, name := range changed {
		names = append(names, prefix+name)
	}
	return names
}

// appendUnknown appends the names of the unknown attributes of l that other lacks, or
// has with other data.
func appendUnknown(names []string, l, other *Link) []string {
	for _, a := range l.Unknown {
		same := func(b RawAttribute) bool { return a.Nest == b.Nest && a.Type == b.Type && bytes.Equal(a.Data, b.Data) }
		if a.Nest == "port" && l.PortKind != other.PortKind || slices.ContainsFunc(other.Unknown, same) {
			continue
		}
		name := fmt.Sprintf("attribute %d", a.Type)
		if a.Nest != "" {
			name = a.Nest + "." + name
		}
		names = append(names, name)
	}
	return names
}

// reported6 are the IPv6 settings whose changes are reported. The others are mostly
// timers and sysctl values. The kernel reports both settings or neither.
var reported6 = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE, uapi.IFLA_INET6_TOKEN)

func (i *INET6) changes(c *attr.Codec, now *INET6) []string {
	was := reported6
	if i.Token.IsValid() != now.Token.IsValid() { // IPv6 came or went
		was = attr.Set{}
	}
	return c.Changes(was, reported6, i.attrs, now.attrs)
}
