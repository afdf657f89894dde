// Package own holds the settings that only one kind of link has, where both the
// builder in the kind's package and the engine in package iplink reach them.
package own

import (
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
)

// Settings are the settings of one builder that only its kind has.
type Settings struct {
	Kind string // of the link, or of the master for settings as a port
	Name string // of the link
	made bool

	Info any        // points to the kind's struct, which holds the values
	Set  attr.Set   // the settings that were made
	Refs []attr.Ref // the settings that name another link
	Peer any        // the builder of the other end of a pair

	Faults []Fault // arguments that setters could not take
}

// A Fault is a setter's argument that no request can hold, such as nil. The verbs
// report it: a setter returns the builder and no error.
type Fault struct {
	Setter, Text string
}

// Numbers of settings that no attribute of a link carries.
var (
	TeamMode = attr.Bit(0) // goes out over generic netlink, as do those below

	MACsecTxSA  = attr.Bit(0) // whether the wanted associations exist
	MACsecTxKey = attr.Bit(1) // whether they have the wanted keys
	MACsecRxSC  = attr.Bit(2) // likewise for the channels that frames are received by
	MACsecRxKey = attr.Bit(3)
)

// New returns the settings of a builder. Info points to the kind's struct; it is
// nil for kinds that have no settings.
func New(kind, name string, info any) Settings {
	return Settings{Kind: kind, Name: name, Info: info, made: true}
}

// Made reports whether New has returned s. Those of a zero builder are not.
func (s *Settings) Made() bool {
	return s.made
}

// Judge keeps the fault of a setter's argument, in place of that of an earlier
// call, and reports whether the setter can take it, which is so if the text is
// empty.
func (s *Settings) Judge(setter, text string) bool {
	faults := slices.DeleteFunc(slices.Clone(s.Faults), func(f Fault) bool { return f.Setter == setter })
	if text != "" {
		faults = append(faults, Fault{setter, text})
	}
	s.Faults = faults
	return text == ""
}

// Put marks a setting as made and returns the struct that holds its value.
func Put[T any](s *Settings, number uint16) *T {
	s.Set.Add(number)
	s.Refs = attr.DropRef(s.Refs, number)
	info, ok := s.Info.(*T)
	if !ok {
		info = new(T)
		s.Info = info
	}
	return info
}

// Refer makes a setting by the name of a link.
func (s *Settings) Refer(number uint16, name string) {
	s.Set.Add(number)
	s.Refs = attr.SetRef(s.Refs, number, name)
}

// SetPeer makes peer the other end of b.
func SetPeer[B interface {
	comparable
	Own(B) *Settings
}](b, peer B) {
	var none B
	s, fault := b.Own(b), ""
	switch {
	case peer == none:
		fault = "it is nil: leave Peer out for an end that the kernel names"
	case peer == b:
		fault = "it is the end itself: make the other one with another New"
	case !peer.Own(peer).Made():
		fault = "the builder is zero: make it with the New of its package"
	}
	if s.Judge("Peer", fault) {
		s.Peer = peer
	}
}
