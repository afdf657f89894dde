package own

import "github.com/iplink-go/iplink/internal/wire"

// A Sort describes a sort of objects of links, such as addresses, for a watch of them. K
// identifies an object of a link.
type Sort[T any, K comparable] struct {
	Op             string   // for errors
	Groups         []uint32 // multicast groups with the announcements (RTNLGRP_*)
	Added, Removed uint16   // message types
	Get            uint16   // message type of a request, and of a notice that an object is missing
	OwnNetNS       bool     // the kernel lists the objects of the socket's own namespace only
	Needs          string   // the kind of links without which there are no objects, and perhaps no driver to list them; or empty

	// Parse returns the objects in a message.
	Parse func(links Links, m wire.Message) []Watched[T, K]
	// Lists append the requests for lists, of the type Get, of the namespace with an id.
	Lists []func(b []byte, id int32) []byte
	// Link returns the index of the link in an object, and sets its name.
	Link func(v *T, name func(index int) string) int
	// Same compares two objects with the same key.
	Same func(a, b *T) bool
	// Doubtful reports whether an announcement of an object that is known may be wrong. It
	// may be nil.
	Doubtful func(old, now *T) bool
	// Hints reports whether a message, which has objects or none, says that other objects
	// changed, which the kernel does not announce. It may be nil.
	Hints func(m wire.Message, found []Watched[T, K]) bool
	// Affected reports whether a change of a link changes objects, which the kernel does
	// not announce. It may be nil.
	Affected func(LinkChange) bool
}

// A Watched is an object with its identity.
type Watched[T any, K comparable] struct {
	Owner int // the index of the link that has it; a bridge has the entries of its ports
	Key   K
	Value T
}

// Links are the links of a namespace, as far as they are known.
type Links interface {
	// NameOf returns the name of the link with an index, or an empty string.
	NameOf(index int) string
	// KindOf returns its kind, or an empty string.
	KindOf(index int) string
	// Has reports whether there is a link of a kind.
	Has(kind string) bool
}

// A LinkChange is a change of a link.
type LinkChange struct {
	Kind           string // of the link
	Added, Removed bool
	WentDown       bool
}
