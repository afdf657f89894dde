package inetnl

import (
	"fmt"

	"github.com/iplink-go/iplink/inet"
)

// route has the checks of an inet.Route as methods.
type route inet.Route

func (r *route) value() *inet.Route {
	return (*inet.Route)(r)
}

// RouteFault returns the reason why a route is invalid, or an empty string.
func RouteFault(x *inet.Route) string {
	r := (*route)(x)
	return firstFault(r.dstFault, r.viaFault, r.srcFault)
}

func (r *route) dstFault() string {
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

func (r *route) viaFault() string {
	switch {
	case !r.Via.IsValid() && r.OnLink:
		return "only a gateway can be onlink"
	case !r.Via.IsValid():
		return ""
	case r.value().ViaOther() && r.Via.Is4():
		return fmt.Sprintf("the gateway %v is of another family than %v", r.Via, r.Dst)
	case r.Via.Is6() && r.Via.IsLoopback():
		return fmt.Sprintf("via: %v is this machine", r.Via)
	}
	if fault := hostFault(r.Via); fault != "" {
		return "via: " + fault
	}
	return ""
}

func (r *route) srcFault() string {
	switch {
	case !r.Src.IsValid():
		return ""
	case r.Src.Is4() == r.value().Is6():
		return fmt.Sprintf("the source %v is of another family than the route", r.Src)
	}
	if fault := hostFault(r.Src); fault != "" {
		return "src: " + fault
	}
	return ""
}
