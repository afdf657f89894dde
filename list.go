package iplink

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Filter restricts the links that List returns and Watch reports. If there are
// several filters, a link must match all of them.
type Filter func(*filter)

// filter is the combination of the filters of one call.
type filter struct {
	kind        string
	master      string
	masterIndex int
	up          bool
	group       uint32
	grouped     bool       // group is set
	names       [][]string // the link has a name from each of these lists
	allNetNS    bool
	buffer      int  // the size in bytes of the socket buffer of a watch
	data        bool // the attributes of the kind are also kept as bytes
	uncounted   bool // without counters
	fault       *fault
}

func newFilter(filters []Filter) filter {
	f := filter{buffer: watchBuffer}
	for _, narrow := range filters {
		if narrow == nil {
			f.fault = &fault{"Filter", "it is nil: leave it out for all links"}
			continue
		}
		narrow(&f)
	}
	return f
}

// OfKind matches links of one kind, such as KindVXLAN. The kernel applies this
// filter.
func OfKind(kind string) Filter {
	if kind == "" {
		return refusing("OfKind", "the kind is empty: leave it out for links of all kinds")
	}
	return func(f *filter) { f.kind = kind }
}

// OfMaster matches the ports of the bridge, bond, team or VRF with the given name.
// The kernel applies this filter.
func OfMaster(name string) Filter {
	if name == "" {
		return refusing("OfMaster", "the name is empty: leave it out for links with any master and none")
	}
	return func(f *filter) { f.master = name }
}

// OfMasterIndex is like OfMaster, but takes an interface index, 1 or more.
func OfMasterIndex(index int) Filter {
	if index < 1 {
		return refusing("OfMasterIndex", fmt.Sprintf("%d is not an interface index: they are 1 or more", index))
	}
	return func(f *filter) { f.masterIndex = index }
}

// refusing returns a filter that reports an invalid argument.
func refusing(name, text string) Filter {
	return func(f *filter) { f.fault = &fault{name, text} }
}

// IsUp matches links that are up.
func IsUp() Filter {
	return func(f *filter) { f.up = true }
}

// OfGroup matches the links of the group with the given number; most links are in group
// 0 (IFLA_GROUP).
func OfGroup(number uint32) Filter {
	return func(f *filter) { f.group, f.grouped = number, true }
}

// Named matches links that have one of the names, which may be alternative names.
func Named(names ...string) Filter {
	return func(f *filter) { f.names = append(f.names, names) }
}

// List returns the links of the Conn's namespace that match all filters, in the
// kernel's order. If the list changes while it is being read, it is read again. A
// link that cannot be decoded has an error in Err.
//
// Links of one list share memory: a reference to one link also keeps the links that
// were allocated together with it, sixteen in all, and up to 32 KiB of their data
// and the data of others.
func (c *Conn) List(ctx context.Context, filters ...Filter) ([]*Link, error) {
	if err := c.unready(ctx, "list"); err != nil {
		return nil, err
	}
	return c.listMatching(ctx, "list", filters)
}

// listMatching returns the links that match all filters.
func (c *Conn) listMatching(ctx context.Context, op string, filters []Filter) ([]*Link, error) {
	f := newFilter(filters)
	if f.fault != nil {
		return nil, f.fault.in(op)
	}
	if f.allNetNS {
		return nil, &Error{Op: op, Message: "AllNetNS is for Watch", Err: fs.ErrInvalid}
	}
	if len(f.kind) > mostKind {
		return nil, &Error{Op: op, Attr: "type", Message: "no kind has so long a name", Err: fs.ErrInvalid}
	}
	if f.master != "" {
		index, err := rtnl.IndexOf(ctx, c.rt, f.master)
		if err != nil {
			return nil, kernelError(&Error{Op: op, Name: f.master}, err)
		}
		f.masterIndex = index
	}
	return c.list(ctx, f)
}

// A LinkAddr is an IP address with its link.
type LinkAddr struct {
	Link  string // the name of the link
	Index int    // the interface index of the link
	inet.Addr
}

// String returns the arguments that follow `ip address add`.
func (a LinkAddr) String() string { return a.Addr.String() + " dev " + attr.Quote(a.Link) }

// A LinkRoute is a route with its link.
type LinkRoute struct {
	Link  string // the name of the link; empty without a link, as with IPv4 routes of type blackhole
	Index int    // the interface index of the link; 0 without a link
	inet.Route
	// Shared reports that the route goes through several links or gateways, and occurs
	// in the list once for each, or that it uses a nexthop object.
	Shared bool
}

// String returns the arguments that follow `ip route add`.
func (r LinkRoute) String() string {
	if r.Link == "" {
		return r.Route.String()
	}
	return r.Route.String() + " dev " + attr.Quote(r.Link)
}

// A LinkNeigh is a neighbour or a proxy entry with its link.
type LinkNeigh struct {
	Link  string // the name of the link
	Index int    // the interface index of the link
	inet.Neigh
}

// String returns the arguments that follow `ip neigh add`.
func (n LinkNeigh) String() string { return n.Neigh.String() + " dev " + attr.Quote(n.Link) }

// ListAddrs returns the IP addresses of all links of the Conn's namespace that match all
// filters, in the kernel's order. A list that changes while it is read is read again; if
// it never stays the same, the result is an error.
func (c *Conn) ListAddrs(ctx context.Context, filters ...Filter) ([]LinkAddr, error) {
	read := func() ([]inetnl.LinkAddr, error) { return inetnl.ListAddrs(ctx, c.rt, 0) }
	return onLinks(ctx, c, "list addresses", filters, read, func(a *inetnl.LinkAddr) int { return a.Index },
		func(a *inetnl.LinkAddr, link string) LinkAddr {
			return LinkAddr{link, a.Index, inetnl.Unlabelled(a.Addr, link)}
		})
}

// ListRoutes returns the routes through all links of the Conn's namespace that match all
// filters, from all routing tables, with those that the kernel created, in its order:
// first of IPv4, then of IPv6. Without filters, routes without a link are included. As
// for changes of the list, see ListAddrs.
func (c *Conn) ListRoutes(ctx context.Context, filters ...Filter) ([]LinkRoute, error) {
	read := func() ([]inetnl.LinkRoute, error) { return inetnl.ListRoutes(ctx, c.rt, 0) }
	return onLinks(ctx, c, "list routes", filters, read, func(r *inetnl.LinkRoute) int { return r.Index },
		func(r *inetnl.LinkRoute, link string) LinkRoute { return LinkRoute{link, r.Index, r.Route, r.Shared} })
}

// ListNeighs returns the neighbours on all links of the Conn's namespace that match all
// filters, in the kernel's order, and then the proxy entries. As for changes of the list,
// see ListAddrs.
func (c *Conn) ListNeighs(ctx context.Context, filters ...Filter) ([]LinkNeigh, error) {
	read := func() ([]inetnl.LinkNeigh, error) { return inetnl.ListNeighs(ctx, c.rt, 0, true) }
	return onLinks(ctx, c, "list neighbours", filters, read, func(n *inetnl.LinkNeigh) int { return n.Index },
		func(n *inetnl.LinkNeigh, link string) LinkNeigh { return LinkNeigh{link, n.Index, n.Neigh} })
}

// onLinks reads objects, and returns the ones on links that match all filters. A link
// that is gone meanwhile has no objects.
func onLinks[T, R any](ctx context.Context, c *Conn, op string, filters []Filter, read func() ([]T, error), index func(*T) int, with func(*T, string) R) ([]R, error) {
	if err := c.unready(ctx, op); err != nil {
		return nil, err
	}
	names := map[int]string{}
	if len(filters) > 0 {
		links, err := c.listMatching(ctx, op, filters)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			names[l.Index] = l.Name
		}
	} else {
		names[0] = ""
	}
	found, err := read()
	if err != nil {
		return nil, kernelError(&Error{Op: op}, err)
	}
	var all []R
	for i := range found {
		at := index(&found[i])
		name, known := names[at]
		if !known && len(filters) == 0 {
			if name, err = rtnl.NameOf(c.rt, at); err != nil && !isGone(err) {
				return nil, kernelError(&Error{Op: op}, err)
			}
			if known = err == nil; known {
				names[at] = name
			}
		}
		if known {
			all = append(all, with(&found[i], name))
		}
	}
	return all, nil
}

// mostKind is longer than the name of any kind, in bytes.
const mostKind = 255

// together is the number of links of a list that are allocated at once.
const together = 16

func (c *Conn) list(ctx context.Context, f filter) ([]*Link, error) {
	var links []*Link
	var room []Link
	r := reader{data: f.data}
	r.share(&interner{slab: new(slab)})
	restart := func() { links = nil }
	err := c.rt.DumpLinks(ctx, f.append, restart, func(m wire.Message) {
		if len(room) == 0 {
			room = make([]Link, together)
		}
		l := r.fill(room[0].blank(), m)
		if !f.matches(l) {
			*l = Link{}
			return
		}
		links, room = append(links, l), room[1:]
	})
	if err != nil {
		return nil, kernelError(&Error{Op: "list"}, err)
	}
	return links, nil
}

// A slab copies the data of the links of one list into large pieces of memory.
// Separate allocations would cost more than the copying.
type slab struct {
	piece []byte
	next  int // the size of the next piece
}

// keep returns a copy of b.
func (s *slab) keep(b []byte) []byte {
	const least, most = 4 << 10, 32 << 10
	if cap(s.piece)-len(s.piece) < len(b) {
		s.next = min(max(2*s.next, least), most)
		s.piece = make([]byte, 0, max(s.next, len(b)))
	}
	at := len(s.piece)
	s.piece = append(s.piece, b...)
	return s.piece[at:len(s.piece):len(s.piece)]
}

// An interner holds copies of data from messages, such as names, and shares them
// between links. It is a table in which a new entry replaces an old one. It does not
// remember copies longer than mostPooled, which two links rarely share.
type interner struct {
	have [256][]byte
	slab *slab // memory for the copies; nil if each is allocated by itself
}

const mostPooled = 1 << 10

// copy returns a copy that must not be modified.
func (p *interner) copy(b []byte) []byte {
	switch {
	case len(b) == 0:
		return []byte{}
	case len(b) > mostPooled:
		return p.keep(b)
	}
	have := p.slot(b)
	if !bytes.Equal(*have, b) {
		*have = p.keep(b)
	}
	return *have
}

func (p *interner) keep(b []byte) []byte {
	if p.slab != nil {
		return p.slab.keep(b)
	}
	return slices.Clip(slices.Clone(b))
}

// slot returns the place for a copy of b. It is chosen by some of the bytes.
func (p *interner) slot(b []byte) *[]byte {
	const some = 8
	hash := uint32(len(b))
	for at := 0; at < len(b); at += 1 + len(b)/some {
		hash = hash*16777619 ^ uint32(b[at])
	}
	return &p.have[hash%uint32(len(p.have))]
}

// append appends the request, with the filters that the kernel applies.
func (f *filter) append(b []byte) []byte {
	b = wire.AppendLinkList(b)
	if f.uncounted {
		b = wire.AppendU32(b, uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
	}
	if f.masterIndex != 0 {
		b = wire.AppendU32(b, uapi.IFLA_MASTER, uint32(f.masterIndex))
	}
	if f.kind != "" {
		var at int
		b, at = wire.Begin(b, uapi.IFLA_LINKINFO|uapi.NLA_F_NESTED)
		b = wire.End(wire.AppendString(b, uapi.IFLA_INFO_KIND, f.kind), at)
	}
	return b
}

// matches applies the filters again, because the kernel ignores the filter for a
// kind whose driver is not loaded.
func (f *filter) matches(l *Link) bool {
	return (f.kind == "" || l.Kind == f.kind) &&
		(f.masterIndex == 0 || l.Master == f.masterIndex) &&
		(!f.up || l.Up()) &&
		(!f.grouped || l.Group == f.group) &&
		f.matchesName(l)
}

// matchesAll reports whether no filter excludes a link.
func (f *filter) matchesAll() bool {
	return f.kind == "" && f.master == "" && f.masterIndex == 0 && !f.up && !f.grouped && len(f.names) == 0
}

func (f *filter) matchesName(l *Link) bool {
	for _, names := range f.names {
		if !slices.ContainsFunc(names, l.hasName) {
			return false
		}
	}
	return true
}

// hasName reports whether name is the link's name or an alternative one.
func (l *Link) hasName(name string) bool {
	return l.Name == name || slices.Contains(l.AltNames, name)
}

// fewLinks is the maximum number of links that are read one by one. The cost of a
// list grows with the number of links in the namespace, and each look-up costs a
// send.
const fewLinks = 4

// lookUp reads the link that s describes, or returns nil if there is none. If there
// are many specs, all links of the namespace are read at once.
func (e *ensurePlan) lookUp(ctx context.Context, at *nsConn, s *spec, many int) (*Link, error) {
	if many > fewLinks {
		return e.lookUpListed(ctx, at, s)
	}
	if s.newName != "" {
		if l, err := e.lookUpName(ctx, at, s, s.newName); l != nil || err != nil {
			return l, err
		}
	}
	return e.lookUpName(ctx, at, s, s.Name)
}

func (e *ensurePlan) lookUpName(ctx context.Context, at *nsConn, s *spec, name string) (*Link, error) {
	l, err := readLink(ctx, at.rt, func(b []byte) []byte {
		if s.Name == "" {
			return rtnl.AppendKey(b, s.index, "")
		}
		return rtnl.AppendKey(b, 0, name)
	})
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, kernelError(&Error{Op: e.op, Kind: s.Kind, Name: s.Name}, err)
	}
	return l, nil
}

func (e *ensurePlan) lookUpListed(ctx context.Context, at *nsConn, s *spec) (*Link, error) {
	seen := e.listed[at]
	if seen == nil {
		links, err := (&Conn{rt: at.rt}).list(ctx, filter{data: e.data, uncounted: true})
		if err != nil {
			return nil, err
		}
		seen = &snapshot{links: links}
		e.listed[at] = seen
	}
	if s.Name == "" {
		return seen.numbered(s.index), nil
	}
	if l := seen.find(s.finalName()); l != nil || s.newName == "" {
		return l, nil
	}
	return seen.find(s.Name), nil
}

// A snapshot holds the links of a namespace as listed.
type snapshot struct {
	links  []*Link
	next   int // the position after the last link found
	byName map[string]*Link
}

// find returns the link with the given name, which may be an alternative name, or
// nil. Links are usually looked up in the order of the list, which is the order of
// creation. The map is built only when a link is not found nearby.
func (s *snapshot) find(name string) *Link {
	const near = 4
	ahead := s.links[s.next:min(s.next+near, len(s.links))]
	if i := slices.IndexFunc(ahead, func(l *Link) bool { return l.Name == name }); i >= 0 {
		s.next += i + 1
		return ahead[i]
	}
	if s.byName == nil {
		s.index()
	}
	return s.byName[name]
}

// numbered returns the link with the given index, or nil.
func (s *snapshot) numbered(index int) *Link {
	i := slices.IndexFunc(s.links, func(l *Link) bool { return l.Index == index })
	if i < 0 {
		return nil
	}
	return s.links[i]
}

func (s *snapshot) index() {
	s.byName = make(map[string]*Link, len(s.links))
	for _, l := range s.links {
		s.byName[l.Name] = l
		for _, name := range l.AltNames {
			s.byName[name] = l
		}
	}
}
