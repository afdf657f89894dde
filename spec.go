package iplink

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// spec holds everything that was set on a builder. The Kind is empty for a
// Device.
type spec struct {
	own.Settings
	traits *kind // facts of the kind, once they were looked up

	// The settings that every link has. It is unsetLink until one is made.
	link     *Link
	linkSet  attr.Set
	linkRefs []attr.Ref

	// Of what is to be sent to a link that exists: what the link has, and what
	// is wanted in all.
	standing info
	asked    attr.Set

	flags, change uint32 // ifi_flags, and which of them are meant
	inet6Set      attr.Set

	downFirst bool // may be taken down for what needs that

	index     int    // 0 for any
	newName   string // to rename to
	recreate  bool   // Ensure may replace the link
	altNames  []string
	netns     *NetNS // where the link is to be; nil for the Conn's
	linkNetNS *NetNS // where its parent, underlay or peer is; nil for the Conn's
	port      *own.Settings

	layer3
}

// unsetLink is what is set of what every link has as long as nothing is. Nobody
// may write to it.
var unsetLink Link

// about returns what is known of the kind.
func (s *spec) about() *kind {
	if s.traits == nil {
		return kindOf(s.Kind)
	}
	return s.traits
}

// info returns the table of the settings that only links of the kind have, nil if
// there are none.
func (s *spec) info() info {
	return infoOf(&s.Settings)
}

func infoOf(s *own.Settings) info {
	i, _ := s.Info.(info)
	return i
}

// peer returns the builder of the other end of a pair, nil if there is none.
func (s *spec) peer() Spec {
	p, _ := s.Peer.(Spec)
	return p
}

// afterwards are the settings that the kernel ignores or refuses when it makes
// a link, and takes once the link exists.
var afterwards = attr.SetOf(uapi.IFLA_IFALIAS, uapi.IFLA_CARRIER, uapi.IFLA_PROTO_DOWN)

// afterwards are those settings, and what the driver of the kind adds to them.
func (s *spec) afterwards() attr.Set {
	return afterwards.Or(s.about().later)
}

// requirement is implemented by the infos of kinds with rules that span several
// settings.
type requirement interface {
	require(op string, s *spec) error
}

// check returns what is wrong with s before anything is sent: names, ranges,
// contradictions.
func (s *spec) check(op string) error {
	return errors.Join(s.checkShape(op), s.checkValues(op))
}

// checkShape returns what is wrong with s whatever the link is like.
func (s *spec) checkShape(op string) error {
	return errors.Join(s.checkName(op), s.checkUnnamed(op))
}

// checkUnnamed is checkShape without the name.
func (s *spec) checkUnnamed(op string) error {
	return errors.Join(s.checkMakeable(op), s.checkPort(op), s.checkLinkNetNS(op), s.checkRequired(op), s.checkAltNames(op), s.checkMTU6(op),
		s.checkAddrs(op), s.checkRoutes(op), s.checkNeighs(op), s.checkPeer(op))
}

// checkValues returns what is wrong with settings that a link might have already,
// as its kind or its mode has them: then they are not refused.
func (s *spec) checkValues(op string) error {
	all := []error{s.checkParent(op), s.checkTables(op), s.checkMTU(op), s.checkAddress(op)}
	if s.Peer != nil {
		all = append(all, s.peer().wanted().checkValues(op))
	}
	return errors.Join(all...)
}

// orFault returns err, or rather what is wrong with s, which explains more; nil if
// err is.
func (s *spec) orFault(op string, err error) error {
	if err == nil {
		return nil
	}
	if fault := s.checkValues(op); fault != nil {
		return fault
	}
	return err
}

// checkSent returns what is wrong with what is to be sent to a link that exists.
func (j *job) checkSent(op string, have *Link) error {
	s := *j.spec
	s.asked = s.Set
	s.linkSet, s.Set, s.inet6Set, s.Peer = j.linkSet, j.infoSet, j.inet6Set, nil
	s.standing, _ = have.Info.(info)
	if s.port != nil {
		port := *s.port
		port.Set, s.port = j.portSet, &port
	}
	return s.checkValues(op)
}

// asks reports whether a setting of the kind is wanted, also if the link has it
// already.
func (s *spec) asks(typ uint16) bool {
	return s.Set.Has(typ) || s.asked.Has(typ)
}

func (s *spec) checkName(op string) error {
	found := s.byIndex() && op != "create"
	if fault := nameFault("name", s.Name, uapi.IFNAMSIZ-1); fault != nil && !found && !s.existsByAltName(op) {
		return s.refuse(op, fault)
	}
	if s.newName != "" {
		if fault := nameFault("name", s.newName, uapi.IFNAMSIZ-1); fault != nil {
			return s.refuse(op, fault)
		}
	}
	return nil
}

// existsByAltName reports whether the name is good for finding a link though
// too long for making one.
func (s *spec) existsByAltName(op string) bool {
	return op != "create" && nameFault("name", s.Name, uapi.ALTIFNAMSIZ-1) == nil
}

// checkMakeable refuses to make what is there or is not.
func (s *spec) checkMakeable(op string) error {
	if reason := s.about().hardware; op == "create" && reason != "" {
		return s.refuse(op, &attr.Error{Text: reason, Errno: syscall.EOPNOTSUPP})
	}
	return nil
}

// checkParent refuses to make a link without the link that it must sit on, or
// with one that it cannot sit on.
func (s *spec) checkParent(op string) error {
	needs, has := s.about().parent, s.linkSet.Has(uapi.IFLA_LINK)
	switch {
	case op == "create" && needs && !has:
		return s.invalid(op, "link", "a "+s.Kind+" sits on another link: name it with Parent")
	case kinds[s.Kind] != nil && !needs && has:
		return s.invalid(op, "link", "a "+s.Kind+" sits on no other link")
	}
	return nil
}

// checkRequired refuses to make a link without a setting that the kernel has no
// default for.
func (s *spec) checkRequired(op string) error {
	if op != "create" {
		return nil
	}
	var all []error
	for typ := range s.about().required.Minus(s.Set).All() {
		all = append(all, s.invalid(op, rowName(newInfo(s.Kind).attrs, typ), "there is no default for it"))
	}
	return errors.Join(all...)
}

// checkPort refuses to make a link with the settings of a port, and no master.
func (s *spec) checkPort(op string) error {
	named := slices.ContainsFunc(s.linkRefs, func(r attr.Ref) bool { return r.Type == uapi.IFLA_MASTER })
	if op != "create" || s.port == nil || named || s.linkSet.Has(uapi.IFLA_MASTER) && s.link.Master != 0 {
		return nil
	}
	return s.invalid(op, "port", "a new link is no port of "+article(s.port.Kind)+": name one with Master")
}

func (s *spec) checkAltNames(op string) error {
	if len(s.altNames) > mostAltNames {
		return s.invalid(op, "altname", fmt.Sprintf("%d names, where a link has at most %d", len(s.altNames), mostAltNames))
	}
	for _, name := range s.altNames {
		if fault := nameFault("altname", name, uapi.ALTIFNAMSIZ-1); fault != nil {
			return s.refuse(op, fault)
		}
	}
	return nil
}

// checkTables checks each setting against its row, and then the rules that span
// several.
func (s *spec) checkTables(op string) error {
	var c attr.Codec
	err := linkTable.Check(&c, s.linkSet, s.linkRefs, s.link)
	if !s.inet6Set.Empty() {
		err = errors.Join(err, c.Check(s.inet6Set, nil, s.link.INET6.attrs))
	}
	if s.Info != nil {
		err = errors.Join(err, s.about().table().Check(&c, s.Set, s.Refs, s.info()))
	}
	if s.port != nil {
		err = errors.Join(err, kindOf(s.port.Kind).portTable().Check(&c, s.port.Set, s.port.Refs, infoOf(s.port)))
	}
	if rule, ok := s.Info.(requirement); ok && err == nil {
		err = errors.Join(rule.require(op, s))
	}
	if err == nil {
		err = s.checkRoom()
	}
	if err == nil {
		return nil
	}
	return s.invalidAttrs(op, err)
}

func (s *spec) checkMTU(op string) error {
	bounds, mtu := s.about().mtu, s.link.MTU
	if s.linkSet.Has(uapi.IFLA_MTU) && bounds[1] != 0 && (mtu < bounds[0] || mtu > bounds[1]) {
		return s.invalid(op, "mtu", fmt.Sprintf("%d is not in %d…%d", mtu, bounds[0], bounds[1]))
	}
	if sizes := s.about().sizes; s.linkSet.Has(uapi.IFLA_MTU) && sizes != nil && sizes(mtu) != "" {
		return s.invalid(op, "mtu", sizes(mtu))
	}
	return nil
}
