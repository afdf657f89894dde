package inetnl

import (
	"cmp"
	"fmt"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/uapi"
)

// route has the checks of an inet.Route as methods.
type route inet.Route

func (r *route) value() *inet.Route {
	return (*inet.Route)(r)
}

// RouteFault returns the reason why a route is invalid, or an empty string.
func RouteFault(x *inet.Route) string {
	r := (*route)(x)
	return firstFault(r.dstFault, r.typeFault, r.viaFault, r.scopeFault, r.srcFault, r.metricsFault)
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

// typeFault rejects types of routes that no link has.
func (r *route) typeFault() string {
	switch is6 := r.value().Is6(); {
	case r.Type > inet.RouteThrow:
		return fmt.Sprintf("the kernel has no routes of type %v", r.Type)
	case r.Type == inet.RouteBroadcast && is6:
		return fmt.Sprintf("%v is IPv6, which has no broadcast", r.Dst)
	case r.Type.Discards() && !is6:
		return fmt.Sprintf("an IPv4 route of type %v has no link", r.Type)
	case r.Type.Discards() && r.Via.IsValid():
		return fmt.Sprintf("a route of type %v has no gateway", r.Type)
	}
	return ""
}

// OnlyOnLoopback reports whether only the loopback interface can have the route.
func OnlyOnLoopback(r inet.Route) bool {
	return r.Type.Discards()
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

// leastScopes are the smallest scopes, in the kernel's numbers, of the types of IPv4
// routes that cannot have each of them.
var leastScopes = map[inet.RouteType]byte{inet.RouteLocal: uapi.RT_SCOPE_HOST, inet.RouteBroadcast: uapi.RT_SCOPE_LINK, inet.RouteAnycast: uapi.RT_SCOPE_LINK}

// scopeFault rejects a scope that the kernel would refuse or ignore.
func (r *route) scopeFault() string {
	scope, least := byte(cmp.Or(r.Scope, r.value().DefaultScope())), leastScopes[r.Type]
	switch {
	case r.Scope > inet.ScopeGlobal:
		return fmt.Sprintf("%v is not a scope: the kernel has 0 (ScopeGlobal) to 254", r.Scope)
	case r.value().Is6() && r.Scope != 0 && r.Scope != inet.ScopeGlobal:
		return fmt.Sprintf("scope: IPv6 routes have none, and %v is set", r.Scope)
	case r.value().Is6():
		return ""
	case scope == uapi.RT_SCOPE_NOWHERE:
		return "the scope nowhere is not a route's"
	case r.Via.IsValid() && least != 0:
		return fmt.Sprintf("a route of type %v has no gateway", r.Type)
	case scope < least:
		return fmt.Sprintf("scope: a route of type %v has %v or more, not %v", r.Type, inet.Scope(least), r.Scope)
	case r.Via.IsValid() && scope >= uapi.RT_SCOPE_LINK:
		return fmt.Sprintf("scope: a route with a gateway has less than link, not %v", r.Scope)
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

// metricsFault rejects metrics that the kernel would silently reduce or ignore.
func (r *route) metricsFault() string {
	const mostMTU, mostMSS = 65535 - 15, 65535 - 40
	switch {
	case r.MTU > mostMTU:
		return fmt.Sprintf("mtu: %d is more than %d", r.MTU, mostMTU)
	case r.MTULock && r.MTU == 0:
		return "mtu lock: there is no MTU to be locked"
	case r.AdvMSS > mostMSS:
		return fmt.Sprintf("advmss: %d is more than %d", r.AdvMSS, mostMSS)
	}
	return ""
}
