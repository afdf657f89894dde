// Package own holds the settings specific to one kind of link. Both the builder in
// the kind's package and the engine in package iplink access them.
package own

import (
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
)

// Settings are the kind-specific settings of one builder.
type Settings struct {
	Kind string // of the link, or of the master for settings as a port
	Name string // of the link
	made bool

	Info any        // points to the kind's struct, which holds the values
	Set  attr.Set   // the settings that were made
	Only attr.Set   // the lists in Set that are to have no other entries
	Refs []attr.Ref // the settings that name another link
	Peer any        // the builder of the other end of a pair

	Objects []Objects // of each sort at most one

	Faults []Fault // arguments that setters rejected
}

// NoVLANFiltering is the reason of a kernel that refuses VLANs of a bridge or of its ports
// (EOPNOTSUPP).
const NoVLANFiltering = "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)"

// A Fault is a setter's argument that no request can contain, such as nil. A setter
// returns the builder and no error, so the verbs report the fault.
type Fault struct {
	Setter, Text string
}

// Numbers of settings without a link attribute.
var (
	TeamMode = attr.Bit(0) // sent over generic netlink, like those below

	MACsecTxSA  = attr.Bit(0) // whether the wanted associations exist
	MACsecTxKey = attr.Bit(1) // whether they have the wanted keys
	MACsecRxSC  = attr.Bit(2) // likewise for the receive channels
	MACsecRxKey = attr.Bit(3)

	WireGuardPrivateKey = attr.Bit(0)
	WireGuardListenPort = attr.Bit(1)
	WireGuardFwMark     = attr.Bit(2)
	WireGuardPeers      = attr.Bit(3)

	GTPPDPs = attr.Bit(0)
)

// New returns the settings of a builder. Info points to the kind's struct; it is nil
// for kinds without settings.
func New(kind, name string, info any) Settings {
	return Settings{Kind: kind, Name: name, Info: info, made: true}
}

// Made reports whether s was returned by New. It is false for a zero builder.
func (s *Settings) Made() bool {
	return s.made
}

// Judge records the fault of a setter's argument, replacing the fault of an earlier
// call, and reports whether the argument is valid. An empty text means that it is.
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

// Refer makes a setting that refers to a link by name.
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
