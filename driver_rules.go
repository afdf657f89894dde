package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// checkDriver returns what is wrong with s as the settings of a driver.
func (s *spec) checkDriver() error {
	const op = "encode"
	if s.kind == "" {
		return s.invalid(op, "", "a Device has no kind")
	}
	if set := s.apart(s.set); !set.Empty() {
		return s.invalid(op, s.firstRow(set), "is not set by route netlink")
	}
	if word := s.outsideKind(); word != "" {
		return s.invalid(op, word, "is no setting of the kind: the message around a driver has it, or cannot")
	}
	if s.info != nil {
		if err := s.unresolved(s.refs, s.info.attrs); err != nil {
			return err
		}
	}
	if err := s.checkTables(op); err != nil {
		return err
	}
	return s.checkPeer(op)
}

// unresolved refuses links by name.
func (s *spec) unresolved(refs []attr.Ref, t attr.Table) error {
	for _, r := range refs {
		return s.invalid("encode", rowName(t, r.Type), "a driver cannot look up a link by name: set it by index")
	}
	return nil
}

// outsideKind names a setting that is not of the kind itself, empty if there is
// none.
func (s *spec) outsideKind() string {
	switch {
	case s.index != 0:
		return "index"
	case s.netns != nil:
		return "netns"
	}
	return s.afterMaking(s.linkSet, s.change)
}

// afterMaking names a setting that a driver cannot carry even for a peer, beside
// these of all links; empty if there is none.
func (s *spec) afterMaking(linkSet attr.Set, change uint32) string {
	for typ := range linkSet.All() {
		return rowName(s.link.settable, typ)
	}
	switch {
	case change != 0:
		return Flags(change).String()
	case !s.inet6Set.Empty():
		return "addrgenmode"
	case len(s.altNames) > 0:
		return "altname"
	case !s.layer3.empty():
		return "address, route or neighbour"
	case s.linkNetNS != nil:
		return "link-netns"
	case s.port != nil:
		return "port"
	}
	return ""
}

// appendDriverPeer appends the other end of a pair.
func (s *spec) appendDriverPeer(b []byte) ([]byte, error) {
	if s.peer == nil {
		return b, nil
	}
	home := &place{fd: -1}
	main := newJob(s, home, nil)
	peer := newJob(s.peer.wanted(), home, main)
	if word := peer.spec.afterMaking(peer.linkSet.And(peer.later()), peer.change&uapi.IFF_UP); word != "" {
		return nil, s.invalid("encode", "peer", word+" is not taken when a peer is made")
	}
	if ns := peer.spec.netns; ns != nil {
		peer.at = &place{}
		if err := ns.use(func(fd int) error { peer.at.fd = fd; return nil }); err != nil {
			return nil, s.failed("encode", "netns", err)
		}
	}
	return new(transaction).appendPeer(b, peer), nil
}
