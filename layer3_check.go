package iplink

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// checkAddrs refuses addresses that the kernel refuses, or takes otherwise than
// they are meant.
func (s *spec) checkAddrs(op string) error {
	for i := range s.addrs {
		a := &s.addrs[i]
		fault := inetnl.AddrFault(a)
		switch {
		case fault != "":
		case inetnl.Addrs.Find(a, s.addrs[:i]) != nil:
			fault = fmt.Sprintf("%v is given twice", a.Prefix)
		case s.Kind != "" && a.Prefix.Addr().Is6() && a.Prefix.Addr().IsLoopback():
			fault = fmt.Sprintf("%v is for the loopback interface alone", a.Prefix)
		case a.Label != "" && !strings.HasPrefix(a.Label, s.finalName()):
			fault = fmt.Sprintf("the label %q does not begin with the name of the link, %q", a.Label, s.finalName())
		default:
			continue
		}
		return s.invalid(op, "address", fault)
	}
	return nil
}

// checkRoutes refuses routes that the kernel refuses, or takes otherwise than
// they are meant.
func (s *spec) checkRoutes(op string) error {
	for i := range s.routes {
		r := &s.routes[i]
		fault := inetnl.RouteFault(r)
		switch {
		case fault != "":
		case slices.ContainsFunc(s.routes[:i], func(other inet.Route) bool { return inetnl.SameRoute(r, &other) }):
			fault = fmt.Sprintf("there are two routes to %s of metric %d", inetnl.Target(r), inetnl.Metric(r))
		case op == "create" && s.flags&s.change&uapi.IFF_UP == 0:
			fault = "only a link that is up has routes: add Up"
		default:
			continue
		}
		return s.invalid(op, "route", fault)
	}
	return nil
}

// checkNeighs refuses neighbours that the kernel refuses, or takes otherwise
// than they are meant.
func (s *spec) checkNeighs(op string) error {
	for i := range s.neighs {
		n := &s.neighs[i]
		fault := inetnl.NeighFault(n, s.about().addressLen())
		if fault == "" && inetnl.Neighs.Find(n, s.neighs[:i]) != nil {
			fault = fmt.Sprintf("%v is given twice", n.Addr)
		}
		if fault != "" {
			return s.invalid(op, "neigh", fault)
		}
	}
	return nil
}
