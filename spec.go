package iplink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// spec holds all settings made on a builder. The Kind is empty for a Device.
type spec struct {
	own.Settings
	cachedKind *kind // facts about the kind, cached after the first look-up

	// The settings common to all links. It is unsetLink until one is made.
	link     *Link
	linkSet  attr.Set
	linkRefs []attr.Ref

	// For an update, the settings that the existing link has, and all the settings
	// that were asked for.
	standing info
	asked    attr.Set

	main *spec // while the other end of a pair is checked, the end that describes it

	flags, change uint32 // ifi_flags, and the mask of those that are set
	inet6Set      attr.Set

	downFirst bool // may be taken down for changes that require it

	index     int    // 0 for any
	newName   string // to rename to
	recreate  bool   // Ensure may replace the link
	resident  bool   // a Device that is in netns already, and is not moved there
	exclusive bool   // Update only adds addresses, routes and neighbours
	altNames  []string
	netns     *NetNS // the namespace for the link; nil for the Conn's
	linkNetNS *NetNS // the namespace of its parent, underlay or peer; nil for the Conn's
	port      *own.Settings

	layer3
	takeaway
	absence *absence      // asks for missing links rather than for one; nil for a builder
	isNetNS bool          // asks for a network namespace rather than for a link
	sysctls []inet.Sysctl // of IPv4 and IPv6
	leftOut []string      // of a saved link
}

// unsetLink is the link of a spec as long as it sets no common setting. It must not
// be written to.
var unsetLink Link

// kind returns the facts about the kind.
func (s *spec) kind() *kind {
	if s.cachedKind == nil {
		return kindOf(s.Kind)
	}
	return s.cachedKind
}

// info returns the table of the settings that only links of the kind have, or nil if
// there are none.
func (s *spec) info() info {
	return infoOf(&s.Settings)
}

func infoOf(s *own.Settings) info {
	i, _ := s.Info.(info)
	return i
}

// peer returns the builder of the other end of a pair, or nil if there is none.
func (s *spec) peer() Spec {
	p, _ := s.Peer.(Spec)
	return p
}

// setAfterCreate are the settings that the kernel ignores or rejects when it creates
// a link, and accepts once the link exists.
var setAfterCreate = attr.SetOf(uapi.IFLA_IFALIAS, uapi.IFLA_CARRIER, uapi.IFLA_PROTO_DOWN, uapi.IFLA_PROTO_DOWN_REASON)

// afterCreate returns those settings and the ones that the driver of the kind adds. They
// are all settings if route netlink does not make the link.
func (s *spec) afterCreate() attr.Set {
	if s.maker() != nil {
		return setAfterCreate.Or(s.linkSet)
	}
	return setAfterCreate.Or(s.kind().afterCreate)
}

// validator is implemented by the infos of kinds with rules that span several
// settings.
type validator interface {
	validate(op string, s *spec) error
}

// check returns the faults in s that can be found before a request is sent: invalid
// names, values out of range and contradictions.
func (s *spec) check(op string, c *attr.Codec) error {
	return errors.Join(s.checkShape(op), s.checkValues(op, c))
}

// checkShape returns the faults in s that do not depend on the state of the link.
func (s *spec) checkShape(op string) error {
	return errors.Join(s.checkName(op), s.checkUnnamed(op))
}

// checkUnnamed is checkShape without the name.
func (s *spec) checkUnnamed(op string) error {
	return errors.Join(s.checkMakeable(op), s.checkPort(op), s.checkLinkNetNS(op), s.checkRequired(op), s.checkAltNames(op), s.checkMTU6(op),
		s.checkTakeaway(op), s.checkExclusive(op), s.checkAddrs(op), s.checkRoutes(op), s.checkNeighs(op), s.checkObjects(op), s.checkSysctls(op), s.checkPeer(op))
}

// checkValues returns the faults in settings that the link may have already, because
// of its kind or its mode; in that case they are not rejected.
func (s *spec) checkValues(op string, c *attr.Codec) error {
	return errors.Join(s.checkParent(op), s.checkParentDev(op), s.checkTables(op, c), s.checkMTU(op), s.checkAddress(op), s.checkPeerValues(op, c))
}

// orFault returns the faults in s, if it has any, in place of err, since they
// explain more. It returns nil if err is nil.
func (s *spec) orFault(op string, c *attr.Codec, err error) error {
	if err == nil {
		return nil
	}
	if fault := s.checkValues(op, c); fault != nil {
		return fault
	}
	return err
}

// checkSent returns the faults in the settings to be sent to an existing link.
func (j *job) checkSent(op string, c *attr.Codec, have *Link) error {
	s := *j.spec
	s.asked = s.Set
	s.linkSet, s.Set, s.inet6Set, s.Peer = j.linkSet, j.infoSet, j.inet6Set, nil
	s.standing, _ = have.Info.(info)
	if s.port != nil {
		port := *s.port
		port.Set, s.port = j.portSet, &port
	}
	return s.checkValues(op, c)
}

// asks reports whether a setting of the kind was asked for, even if the link has it
// already.
func (s *spec) asks(typ uint16) bool {
	return s.Set.Has(typ) || s.asked.Has(typ)
}

func (s *spec) checkName(op string) error {
	found := s.byIndex() && op != "create"
	name := s.Name
	if op == "create" && isTemplate(name) {
		name = strings.Replace(name, "%d", "00", 1)
	}
	if fault := nameFault("name", name, uapi.IFNAMSIZ-1); fault != nil && !found && !s.existsByAltName(op) {
		return s.refuse(op, fault)
	}
	if s.newName != "" {
		if fault := nameFault("name", s.newName, uapi.IFNAMSIZ-1); fault != nil {
			return s.refuse(op, fault)
		}
	}
	return nil
}

// existsByAltName reports whether the name can be used to find a link although it is
// too long to create one.
func (s *spec) existsByAltName(op string) bool {
	return op != "create" && nameFault("name", s.Name, uapi.ALTIFNAMSIZ-1) == nil
}

// checkMakeable rejects kinds that only hardware or other interfaces of the kernel can
// provide.
func (s *spec) checkMakeable(op string) error {
	if reason := s.kind().unmakeable(); op == "create" && reason != "" {
		return s.refuse(op, &attr.Error{Text: reason, Errno: syscall.EOPNOTSUPP})
	}
	return nil
}

// checkParent rejects a new link without the parent that its kind requires, and a
// parent for a kind that has none.
func (s *spec) checkParent(op string) error {
	needs, has := s.kind().parent, s.linkSet.Has(uapi.IFLA_LINK)
	switch {
	case op == "create" && needs && !has:
		return s.invalid(op, "link", "a "+s.Kind+" sits on another link: name it with Parent")
	case kinds[s.Kind] != nil && !needs && has:
		return s.invalid(op, "link", "a "+s.Kind+" sits on no other link")
	}
	return nil
}

// checkParentDev rejects a new link without the device to which links of its kind belong,
// and such a device for a kind whose links belong to none.
func (s *spec) checkParentDev(op string) error {
	advice, has := s.kind().parentDev, s.linkSet.Has(uapi.IFLA_PARENT_DEV_NAME)
	switch {
	case op == "create" && advice != "" && s.link.Hardware.ParentDev == "":
		return s.invalid(op, "parentdev", advice)
	case kinds[s.Kind] != nil && advice == "" && has:
		return s.invalid(op, "parentdev", "a "+s.Kind+" belongs to no other device")
	}
	return nil
}

// checkRequired rejects a new link without a setting for which the kernel has no
// default.
func (s *spec) checkRequired(op string) error {
	if op != "create" {
		return nil
	}
	var all []error
	for typ := range s.kind().required.Minus(s.Set).All() {
		all = append(all, s.invalid(op, rowName(newInfo(s.Kind).attrs, typ), "there is no default for it"))
	}
	return errors.Join(all...)
}

// checkPort rejects a new link with port settings but without a master.
func (s *spec) checkPort(op string) error {
	named := slices.ContainsFunc(s.linkRefs, func(r attr.Ref) bool { return r.Type == uapi.IFLA_MASTER })
	if op != "create" || s.port == nil || named || s.linkSet.Has(uapi.IFLA_MASTER) && s.link.Master != 0 {
		return nil
	}
	return s.invalid(op, "port", "a new link is not a port of "+article(s.port.Kind)+": name one with Master")
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
// several settings.
func (s *spec) checkTables(op string, c *attr.Codec) error {
	err := c.Check(s.linkSet, s.linkRefs, s.link.settable)
	if !s.inet6Set.Empty() {
		err = errors.Join(err, c.Check(s.inet6Set, nil, s.link.INET6.attrs))
	}
	if s.Info != nil {
		err = errors.Join(err, c.Check(s.Set, s.Refs, s.info().attrs))
	}
	if s.port != nil {
		err = errors.Join(err, c.Check(s.port.Set, s.port.Refs, infoOf(s.port).attrs))
	}
	if rule, ok := s.Info.(validator); ok && err == nil {
		err = errors.Join(rule.validate(op, s))
	}
	if err == nil {
		err = s.checkRoom(c)
	}
	if err == nil {
		return nil
	}
	return s.invalidAttrs(op, err)
}

func (s *spec) checkMTU(op string) error {
	bounds, mtu := s.kind().mtu, s.link.MTU
	if s.linkSet.Has(uapi.IFLA_MTU) && bounds[1] != 0 && (mtu < bounds[0] || mtu > bounds[1]) {
		return s.invalid(op, "mtu", fmt.Sprintf("%d is not in %d…%d", mtu, bounds[0], bounds[1]))
	}
	if sizes := s.kind().sizes; s.linkSet.Has(uapi.IFLA_MTU) && sizes != nil && sizes(mtu) != "" {
		return s.invalid(op, "mtu", sizes(mtu))
	}
	return nil
}

// nameFault returns the reason why a link name of at most limit bytes is invalid, or
// nil. word is the name of the setting.
func nameFault(word, name string, limit int) *attr.Error {
	if len(name) > limit {
		return &attr.Error{Name: word, Text: fmt.Sprintf("%q has %d bytes, at most %d fit", name, len(name), limit), Errno: syscall.ERANGE}
	}
	if text := nameText(name); text != "" {
		return &attr.Error{Name: word, Text: text}
	}
	return nil
}

// nameText returns the reason why a name of any length is invalid, or an empty
// string.
func nameText(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case name == "." || name == "..":
		return fmt.Sprintf("%q is not allowed as a name", name)
	case strings.ContainsAny(name, "/:"):
		return fmt.Sprintf(`%q holds "/" or ":"`, name)
	case strings.ContainsFunc(name, unicode.IsSpace):
		return fmt.Sprintf("%q holds white space", name)
	case strings.ContainsRune(name, 0):
		return fmt.Sprintf("%q holds a NUL byte", name)
	case strings.ContainsRune(name, '%'):
		return fmt.Sprintf(`%q holds "%%", which is allowed only as one "%%d", and only for Create: the kernel puts a number there`, name)
	}
	return ""
}

// mostOfKind is the maximum size in bytes of the settings of a kind, or of a port.
// They share an attribute, whose length field has 16 bits, with the rest of the
// kernel's report on the kind and the port, which takes less than 1 KiB.
const mostOfKind = wire.MaxLen - 1<<10

// mostAltNames is the maximum number of alternative names of a link. The kernel
// counts 132 bytes for each, whatever its length, and accepts 65 535.
const mostAltNames = 496

// checkRoom rejects settings that do not fit a request, or that the kernel could not
// report afterwards.
func (s *spec) checkRoom(c *attr.Codec) error {
	if s.Info != nil {
		if err := roomFault(c, s.Set, s.info().attrs); err != nil {
			return err
		}
	}
	if s.port != nil {
		return roomFault(c, s.port.Set, infoOf(s.port).attrs)
	}
	return nil
}

// roomFault names the longest row if the rows together are too long.
func roomFault(c *attr.Codec, set attr.Set, t attr.Table) error {
	if c.Size(set, t) <= mostOfKind {
		return nil
	}
	longest, most := uint16(0), 0
	for typ := range set.All() {
		if n := c.Size(attr.SetOf(typ), t); n > most {
			longest, most = typ, n
		}
	}
	return &attr.Error{Name: rowName(t, longest), Text: tooLong(most)}
}

func tooLong(bytes int) string {
	return fmt.Sprintf("%d bytes, where all settings of a kind may have %d in a request", bytes, mostOfKind)
}

const (
	ethernetLen = 6 // length of a link-layer address
)

// checkAddress rejects a link-layer address if the kernel ignores it, if the link
// has no address to change, or if no link of the kind can have it.
func (s *spec) checkAddress(op string) error {
	if reason := s.kind().address; s.linkSet.Has(uapi.IFLA_ADDRESS) && reason != "" {
		return s.invalid(op, "address", reason)
	}
	if s.kind().address != "" || s.kind().addressLen() != ethernetLen {
		return nil
	}
	if fault := s.addressFault(s.linkSet, ethernetLen, true); fault != nil {
		return s.refuse(op, fault)
	}
	return nil
}

// addressFault returns the reason why a link-layer address in set is invalid for a
// link with addresses of the given length, or nil.
func (s *spec) addressFault(set attr.Set, due int, ethernet bool) *attr.Error {
	for _, a := range []struct {
		typ  uint16
		word string
		mac  net.HardwareAddr
	}{{uapi.IFLA_ADDRESS, "address", s.link.Address}, {uapi.IFLA_BROADCAST, "broadcast", s.link.Broadcast}} {
		switch own := a.typ == uapi.IFLA_ADDRESS && ethernet; {
		case !set.Has(a.typ) || len(a.mac) == 0: // the table allows none
		case len(a.mac) != due:
			return &attr.Error{Name: a.word, Text: fmt.Sprintf("%v has %d bytes, where %d are due", a.mac, len(a.mac), due)}
		case own && a.mac[0]&1 != 0:
			return &attr.Error{Name: a.word, Errno: syscall.EADDRNOTAVAIL,
				Text: fmt.Sprintf("%v is the address of a group: the first byte of a link's own is even", a.mac)}
		case own && isZero(a.mac):
			return &attr.Error{Name: a.word, Errno: syscall.EADDRNOTAVAIL,
				Text: fmt.Sprintf("%v is not an address: without Address the kernel makes one", a.mac)}
		}
	}
	return nil
}

func isZero(mac net.HardwareAddr) bool {
	for _, b := range mac {
		if b != 0 {
			return false
		}
	}
	return true
}

// addressMisfit returns the reason why a link-layer address does not fit an existing
// link. The kernel would truncate one that is too long.
func (j *job) addressMisfit(have *Link) *attr.Error {
	if len(have.Address) == 0 {
		return nil
	}
	return j.spec.addressFault(j.linkSet, len(have.Address), have.Type == HardwareEther || have.isLoopback())
}

// addressInUse explains that another link has the link-layer address.
func (t *transaction) addressInUse(_ context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EADDRINUSE || s.what > stepChange {
		return fact{}
	}
	return fact{"address", s.job.kind.addressInUse}
}
