package iplink

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/uapi"
)

// leastMTU6 is the least MTU of a link that has IPv6, in bytes.
const leastMTU6 = 1280

// advise says the reason or the next step, beside what the kernel says.
func (e *Error) advise(text string) {
	if e.Message == "" {
		e.Message = text
	} else {
		e.Hint = text
	}
}

// adviseLayer3 says why a step above the link layer was refused, and what to do.
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

// routeReason is given the kernel's message in small letters.
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

// invalidRoute says why the kernel finds a route invalid.
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

// isIPv6 reports whether the address that a step is about is one of IPv6.
func (s *step) isIPv6() bool {
	local, _, _ := strings.Cut(s.text, "/")
	local, _, _ = strings.Cut(local, " ")
	ip, err := netip.ParseAddr(local)
	return err == nil && ip.Is6()
}

// lacksIPv6 says why the link has no IPv6: its MTU, or else, if it may be so, that
// it is turned off.
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

// checkMTU6 refuses what needs IPv6 on a link that is to have a smaller MTU than
// that needs.
func (s *spec) checkMTU6(op string) error {
	attr, what := s.firstIPv6()
	if what == "" || !s.linkSet.Has(uapi.IFLA_MTU) || s.link.MTU >= leastMTU6 {
		return nil
	}
	return s.invalid(op, attr, fmt.Sprintf("%s is IPv6, which needs an MTU of %d or more, not %d", what, leastMTU6, s.link.MTU))
}

// firstIPv6 returns the first setting that needs IPv6, empty if none does.
func (s *spec) firstIPv6() (attr, what string) {
	for typ := range s.inet6Set.All() {
		name := rowName(s.link.INET6.attrs, typ)
		return name, name
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
