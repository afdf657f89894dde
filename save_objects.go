package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A SaveOption makes Save include more than it does without.
type SaveOption func(*saving)

// SaveObjects makes Save include objects that packages of kinds have. It is for these
// packages: see Objects of packages bridge and vxlan.
func SaveObjects(saver own.Saver) SaveOption {
	return func(s *saving) { s.savers = append(s.savers, saver) }
}

// readObjects adds the forwarding entries of the saved links, and the objects of the
// options.
func (s *saving) readObjects(ctx context.Context, c *Conn, links []*Link) error {
	all := map[int]*own.Saved{}
	for _, l := range links {
		if b := s.specs[l.Index]; b != nil {
			all[l.Index] = &own.Saved{Index: l.Index, Master: l.Master, Below: l.below(), Address: l.Address, Info: l.Info, Link: &b.spec.Settings, Port: b.spec.port}
			if flood := kindOf(l.Kind).flood; flood != nil {
				all[l.Index].Flood = flood(l.Info)
			}
		}
	}
	for _, saver := range append([]own.Saver{fdbmsg.Save}, s.savers...) {
		if err := saver(ctx, c.rt, all); err != nil {
			return &Error{Op: "save", Err: bareErr(err)}
		}
	}
	return nil
}

// below returns the index of the link below in the same namespace, or 0. The other end of a
// pair is not below.
func (l *Link) below() int {
	if l.NetNSID >= 0 || kindOf(l.Kind).peer != 0 {
		return 0
	}
	return l.Parent
}

// readSysctls adds the settings of IP that differ from the namespace's own for new links.
func (s *saving) readSysctls(c *Conn, links []*Link) error {
	var usual []inet.Sysctl
	err := c.inside(func() (err error) {
		usual, err = inetnl.UsualSysctls()
		return err
	})
	if err != nil {
		return &Error{Op: "save", Attr: "sysctls", Err: bareErr(err)}
	}
	for _, l := range links {
		b := s.specs[l.Index]
		if b == nil {
			continue
		}
		for _, of := range usual {
			value, known := l.sysctl(of)
			want := inet.Sysctl{Family: of.Family, Name: of.Name, Value: value}
			if known && (value != of.Value || s.whole) && inetnl.SysctlFault(want) == "" && !l.hasSysctlByKernel(want) {
				b.spec.sysctls = append(b.spec.sysctls, want)
			}
		}
	}
	return nil
}

// hasSysctlByKernel reports whether the kernel gives such a link a setting that is not the
// namespace's for new links.
func (l *Link) hasSysctlByKernel(s inet.Sysctl) bool {
	switch s.Name {
	case "use_tempaddr":
		return s.Value < 0 // a link that has no temporary addresses
	case "disable_xfrm", "disable_policy":
		return l.Type == HardwareLoopback && s.Family == "ipv4"
	}
	return false
}

// dropAddresses leaves out the link-layer addresses that the kernel chose. A master with
// neighbours keeps its own: it loses them when a port joins and changes the address.
func (s *saving) dropAddresses(c *Conn, links []*Link) error {
	if s.whole {
		return nil
	}
	return c.inside(func() error {
		sysfs, end := netns.Sysfs()
		defer end()
		for _, l := range links {
			b := s.specs[l.Index]
			if b == nil || !b.spec.linkSet.Has(uapi.IFLA_ADDRESS) || s.masters[l.Index] && len(b.spec.neighs) > 0 {
				continue
			}
			if givesAddress(sysfs, l) {
				b.spec.linkSet.Remove(uapi.IFLA_ADDRESS)
			}
		}
		return nil
	})
}

// givesAddress reports whether the kernel chose the link-layer address of l, by itself or
// from another link, by the files of a sysfs: only an address that a program chose is
// NET_ADDR_SET.
func givesAddress(sysfs string, l *Link) bool {
	const chosen = "3"
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(sysfs, "class/net", l.Name, name)) // an empty text is unlike every value
		return strings.TrimSpace(string(text))
	}
	if read("ifindex") != strconv.Itoa(l.Index) || read("address") != l.Address.String() {
		return false // another link
	}
	how := read("addr_assign_type")
	return how != "" && how != chosen
}

// inside runs fn in the namespace of the Conn.
func (c *Conn) inside(fn func() error) error {
	ns, err := c.netns()
	if err != nil {
		return err
	}
	return ns.visit(fn)
}

// A savable is a genericInfo whose settings Save reads.
type savable interface {
	genericInfo
	// saveTo adds the settings to a builder that has all that route netlink reports. It
	// leaves out keys, and notes that.
	saveTo(*spec)
}

// readGeneric adds the settings that only generic netlink reports, as far as the program
// has the privilege to read them. A link that is gone by now has no others.
func (s *saving) readGeneric(ctx context.Context, c *Conn, links []*Link) error {
	links = slices.DeleteFunc(slices.Clone(links), func(l *Link) bool { return s.specs[l.Index] == nil || kindOf(l.Kind).saved == nil })
	if len(links) == 0 {
		return nil
	}
	return c.inside(func() error {
		for _, l := range links {
			b := s.specs[l.Index]
			known, err := kindOf(l.Kind).saved().read(ctx, rtnl.Here, l.Index)
			switch {
			case errors.Is(err, fs.ErrPermission):
				b.spec.leaveOut("the settings in generic netlink, which take CAP_NET_ADMIN")
			case errors.Is(err, errNotReported):
				b.spec.leaveOut("the settings in generic netlink, which the kernel does not list")
			case isGone(err):
			case err != nil:
				return &Error{Op: "save", Kind: l.Kind, Name: l.Name, Err: bareErr(err)}
			default:
				known.(savable).saveTo(&b.spec)
			}
		}
		return nil
	})
}

// settableRows returns the rows of an info that have a value.
func settableRows(i info) (set attr.Set) {
	var c attr.Codec
	new(attr.Codec).Describe(i.attrs, func(r attr.Row) {
		if r.Settable() && c.Value(r.Type, nil, i.attrs) != "" {
			set.Add(r.Type)
		}
	})
	return set
}

// leaveOut notes something that the link has and the builder does not set.
func (s *spec) leaveOut(text string) {
	s.leftOut = append(s.leftOut, text)
}

// leaveOutf is leaveOut with a format.
func (s *spec) leaveOutf(format string, args ...any) {
	s.leaveOut(fmt.Sprintf(format, args...))
}

// leftOutComment returns a comment about everything that Save left out of a builder and of
// the other end of a pair.
func (s *spec) leftOutComment() string {
	var all []string
	for end := range ends([]*spec{s}) {
		all = append(all, end.leftOut...)
	}
	if len(all) == 0 {
		return ""
	}
	return " # left out: " + attr.Printable(strings.Join(all, ", "))
}

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
