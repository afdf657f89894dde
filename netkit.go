package iplink

import (
	"context"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var netkitKind = kind{
	config:     "NETKIT",
	since:      attr.Version{Major: 6, Minor: 7},
	info:       func() info { return &NetkitInfo{Scrub: NetkitScrubDefault, PeerScrub: NetkitScrubDefault} },
	mtu:        [2]uint32{68, 65535},
	peer:       uapi.IFLA_NETKIT_PEER_INFO,
	peerName:   "nk",
	ofPeer:     attr.SetOf(uapi.IFLA_NETKIT_PEER_POLICY, uapi.IFLA_NETKIT_PEER_SCRUB),
	flagsLater: true,
	fixed:      netkitFixed,
	defaults:   "mode l3 forward scrub default peer scrub default headroom 0 tailroom 0 pairing pair arp off",
}

// NetkitInfo is the kernel's report of a netkit link.
type NetkitInfo struct {
	// Peer is the interface index of the other end, in the namespace PeerNetNSID if
	// that is not -1. It is 0 for a link without another end.
	Peer int
	// PeerNetNSID is the id that the link's namespace uses for the namespace of the
	// other end; -1 if both ends are in the same namespace.
	PeerNetNSID int32
	// Primary reports that the pair was made as this link, which takes BPF programs for
	// both ends and changes of both policies. It is false for the link that was made as
	// its peer (IFLA_NETKIT_PRIMARY).
	Primary bool
	// Mode is the layer at which the pair works (IFLA_NETKIT_MODE).
	Mode NetkitMode
	// Policy decides about packets that the link sends while no BPF program does
	// (IFLA_NETKIT_POLICY), and PeerPolicy about those that the other end sends
	// (IFLA_NETKIT_PEER_POLICY).
	Policy, PeerPolicy NetkitPolicy
	// Scrub reports whether the mark and the priority of packets that the link sends are
	// cleared (IFLA_NETKIT_SCRUB), and PeerScrub the same for the other end
	// (IFLA_NETKIT_PEER_SCRUB). Kernels that do not report it clear them.
	Scrub, PeerScrub NetkitScrub
	// Headroom and Tailroom are the bytes that are kept free before and behind each
	// packet (IFLA_NETKIT_HEADROOM, IFLA_NETKIT_TAILROOM).
	Headroom, Tailroom uint16
	// Pairing reports whether the link has another end (IFLA_NETKIT_PAIRING).
	Pairing NetkitPairing
}

func (v *NetkitInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly().Since(6, 7), uapi.IFLA_NETKIT_MODE, "mode", &v.Mode, netkitModes)
	attr.Enum(c.ValueOnly().Since(6, 7), uapi.IFLA_NETKIT_POLICY, "policy", &v.Policy, netkitPolicies)
	attr.Enum(c.CreateOnly().Since(6, 13), uapi.IFLA_NETKIT_SCRUB, "scrub", &v.Scrub, netkitScrubs)
	attr.Enum(c.ValueOnly().Since(6, 7), uapi.IFLA_NETKIT_PEER_POLICY, "peer policy", &v.PeerPolicy, netkitPolicies)
	attr.Enum(c.CreateOnly().Since(6, 13), uapi.IFLA_NETKIT_PEER_SCRUB, "peer scrub", &v.PeerScrub, netkitScrubs)
	attr.U16(c.CreateOnly().NoKeyword().Since(6, 14), uapi.IFLA_NETKIT_HEADROOM, "headroom", &v.Headroom)
	attr.U16(c.CreateOnly().NoKeyword().Since(6, 14), uapi.IFLA_NETKIT_TAILROOM, "tailroom", &v.Tailroom)
	attr.Enum(c.CreateOnly().NoKeyword().Since(7, 1), uapi.IFLA_NETKIT_PAIRING, "pairing", &v.Pairing, netkitPairings)
	attr.Bool(c.ReadOnly().Since(6, 7), uapi.IFLA_NETKIT_PRIMARY, "primary", &v.Primary)
}

// afterDecode copies the other end from the attributes that report it.
func (v *NetkitInfo) afterDecode(l *Link) {
	v.Peer, v.PeerNetNSID = l.Parent, l.NetNSID
}

// A NetkitMode is the layer at which a netkit pair works.
type NetkitMode uint32

// Modes of a netkit pair.
const (
	NetkitL2 NetkitMode = iota // Ethernet frames, with link-layer addresses and neighbours
	NetkitL3                   // IP packets, without neighbours: the default
)

var netkitModes = attr.Words{"l2", "l3"}

// String returns the word of iproute2.
func (m NetkitMode) String() string {
	return attr.Word(netkitModes, m)
}

// MarshalText returns the result of String.
func (m NetkitMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *NetkitMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(netkitModes, "netkit mode", text, m)
}

// A NetkitPolicy decides about packets while no BPF program does.
type NetkitPolicy uint32

// Policies of an end of a netkit pair.
const (
	NetkitForward   NetkitPolicy = 0 // packets reach the other end: the default
	NetkitBlackhole NetkitPolicy = 2 // packets are dropped
)

var netkitPolicies = attr.Words{"forward", "", "blackhole"}

// String returns the word of iproute2.
func (p NetkitPolicy) String() string {
	return attr.Word(netkitPolicies, p)
}

// MarshalText returns the result of String.
func (p NetkitPolicy) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *NetkitPolicy) UnmarshalText(text []byte) error {
	return attr.ReadWord(netkitPolicies, "netkit policy", text, p)
}

// A NetkitScrub says whether the mark and the priority of packets are cleared on their
// way to the other end.
type NetkitScrub uint32

// Values of the scrub setting.
const (
	NetkitScrubNone    NetkitScrub = iota // both are kept for the BPF program at the other end
	NetkitScrubDefault                    // both are cleared if the ends are in different namespaces
)

var netkitScrubs = attr.Words{"none", "default"}

// String returns the word of iproute2.
func (s NetkitScrub) String() string {
	return attr.Word(netkitScrubs, s)
}

// MarshalText returns the result of String.
func (s NetkitScrub) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *NetkitScrub) UnmarshalText(text []byte) error {
	return attr.ReadWord(netkitScrubs, "netkit scrub", text, s)
}

// A NetkitPairing says whether a netkit link has another end.
type NetkitPairing uint32

// Values of the pairing.
const (
	NetkitPair   NetkitPairing = iota // two links: the default
	NetkitSingle                      // one link without another end, to which queues of hardware are leased
)

var netkitPairings = attr.Words{"pair", "single"}

// String returns "pair" or "single".
func (p NetkitPairing) String() string {
	return attr.Word(netkitPairings, p)
}

// MarshalText returns the result of String.
func (p NetkitPairing) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *NetkitPairing) UnmarshalText(text []byte) error {
	return attr.ReadWord(netkitPairings, "netkit pairing", text, p)
}

// validate applies the rules of netkit_new_link in the kernel.
func (v *NetkitInfo) validate(op string, s *spec) error {
	if s.linkSet.Has(uapi.IFLA_ADDRESS) && v.isL3(op, s) {
		return &attr.Error{Name: "address", Text: "a netkit link in mode l3 has none: Mode(netkit.L2) makes one with addresses"}
	}
	if s.Set.Has(uapi.IFLA_NETKIT_PAIRING) && v.Pairing == NetkitSingle {
		return v.singleFault(s)
	}
	return nil
}

// isL3 reports whether the link is, or is to be, in mode l3. The other end of a new pair
// has the mode of the main end.
func (v *NetkitInfo) isL3(op string, s *spec) bool {
	if s.main != nil {
		s = s.main
		v, _ = s.Info.(*NetkitInfo)
	}
	now, stands := s.standing.(*NetkitInfo)
	switch {
	case v != nil && s.Set.Has(uapi.IFLA_NETKIT_MODE):
		return v.Mode == NetkitL3
	case stands:
		return now.Mode == NetkitL3
	}
	return op == "create" || op == "encode"
}

// singleFault rejects settings of the other end, and those that mean something only to a
// pair.
func (v *NetkitInfo) singleFault(s *spec) error {
	const text = "cannot go with Pairing(netkit.Single): the link has no other end"
	has := s.Set.Has
	switch {
	case s.Peer != nil:
		return &attr.Error{Name: "peer", Text: text}
	case s.linkNetNS != nil:
		return &attr.Error{Name: "link-netns", Text: text}
	case has(uapi.IFLA_NETKIT_PEER_POLICY):
		return &attr.Error{Name: "peer policy", Text: text}
	case has(uapi.IFLA_NETKIT_PEER_SCRUB):
		return &attr.Error{Name: "peer scrub", Text: text}
	case has(uapi.IFLA_NETKIT_SCRUB):
		return &attr.Error{Name: "scrub", Text: text}
	case has(uapi.IFLA_NETKIT_POLICY) && v.Policy != NetkitForward:
		return &attr.Error{Name: "policy", Text: text}
	}
	return nil
}

// netkitFixed returns all settings of the end that was made as a peer, through which
// the kernel changes none, and the policies of a link without another end.
func netkitFixed(_ *job, have info, changed attr.Set) (fixed attr.Set) {
	now, ok := have.(*NetkitInfo)
	if ok && (!now.Primary || now.Pairing == NetkitSingle) {
		return changed
	}
	return fixed
}

// oneTxQueue returns the reason why the kernel refuses several transmit queues.
func (t *transaction) oneTxQueue(_ context.Context, s *step, errno syscall.Errno) fact {
	for _, j := range []*job{s.job, s.job.peer} {
		if s.what == stepCreate && errno == syscall.EOPNOTSUPP && j != nil && j.kind == &netkitKind && j.spec.linkSet.Has(uapi.IFLA_NUM_TX_QUEUES) && j.spec.link.TxQueues > 1 {
			return fact{"numtxqueues", "a netkit link has one transmit queue since Linux 7.1"}
		}
	}
	return fact{}
}
