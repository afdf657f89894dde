package iplink

import (
	"context"
	"fmt"
	"unsafe"
)

// noCopy makes go vet report a builder that is copied: its setters would
// change the original. Clone is the way to copy one.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// builder is what the builders of all kinds share: the settings that every
// link has, and the verbs. Self is the builder's own type, which each setter
// returns, so that calls can be chained.
//
// A builder is a description: nothing happens until a verb is called, and a
// verb does not change it. It is for one goroutine at a time.
type builder[Self any] struct {
	_    noCopy
	self *Self
	spec spec
}

// A Spec describes a link as it is wanted. It is what every builder is, for
// functions that take links of several kinds, such as Conn.Create.
type Spec interface {
	// String returns the equivalent `ip link` command.
	fmt.Stringer

	wanted() *spec
	clone() Spec
}

// me returns the builder that b is the beginning of. One that was not made by New
// is given no chance to panic: the verbs refuse it.
func (b *builder[Self]) me() *Self {
	if b.self == nil {
		b.self = (*Self)(unsafe.Pointer(b))
	}
	return b.self
}

// start makes b the builder that belongs to self.
func (b *builder[Self]) start(self *Self, kind, name string) *Self {
	b.self = self
	b.spec.kind, b.spec.traits, b.spec.name, b.spec.link = kind, kindOf(kind), name, &unsetLink
	return self
}

// link returns what is set of what every link has, to set more of it. Most links
// have nothing of it set, and it is most of what there can be to a builder.
func (b *builder[Self]) link() *Link {
	if b.spec.link == &unsetLink || b.spec.link == nil {
		b.spec.link = new(Link)
	}
	return b.spec.link
}

// with notes that the setting of the kind with the given number was made.
func (b *builder[Self]) with(typ uint16) *Self {
	b.spec.set.Add(typ)
	return b.me()
}

// refer notes that the setting of the kind with the given number is the link of
// that name.
func (b *builder[Self]) refer(typ uint16, name string) *Self {
	b.spec.set.Add(typ)
	b.spec.refs = setRef(b.spec.refs, typ, name)
	return b.me()
}

// index notes that the setting of the kind with the given number was made by
// index, which replaces an earlier name.
func (b *builder[Self]) index(typ uint16) *Self {
	b.spec.set.Add(typ)
	b.spec.refs = dropRef(b.spec.refs, typ)
	return b.me()
}

// settled is implemented by the builders of kinds that have settings.
type settled interface {
	settings() info
}

func (b *builder[Self]) wanted() *spec {
	if b.spec.traits == nil {
		return &spec{zero: true, link: &unsetLink}
	}
	if kind, ok := any(b.self).(settled); ok {
		b.spec.info = kind.settings()
	}
	return &b.spec
}

func (b *builder[Self]) base() *builder[Self] {
	return b
}

func (b *builder[Self]) clone() Spec {
	return any(b.Clone()).(Spec)
}

// Clone returns a copy that can be changed without changing the original, so
// that one builder can serve as a template for many.
func (b *builder[Self]) Clone() *Self {
	c := new(Self)
	*c = *b.me()
	copied := any(c).(interface{ base() *builder[Self] }).base()
	copied.self = c
	if l := copied.spec.link; l != &unsetLink && l != nil {
		own := *l
		copied.spec.link = &own
	}
	// A peer of a peer, which the verbs refuse, may lead back here.
	if peer := copied.spec.peer; peer != nil && peer.wanted().peer == nil {
		copied.spec.peer = peer.clone()
	}
	return c
}

// String returns the `ip link add` command that does the same as Create. Where
// that takes several commands, they are joined by " && " for a shell; settings
// that `ip` has no word for are named in a comment at the end. What no verb would
// take, such as NetNS(nil), is a comment alone.
func (b *builder[Self]) String() string {
	return b.wanted().command()
}

// Create makes the link and returns it as the kernel then describes it. It is
// all or nothing: on an error, also when ctx ends, the link is removed again.
//
// The link is made in the namespace of the calling thread unless NetNS names
// another. Create opens a socket for itself; a Conn saves that for many links.
func (b *builder[Self]) Create(ctx context.Context) (*Link, error) {
	return withConn(func(c *Conn) (*Link, error) { return one(c.Create(ctx, any(b.me()).(Spec))) })
}

// Update changes the existing link of this name to what is set here, leaves all
// else as it is, and returns the link as the kernel then describes it. A
// setting that is already so is not sent again. What cannot change on an
// existing link is ErrImmutable, before anything is sent; a link of another
// kind is ErrKind.
//
// The kernel applies a change in steps: on an error, part of it may have
// happened.
func (b *builder[Self]) Update(ctx context.Context) (*Link, error) {
	return withConn(func(c *Conn) (*Link, error) { return one(c.Update(ctx, any(b.me()).(Spec))) })
}

// withConn calls f with a Conn that is open for the call only.
func withConn[T any](f func(*Conn) (T, error)) (T, error) {
	c, err := Dial()
	if err != nil {
		var zero T
		return zero, err
	}
	defer c.Close()
	return f(c)
}

func one(links []*Link, err error) (*Link, error) {
	if err != nil {
		return nil, err
	}
	return links[0], nil
}
