package iplink

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A fact is the result of examining the existing links after a refusal: the setting
// at fault, empty if it is already known, and the reason with a remedy. An empty
// text means that nothing was found.
type fact struct{ attr, text string }

// facts are tried in this order, even if the kernel returned a message.
var facts = []func(*transaction, context.Context, *step, syscall.Errno) fact{
	(*transaction).nameTaken, (*transaction).renamesUp, (*transaction).cannotMove, (*transaction).aboveParent, (*transaction).outOfBounds,
	(*transaction).udpPortTaken, (*transaction).listenPortTaken, (*transaction).vniTaken, (*transaction).tunnelTaken, (*transaction).ifIDTaken, (*transaction).oneTxQueue,
	(*transaction).hsrRefused, (*transaction).gtpPortTaken,
	(*transaction).innerPortTaken, (*transaction).sessionPortTaken, (*transaction).streamRefused, (*transaction).muxIDTaken,
	(*transaction).sameTunnel, (*transaction).fallbackFixed, (*transaction).encapMissing, (*transaction).addressInUse,
}

// consult adds the first fact that is found to e.
func (t *transaction) consult(ctx context.Context, e *Error, step *step, errno syscall.Errno) {
	for _, look := range facts {
		f := look(t, ctx, step, errno)
		if f.text == "" {
			continue
		}
		if f.attr != "" {
			e.Attr = f.attr
		}
		e.advise(f.text)
		return
	}
}

// moves reports whether a step moves the link to another namespace.
func (s *step) moves() bool {
	return s.what == stepChange && s.text == "netns"
}

// claims returns the name that a step gives to an existing link, or an empty string
// if it gives none.
func (s *step) claims() string {
	switch {
	case s.what == stepAltName:
		return s.text
	case s.moves():
		return s.job.moved
	case s.what == stepChange && s.job.moved == "":
		return s.job.spec.newName
	}
	return ""
}

// renamesUp checks whether the link was up, in which case old kernels do not rename
// it.
func (t *transaction) renamesUp(ctx context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EBUSY || s.what != stepChange || s.claims() == "" {
		return fact{}
	}
	if link, err := s.job.at.readIndex(ctx, s.job.index); err != nil || !link.Up() {
		return fact{}
	}
	return fact{"name", "Linux before 6.2 renames a link only while it is down: DownFirst takes it down before"}
}

// nameTaken finds the link that has the wanted name.
func (t *transaction) nameTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	name := s.claims()
	if errno != syscall.EEXIST || name == "" {
		return fact{}
	}
	owner, err := s.job.at.readName(ctx, name)
	switch {
	case s.moves():
		return fact{text: owner.holding(name, err) + " in that namespace: Rename gives the link another name on the way"}
	case err != nil:
		return fact{}
	case s.what == stepAltName:
		return fact{text: owner.holdingFrom(s.job, name)}
	}
	return fact{"name", owner.holdingFrom(s.job, name)}
}

// holding describes the owner l of a name, which is unknown if unknown is not nil.
func (l *Link) holding(name string, unknown error) string {
	switch {
	case unknown != nil:
		return "a name of the link, perhaps an alternative one, is taken"
	case l.Name == name:
		return fmt.Sprintf("%q is the name of %s", name, article(l.Kind))
	}
	return fmt.Sprintf("%q is an alternative name of %q, %s", name, l.Name, article(l.Kind))
}

// holdingFrom explains that the link of j cannot have a name that l already has.
func (l *Link) holdingFrom(j *job, name string) string {
	switch {
	case l.Index != j.index:
		return l.holding(name, nil) + ": choose another"
	case l.Name == name:
		return fmt.Sprintf("%q is the name of the link itself", name)
	}
	return fmt.Sprintf("%q is an alternative name of the link itself: take it away first, as ip link property del does", name)
}

// cannotMove returns the reason why a link cannot leave its namespace.
func (t *transaction) cannotMove(ctx context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EINVAL || !s.moves() {
		return fact{}
	}
	link, err := t.nsConns[0].readIndex(ctx, s.job.index)
	switch {
	case err != nil:
		return fact{}
	case link.isLoopback():
		return fact{text: "each namespace has its own loopback interface"}
	}
	return fact{text: article(link.Kind) + " stays where it was made: make it there, with NetNS of a builder of its kind"}
}

// aboveParent checks whether the MTU is larger than the link below allows.
func (t *transaction) aboveParent(ctx context.Context, s *step, errno syscall.Errno) fact {
	j, wanted := s.job, s.job.spec.link.MTU
	if s.what > stepChange || s.moves() || errno != syscall.EINVAL && errno != syscall.ERANGE || !j.linkSet.Has(uapi.IFLA_MTU) {
		return fact{}
	}
	kind, of, below := t.stack(ctx, s)
	if below == nil {
		return fact{}
	}
	most := below.MTU - min(below.MTU, kind.overhead(below, of))
	switch {
	case wanted <= most:
		return fact{}
	case most < below.MTU:
		return fact{"mtu", fmt.Sprintf("%d is more than %d, what the parent's %d leaves: raise that of %s first", wanted, most, below.MTU, below.Name)}
	}
	return fact{"mtu", fmt.Sprintf("%d is more than the parent's %d: raise that of %s first", wanted, below.MTU, below.Name)}
}

// stack returns the kind and settings of the link of a step, and the link below that
// limits its MTU. below is nil if there is none.
func (t *transaction) stack(ctx context.Context, s *step) (kind *kind, of info, below *Link) {
	j := s.job
	name, at, index, nsid := j.spec.Kind, j.under, j.parent(), int32(-1)
	of = j.spec.info()
	if s.what == stepChange {
		link, err := j.at.readIndex(ctx, j.index)
		if err != nil {
			return nil, nil, nil
		}
		name, at, index, nsid = link.Kind, j.at, link.Parent, link.NetNSID
		of, _ = link.Info.(info)
	}
	if kind = kindOf(name); kind.overhead == nil || at == nil || index == 0 {
		return nil, nil, nil
	}
	below, err := readFrom(ctx, at, index, nsid)
	if err == nil && kind.family != "" && kind.family == kindOf(below.Kind).family { // the link sits on the link below both
		below, err = readFrom(ctx, at, below.Parent, below.NetNSID)
	}
	if err != nil {
		return nil, nil, nil
	}
	return kind, of, below
}

// readFrom reads the link with an index in the namespace with the id nsid, or in the
// namespace of p if nsid is negative.
func readFrom(ctx context.Context, p *nsConn, index int, nsid int32) (*Link, error) {
	if nsid < 0 {
		return p.readIndex(ctx, index)
	}
	return readLink(ctx, p.rt, func(b []byte) []byte {
		return wire.AppendU32(rtnl.AppendKey(b, index, ""), uapi.IFLA_TARGET_NETNSID, uint32(nsid))
	})
}

// outOfBounds checks whether the MTU is outside the bounds of an existing link.
func (t *transaction) outOfBounds(ctx context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EINVAL || s.what != stepChange || s.moves() || !s.job.linkSet.Has(uapi.IFLA_MTU) {
		return fact{}
	}
	link, err := s.job.at.readIndex(ctx, s.job.index)
	mtu := s.job.spec.link.MTU
	if err != nil || mtu >= link.MinMTU && (link.MaxMTU == 0 || mtu <= link.MaxMTU) {
		return fact{}
	}
	return fact{"mtu", fmt.Sprintf("%d is not in %d…%d", mtu, link.MinMTU, link.MaxMTU)}
}

// leastMTU6 is the minimum MTU of a link with IPv6, in bytes.
const leastMTU6 = 1280

// advise adds a reason or a remedy to e, after the kernel's message if there is one.
func (e *Error) advise(text string) {
	if e.Message == "" {
		e.Message = text
	} else {
		e.Hint = text
	}
}

// adviseLayer3 adds the reason why an address, a route or a neighbour was refused,
// or a remedy.
func (t *transaction) adviseLayer3(ctx context.Context, e *Error, step step) {
	errno, _ := e.Err.(syscall.Errno)
	switch step.what {
	case stepAddr:
		e.advise(step.addrReason(ctx, errno))
	case stepRoute:
		e.advise(step.routeReason(ctx, errno, strings.ToLower(e.Message)))
	case stepNeigh:
		e.advise(step.neighReason(ctx, errno))
	}
}

func (s *step) addrReason(ctx context.Context, errno syscall.Errno) string {
	switch errno {
	case syscall.EEXIST:
		return "the link has the address already"
	case syscall.EACCES, syscall.ENOBUFS, syscall.EINVAL:
		if s.isIPv6() {
			return s.job.lacksIPv6(ctx, errno == syscall.EACCES)
		}
	}
	return ""
}

// routeReason takes the kernel's message in lower case.
func (s *step) routeReason(ctx context.Context, errno syscall.Errno, message string) string {
	i := slices.IndexFunc(s.job.spec.routes, func(r inet.Route) bool { return r.String() == s.text })
	if i < 0 {
		return ""
	}
	switch r := &s.job.spec.routes[i]; errno {
	case syscall.EEXIST:
		return "there is a route to the same network already, by this link or another: only a Metric tells them apart"
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH:
		return fmt.Sprintf("no route by the link leads to %v: give the link an address in its network, or say OnLink", r.Via)
	case syscall.EACCES, syscall.ENODEV:
		return s.job.lacksIPv6(ctx, errno == syscall.EACCES)
	case syscall.EINVAL:
		return invalidRoute(r, message)
	}
	return ""
}

// invalidRoute returns the reason why the kernel considers a route invalid.
func invalidRoute(r *inet.Route, message string) string {
	switch {
	case strings.Contains(message, "src") || strings.Contains(message, "source"):
		return fmt.Sprintf("this machine does not have the address %v: give it to a link first", r.Src)
	case strings.Contains(message, "local address"):
		return "name a neighbour's"
	case strings.Contains(message, "gateway"):
		return fmt.Sprintf("%v is an address of this machine, of a broadcast or of a group: name a neighbour's", r.Via)
	}
	return ""
}

func (s *step) neighReason(ctx context.Context, errno syscall.Errno) string {
	i := slices.IndexFunc(s.job.spec.neighs, func(n inet.Neigh) bool { return n.String() == s.text })
	switch {
	case errno == syscall.EEXIST:
		return "the link has that neighbour already"
	case errno != syscall.EINVAL || i < 0:
		return ""
	}
	n := &s.job.spec.neighs[i]
	if link, err := s.job.at.readIndex(ctx, s.job.index); err == nil && len(link.Address) > len(n.LLAddr) {
		return fmt.Sprintf("link-layer addresses of the link have %d bytes, and this one has %d", len(link.Address), len(n.LLAddr))
	}
	if n.Addr.Is6() {
		return s.job.lacksIPv6(ctx, true)
	}
	return ""
}

// isIPv6 reports whether the address of a step is an IPv6 address.
func (s *step) isIPv6() bool {
	local, _, _ := strings.Cut(s.text, "/")
	local, _, _ = strings.Cut(local, " ")
	ip, err := netip.ParseAddr(local)
	return err == nil && ip.Is6()
}

// lacksIPv6 returns the reason why the link has no IPv6: its MTU or, if mayBeOff is
// true, that IPv6 is disabled.
func (j *job) lacksIPv6(ctx context.Context, mayBeOff bool) string {
	link, err := j.at.readIndex(ctx, j.index)
	switch {
	case err != nil:
		return ""
	case link.MTU < leastMTU6:
		return fmt.Sprintf("IPv6 needs an MTU of %d or more, and the link's is %d: raise it", leastMTU6, link.MTU)
	case mayBeOff:
		return "set net.ipv6.conf." + link.Name + ".disable_ipv6 to 0"
	}
	return ""
}

// checkMTU6 refuses settings that need IPv6 if the wanted MTU is too small for IPv6.
func (s *spec) checkMTU6(op string) error {
	attr, what := s.firstIPv6()
	if what == "" || !s.linkSet.Has(uapi.IFLA_MTU) || s.link.MTU >= leastMTU6 {
		return nil
	}
	return s.invalid(op, attr, fmt.Sprintf("%s is IPv6, which needs an MTU of %d or more, not %d", what, leastMTU6, s.link.MTU))
}

// firstIPv6 returns the first setting that needs IPv6, or empty strings if none
// does.
func (s *spec) firstIPv6() (attr, what string) {
	for typ := range s.inet6Set.All() {
		name := rowName(s.link.INET6.attrs, typ)
		return name, name
	}
	for _, c := range s.sysctls {
		if isIPv6(c) {
			return "Sysctls", c.String()
		}
	}
	for _, a := range s.addrs {
		if a.Prefix.Addr().Is6() {
			return "address", a.String()
		}
	}
	for _, r := range s.routes {
		if r.Is6() {
			return "route", r.String()
		}
	}
	for _, n := range s.neighs {
		if n.Addr.Is6() {
			return "neigh", n.Addr.String()
		}
	}
	return "", ""
}

// firstOf returns the first link of a kind for which is returns true, or nil.
func (p *nsConn) firstOf(ctx context.Context, kind string, is func(*Link) bool) *Link {
	if p == nil {
		return nil
	}
	links, err := (&Conn{rt: p.rt}).list(ctx, filter{kind: kind})
	if err != nil {
		return nil
	}
	if i := slices.IndexFunc(links, is); i >= 0 {
		return links[i]
	}
	return nil
}
