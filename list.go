package iplink

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Filter narrows what List returns and Watch reports. Several filters must
// all hold.
type Filter func(*filter)

// filter is what the filters of one call come to.
type filter struct {
	kind        string
	master      string
	masterIndex int
	up          bool
	names       [][]string // the link has a name of each of these
	allNetNS    bool
	buffer      int  // of the socket that a watch receives from, in bytes
	data        bool // as that of a reader
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

// OfKind lets through links of one kind, such as KindVXLAN. The kernel applies
// it.
func OfKind(kind string) Filter {
	if kind == "" {
		return refusing("OfKind", "the kind is empty: leave it out for links of all kinds")
	}
	return func(f *filter) { f.kind = kind }
}

// OfMaster lets through the ports of the bridge, bond, team or VRF of that
// name. The kernel applies it.
func OfMaster(name string) Filter {
	if name == "" {
		return refusing("OfMaster", "the name is empty: leave it out for links with any master and none")
	}
	return func(f *filter) { f.master = name }
}

// OfMasterIndex is OfMaster by interface index, 1 or more.
func OfMasterIndex(index int) Filter {
	if index < 1 {
		return refusing("OfMasterIndex", fmt.Sprintf("%d is no interface index: they are 1 or more", index))
	}
	return func(f *filter) { f.masterIndex = index }
}

// refusing is a filter that was given what it cannot take.
func refusing(name, text string) Filter {
	return func(f *filter) { f.fault = &fault{name, text} }
}

// IsUp lets through links that are up.
func IsUp() Filter {
	return func(f *filter) { f.up = true }
}

// Named lets through links that have one of these names, which may be
// alternative ones.
func Named(names ...string) Filter {
	return func(f *filter) { f.names = append(f.names, names) }
}

// List returns the links of the Conn's namespace for which all filters hold, in
// the kernel's order. A list that changed while it was read is read anew; a
// link that cannot be decoded carries its error in Err.
//
// Links of one list share memory: to keep one of many keeps those that it was
// allocated with, sixteen in all, and up to 32 KiB of what they and others hold.
func (c *Conn) List(ctx context.Context, filters ...Filter) ([]*Link, error) {
	if err := c.unready(ctx, "list"); err != nil {
		return nil, err
	}
	f := newFilter(filters)
	if f.fault != nil {
		return nil, f.fault.in("list")
	}
	if f.allNetNS {
		return nil, &Error{Op: "list", Message: "AllNetNS is for Watch", Err: fs.ErrInvalid}
	}
	if len(f.kind) > mostKind {
		return nil, &Error{Op: "list", Attr: "type", Message: "no kind has so long a name", Err: fs.ErrInvalid}
	}
	if f.master != "" {
		index, err := rtnl.IndexOf(ctx, c.rt, f.master)
		if err != nil {
			return nil, kernelError(&Error{Op: "list", Name: f.master}, err)
		}
		f.masterIndex = index
	}
	return c.list(ctx, f)
}

// mostKind is more bytes than the name of any kind has.
const mostKind = 255

// together is how many links of a list are allocated at once.
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

// A slab keeps copies of what the links of one list hold, many in one piece of
// memory: an allocation for each would cost more than the copying.
type slab struct {
	piece []byte
	next  int // how long the next piece is
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

// append appends the request, with what the kernel can filter by.
func (f *filter) append(b []byte) []byte {
	b = wire.AppendLinkList(b)
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

// matches applies the filters once more: the kernel ignores one for a kind
// whose driver is not loaded.
func (f *filter) matches(l *Link) bool {
	return (f.kind == "" || l.Kind == f.kind) &&
		(f.masterIndex == 0 || l.Master == f.masterIndex) &&
		(!f.up || l.Up()) &&
		f.matchesName(l)
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

// fewLinks is up to how many links are read one by one: a list costs as much
// as there are links, a look-up costs a send.
const fewLinks = 4

// lookUp reads the link that s is about, nil if there is none. Of many specs,
// all links of the namespace are read at once.
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
		links, err := (&Conn{rt: at.rt}).list(ctx, filter{data: e.data})
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

// A snapshot is the links of a namespace as they were listed.
type snapshot struct {
	links  []*Link
	next   int // behind the one that was found last
	byName map[string]*Link
}

// find returns the link of that name, which may be an alternative one; nil if there
// is none. Links are mostly looked for in the order in which they are listed, that
// in which they were made: only if one is not is there a need for a map.
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

// numbered returns the link with that index, nil if there is none.
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
