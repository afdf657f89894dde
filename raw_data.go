package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// KindData returns the kind of the link that spec describes and, as the kernel
// takes it in IFLA_INFO_DATA, what only links of that kind have, with the other
// end of a pair. It is for programs that send the request themselves, such as
// package rtnldriver.
//
// Nothing else may be set in spec: settings that every link has, and a link by
// name, whose index cannot be looked up here, are an *Error, as is any value that
// Create would refuse. The NetNS of a peer must stay open until the request is
// sent.
func KindData(spec Spec) (kind string, data []byte, err error) {
	all, err := described("encode", spec)
	if err != nil {
		return "", nil, err
	}
	s := all[0]
	if err := s.checkKindData(); err != nil {
		return s.Kind, nil, err
	}
	var c attr.Codec
	if s.Info != nil {
		data = s.about().table().Encode(&c, nil, s.Set, s.Refs, s.info())
	}
	data, err = s.appendPeerData(data)
	return s.Kind, data, err
}

// PortData is KindData for the settings of a port, as the kernel takes them in
// IFLA_INFO_SLAVE_DATA. The kind is that of the master.
func PortData(port PortSpec) (kind string, data []byte, err error) {
	if isNil(port) {
		return "", nil, (&spec{}).invalid("encode", "PortSpec", "it is nil: give a builder, such as bridge.Port returns")
	}
	p := port.Own()
	if p.Info == nil {
		return "", nil, (&spec{}).invalid("encode", "PortSpec", "the builder is zero: make it with Port of package bridge or bond")
	}
	var c attr.Codec
	s := &spec{Settings: own.Settings{Kind: p.Kind + " port"}}
	if err := c.Check(p.Set, p.Refs, infoOf(p).attrs); err != nil {
		return p.Kind, nil, s.invalidAttrs("encode", err)
	}
	if err := s.unresolved(p.Refs, infoOf(p).attrs); err != nil {
		return p.Kind, nil, err
	}
	return p.Kind, kindOf(p.Kind).portTable().Encode(&c, nil, p.Set, nil, infoOf(p)), nil
}

// ParseKindData reads what the kernel reports in IFLA_INFO_DATA of a link of a
// kind and returns what Link.Info holds for that kind, such as *VXLANInfo; nil for
// a kind without settings or unknown here. What the kernel reports elsewhere in
// the message, such as VethInfo.Peer, is not in it.
func ParseKindData(kind string, data []byte) (any, error) {
	return parseData(newInfo(kind), data)
}

// ParsePortData is ParseKindData for IFLA_INFO_SLAVE_DATA of a port and
// Link.PortInfo. The kind is that of the master.
func ParsePortData(kind string, data []byte) (any, error) {
	return parseData(newPortInfo(kind), data)
}

func parseData(to info, data []byte) (any, error) {
	if to == nil {
		return nil, nil
	}
	var c attr.Codec
	_, err := c.Decode(data, to.attrs, nil)
	return to, err
}

// checkKindData returns what is wrong with s for KindData.
func (s *spec) checkKindData() error {
	const op = "encode"
	if s.Kind == "" {
		return s.invalid(op, "", "a Device has no kind")
	}
	if set := s.apart(s.Set); !set.Empty() {
		return s.invalid(op, s.firstRow(set), "is not set by route netlink")
	}
	if word := s.outsideKind(); word != "" {
		return s.invalid(op, word, "is no setting of the kind: the message around a driver has it, or cannot")
	}
	if s.Info != nil {
		if err := s.unresolved(s.Refs, s.info().attrs); err != nil {
			return err
		}
	}
	if err := s.checkTables(op); err != nil {
		return err
	}
	if s.Peer != nil {
		if err := s.peer().wanted().checkValues(op); err != nil {
			return err
		}
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

// afterMaking names a setting that the kind's data cannot carry even for a peer,
// beside these of all links; empty if there is none.
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

// appendPeerData appends the other end of a pair.
func (s *spec) appendPeerData(b []byte) ([]byte, error) {
	if s.Peer == nil {
		return b, nil
	}
	home := &place{fd: -1}
	main := newJob(s, home, nil)
	peer := newJob(s.peer().wanted(), home, main)
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
