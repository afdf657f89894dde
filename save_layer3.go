package iplink

import (
	"context"
	"errors"
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A savedLayer3 is the addresses, routes and neighbours of a link that is saved.
type savedLayer3 struct {
	layer3
	others []inetnl.LinkRoute // routes that no builder describes as they are
}

// listLayer3 reads the addresses, routes and neighbours of all links, by index.
func listLayer3(ctx context.Context, c *Conn, whole bool) (map[int]savedLayer3, error) {
	addrs, err := c.ListAddrs(ctx)
	routes, errRoutes := inetnl.ListRoutes(ctx, c.rt, 0)
	neighs, errNeighs := c.ListNeighs(ctx)
	all := map[int]savedLayer3{}
	for _, a := range addrs {
		of := all[a.Index]
		of.addrs = append(of.addrs, a.Addr)
		all[a.Index] = of
	}
	for i := range routes {
		r := &routes[i]
		of := all[r.Index]
		if r.Shared || r.Beyond != "" {
			of.others = append(of.others, *r)
		}
		if !r.Shared && (r.Beyond == "" || whole) { // a route that is there is not made
			of.routes = append(of.routes, r.Route)
		}
		all[r.Index] = of
	}
	for _, n := range neighs {
		of := all[n.Index]
		of.neighs = append(of.neighs, n.Neigh)
		all[n.Index] = of
	}
	if errRoutes != nil {
		errRoutes = &Error{Op: "save", Attr: "routes", Err: bareErr(errRoutes)}
	}
	return all, errors.Join(err, errRoutes, errNeighs)
}

// addLayer3 adds the addresses, routes and neighbours that the kernel did not make by
// itself.
func (b *copyBuilder) addLayer3(l *Link, all savedLayer3, whole bool) {
	b.spec.layer3 = all.byPrograms(l)
	if l.Type == HardwareLoopback && !whole { // the kernel adds its address when it comes up
		b.spec.addrs = slices.DeleteFunc(b.spec.addrs, func(a inet.Addr) bool { return a.Prefix.Addr().IsLoopback() })
	}
	for i := range b.spec.addrs {
		if a := &b.spec.addrs[i]; a.ValidLifetime == inet.Forever && a.PreferredLifetime == inet.Forever {
			a.ValidLifetime, a.PreferredLifetime = 0, 0 // the default
		}
	}
	b.spec.routes = slices.DeleteFunc(b.spec.routes, func(r inet.Route) bool { return inetnl.RouteByKernel(&r) })
	for i := range all.others {
		r := &all.others[i]
		switch {
		case r.Proto == inet.RouteProtoKernel || inetnl.RouteByKernel(&r.Route):
		case r.Shared:
			b.spec.leaveOutf("route %v of several links or of a nexthop object", r.Route)
		default:
			b.spec.leaveOutf("route %v with %s", r.Route, r.Beyond)
		}
	}
}

// addGenMode adds the way the link generates addresses of IPv6, unless it is the
// kernel's own choice.
func (b *copyBuilder) addGenMode(l *Link) {
	usual := AddrGenEUI64
	if l.Type == HardwareNone && l.INET6.AddrGenMode == AddrGenRandom {
		usual = AddrGenRandom // since the link came up
	}
	switch mode := l.INET6.AddrGenMode; {
	case len(l.INET6.Conf()) == 0 || mode == usual:
	case mode == AddrGenStableSecret:
		b.spec.leaveOut("addrgenmode stable_secret, which takes a secret")
	default:
		b.spec.inet6Set = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE)
	}
}
