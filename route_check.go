package iplink

import (
	"fmt"
	"slices"

	"github.com/iplink-go/iplink/internal/uapi"
)

// checkRoutes refuses routes that the kernel refuses, or takes otherwise than
// they are meant.
func (s *spec) checkRoutes(op string) error {
	for i := range s.routes {
		r := &s.routes[i]
		fault := r.fault()
		switch {
		case fault != "":
		case slices.ContainsFunc(s.routes[:i], func(other Route) bool { return r.rivals(&other) }):
			fault = fmt.Sprintf("there are two routes to %s of metric %d", r.target(), r.metric())
		case op == "create" && s.flags&s.change&uapi.IFF_UP == 0:
			fault = "only a link that is up has routes: add Up"
		default:
			continue
		}
		return s.invalid(op, "route", fault)
	}
	return nil
}

func (r *Route) fault() string {
	return firstFault(r.dstFault, r.viaFault, r.srcFault)
}

func (r *Route) dstFault() string {
	switch {
	case !r.Dst.IsValid() && !r.Via.IsValid():
		return "a route without Via needs a Dst, such as 0.0.0.0/0"
	case !r.Dst.IsValid():
		return ""
	case r.Dst.Addr().Is4In6():
		return fmt.Sprintf("%v is an IPv4 address in IPv6 clothes", r.Dst)
	case r.Dst.Masked() != r.Dst:
		return fmt.Sprintf("%v has bits behind its prefix: the network is %v", r.Dst, r.Dst.Masked())
	}
	return ""
}

func (r *Route) viaFault() string {
	switch {
	case !r.Via.IsValid() && r.OnLink:
		return "only a gateway can be onlink"
	case !r.Via.IsValid():
		return ""
	case r.viaOther() && r.Via.Is4():
		return fmt.Sprintf("the gateway %v is of another family than %v", r.Via, r.Dst)
	case r.Via.Is6() && r.Via.IsLoopback():
		return fmt.Sprintf("via: %v is this machine", r.Via)
	}
	if fault := hostFault(r.Via); fault != "" {
		return "via: " + fault
	}
	return ""
}

func (r *Route) srcFault() string {
	switch {
	case !r.Src.IsValid():
		return ""
	case familyOf(r.Src) != r.family():
		return fmt.Sprintf("the source %v is of another family than the route", r.Src)
	}
	if fault := hostFault(r.Src); fault != "" {
		return "src: " + fault
	}
	return ""
}

// rivals reports whether the kernel takes only one of two routes.
func (r *Route) rivals(other *Route) bool {
	return r.family() == other.family() && r.target() == other.target() &&
		r.table() == other.table() && r.metric() == other.metric()
}

// target is the network, in words.
func (r *Route) target() string {
	if r.isDefault() {
		return "default"
	}
	return r.Dst.String()
}
