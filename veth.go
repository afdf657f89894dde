package iplink

import (
	"cmp"
	"context"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

var vethKind = kind{
	config: "VETH",
	info:   func() info { return new(VethInfo) },
	mtu:    [2]uint32{68, 65535},
	peer:   uapi.VETH_INFO_PEER,

	peerName: "veth",
}

// VethInfo is the kernel's report of a veth link.
type VethInfo struct {
	// Peer is the interface index of the other end, in the namespace PeerNetNSID if
	// that is not -1.
	Peer int
	// PeerNetNSID is the id that the link's namespace uses for the namespace of the
	// other end; -1 if both ends are in the same namespace.
	PeerNetNSID int32
}

// attrs is empty: the kernel reports no attributes of its own for a veth.
func (v *VethInfo) attrs(*attr.Codec) {}

// afterDecode copies the other end from the attributes in which the kernel reports
// it.
func (v *VethInfo) afterDecode(l *Link) {
	v.Peer, v.PeerNetNSID = l.Parent, l.NetNSID
}

// paired reports whether the link is one end of a pair, and this library describes
// the other end to the kernel.
func (s *spec) paired() bool {
	return s.kind().peer != 0 && !s.isRaw()
}

// other returns the description of the other end of a pair, or nil if there is none.
// That end is in the namespace LinkNetNS, unless it has a NetNS of its own.
func (s *spec) other() *spec {
	switch {
	case s.Peer == nil && s.linkNetNS != nil && s.paired():
		return s.unnamedPeer()
	case s.Peer == nil:
		return nil
	}
	peer := s.peer().description()
	if s.linkNetNS == nil || peer.netns != nil {
		return peer
	}
	moved := *peer
	moved.netns = s.lowerNetNS()
	return &moved
}

// unnamedPeer returns a description equivalent to the kernel's default for the other
// end: the settings of the link, except its addresses.
func (s *spec) unnamedPeer() *spec {
	ofEach := attr.SetOf(uapi.IFLA_ADDRESS, uapi.IFLA_BROADCAST, uapi.IFLA_MASTER)
	return &spec{Settings: own.New(s.Kind, "", nil), cachedKind: s.cachedKind, link: s.link, netns: s.lowerNetNS(),
		linkSet: s.linkSet.Minus(ofEach.Or(requests).Or(s.afterCreate()))}
}

// checkPeer checks the description of the other end. If it has no name, the kernel
// chooses one.
func (s *spec) checkPeer(op string) error {
	if s.Peer == nil {
		return nil
	}
	peer := s.peer().description()
	switch {
	case peer.Kind != s.Kind:
		return s.invalid(op, "peer", "a "+s.Kind+" cannot have a "+peer.Kind+" as its peer")
	case !peer.Set.Empty() && !peer.isRaw():
		return s.invalid(op, "peer", peer.firstRow(peer.Set)+" cannot be set on the builder of the peer: the builder of the other end takes the settings of both")
	case peer.linkNetNS != nil:
		return s.invalid(op, "link-netns", "a peer has none: the NetNS of "+s.Name+" says where the other end is")
	case peer.Name == "" && peer.newName == "":
		return peer.checkUnnamed(op)
	}
	return peer.checkShape(op)
}

// checkPeerValues returns the faults of the other end of a pair that checkValues finds.
func (s *spec) checkPeerValues(op string, c *attr.Codec) error {
	if s.Peer == nil {
		return nil
	}
	peer := *s.peer().description()
	peer.main = s
	return peer.checkValues(op, c)
}

// checkLinkNetNS rejects a namespace for the lower link of a kind without a lower
// link.
func (s *spec) checkLinkNetNS(op string) error {
	k := kinds[s.Kind]
	if s.linkNetNS == nil || k == nil || k.parent || k.tunnel || k.peer != 0 {
		return nil
	}
	return s.invalid(op, "link-netns", "a "+s.Kind+" has no parent, no underlay and no other end: NetNS says where it is to be")
}

// planPeer compares the other end of an existing pair.
func (e *ensurePlan) planPeer(ctx context.Context, g *ensureItem) error {
	s := g.job.spec.other()
	at, err := e.peerNSConn(ctx, s)
	if err != nil {
		return err
	}
	have, err := e.findPeer(ctx, g, s, at)
	if err != nil {
		return s.failed(e.op, "peer", err)
	}
	if have == nil {
		g.diffs = append(g.diffs, Difference{Attr: "peer", Have: e.presentPeer(g), Want: e.wantedPeer(g, s, at), Immutable: true})
		return nil
	}
	g.peer = &ensureItem{have: have, job: newJob(s, at, nil)}
	g.peer.job.index, g.peer.job.have = have.Index, have
	e.jobs = append(e.jobs, g.peer.job)
	if err := e.resolve(ctx, g.peer.job); err != nil {
		return err
	}
	if g.peer.job.pending, g.peer.diffs, err = e.compare(ctx, g.peer.job, have); err != nil {
		return err
	}
	return e.refusePeerChange(g)
}

// peerNSConn returns the nsConn of the other end of a pair, which may be remote.
func (e *ensurePlan) peerNSConn(ctx context.Context, s *spec) (*nsConn, error) {
	at, err := e.nsConn(ctx, s.netns)
	if err == nil {
		err = e.findID(ctx, at)
	}
	if err != nil {
		return nil, s.failed(e.op, "netns", err)
	}
	if at.isRemote() && !s.layer3.empty() {
		return nil, s.onlyInside(e.op, "address, route or neighbour")
	}
	if word := s.word(); at.isRemote() && word != "" {
		return nil, s.onlyInside(e.op, word)
	}
	return at, nil
}

// findPeer reads the other end of a pair. It returns nil if that end is not the
// wanted one, or is in another namespace.
func (e *ensurePlan) findPeer(ctx context.Context, g *ensureItem, s *spec, at *nsConn) (*Link, error) {
	if in, err := e.lowerIn(ctx, g.job.at, g.have, at); !in || err != nil {
		return nil, err
	}
	have, err := at.readIndex(ctx, g.have.Parent)
	if isGone(err) {
		return nil, nil
	}
	if err != nil || have.Kind != s.Kind || have.Parent != g.have.Index || !s.fits(have) {
		return nil, err
	}
	return have, nil
}

// fits reports whether a link has the name in a spec, before or after a change. A
// spec without a name fits any link.
func (s *spec) fits(l *Link) bool {
	return s.Name == "" || l.hasName(s.Name) || s.newName != "" && l.hasName(s.newName)
}

// presentPeer returns a description of the present other end, or an empty string if
// it is gone.
func (e *ensurePlan) presentPeer(g *ensureItem) string {
	if g.have.Parent == 0 {
		return ""
	}
	at, words := e.nsConnOfLower(g.job.at, g.have), fmt.Sprintf("if%d", g.have.Parent)
	if at != nil {
		words = at.linkName(words)
	}
	if netns := e.netNSOfLower(g.job.at, g.have); netns != "" {
		words += " in " + netns
	}
	return words
}

// wantedPeer returns a description of the wanted other end.
func (e *ensurePlan) wantedPeer(g *ensureItem, s *spec, at *nsConn) string {
	words := cmp.Or(s.finalName(), "any")
	if at != g.job.at {
		words += " in " + e.netNSName(at)
	}
	return words
}

// refuseTakenPeer rejects the replacement of a pair if the name of the other end is
// taken by a link that is not deleted with the old pair.
func (e *ensurePlan) refuseTakenPeer(ctx context.Context, g *ensureItem) error {
	s := g.job.spec.other()
	if s == nil || s.Name == "" {
		return nil
	}
	at, err := e.peerNSConn(ctx, s)
	if err != nil {
		return err
	}
	index, err := at.indexOf(ctx, s.Name)
	if isGone(err) || err == nil && at == g.job.at && index == g.have.Index {
		return nil
	}
	if err != nil {
		return s.failed(e.op, "peer", err)
	}
	if own, err := e.lowerIn(ctx, g.job.at, g.have, at); err != nil || own && index == g.have.Parent {
		return err
	}
	return &Error{Op: e.op, Kind: s.Kind, Name: g.job.spec.Name, Attr: "peer", Err: syscall.EEXIST,
		Message: fmt.Sprintf("%q is the name of another link in %s", s.Name, e.netNSName(at))}
}
