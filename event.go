package iplink

import (
	"fmt"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
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
