package iplink

import (
	"context"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/iplink-go/iplink/internal/own"
)

// noCopy makes go vet report a builder that is copied: its setters would
// change the original. Clone is the way to copy one.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// Common is the part that the builders of all kinds share: the settings that every
// link has, and the verbs. Self is the builder's own type, which each setter
// returns, so that calls can be chained; the builders are in the kinds' packages.
//
// A builder is a description: nothing happens until a verb is called, and a
// verb does not change it. It is for one goroutine at a time.
type Common[Self any] struct {
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
func (b *Common[Self]) me() *Self {
	if b.self == nil {
		b.self = (*Self)(unsafe.Pointer(b))
	}
	return b.self
}

// Own returns the settings that only the builder's kind has, for the package of
// the kind, which gives the builder itself.
func (b *Common[Self]) Own(self *Self) *own.Settings {
	if b.self == nil {
		b.self = self
	}
	return &b.spec.Settings
}

// link returns what is set of what every link has, to set more of it. Most links
// have nothing of it set, and it is most of what there can be to a builder.
func (b *Common[Self]) link() *Link {
	if b.spec.link == nil || b.spec.link == &unsetLink {
		b.spec.link = new(Link)
	}
	return b.spec.link
}

func (b *Common[Self]) wanted() *spec {
	if b.spec.traits == nil {
		b.spec.traits = kindOf(b.spec.Kind)
	}
	if b.spec.link == nil {
		b.spec.link = &unsetLink
	}
	return &b.spec
}

func (b *Common[Self]) base() *Common[Self] {
	return b
}

func (b *Common[Self]) clone() Spec {
	return any(b.Clone()).(Spec)
}

// Clone returns a copy that can be changed without changing the original, so
// that one builder can serve as a template for many.
func (b *Common[Self]) Clone() *Self {
	c := new(Self)
	*c = *b.me()
	copied := any(c).(interface{ base() *Common[Self] }).base()
	copied.self = c
	if l := copied.spec.link; l != nil && l != &unsetLink {
		own := *l
		copied.spec.link = &own
	}
	// A peer of a peer, which the verbs refuse, may lead back here.
	copied.spec.Info = copyOf(b.spec.Info)
	if peer := copied.spec.peer(); peer != nil && peer.wanted().Peer == nil {
		copied.spec.Peer = peer.clone()
	}
	return c
}

// copyOf returns a pointer to a copy of the struct that v points to; nil for nil.
func copyOf(v any) any {
	if v == nil {
		return nil
	}
	from := reflect.ValueOf(v).Elem()
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	return to.Interface()
}

// String returns the `ip link add` command that does the same as Create. Where
// that takes several commands, they are joined by " && " for a shell; settings
// that `ip` has no word for are named in a comment at the end. What no verb would
// take, such as NetNS(nil), is a comment alone.
func (b *Common[Self]) String() string {
	return b.wanted().command()
}

// Create makes the link and returns it as the kernel then describes it. It is
// all or nothing: on an error, also when ctx ends, the link is removed again.
//
// The link is made in the namespace of the calling thread unless NetNS names
// another. Create opens a socket for itself; a Conn saves that for many links.
func (b *Common[Self]) Create(ctx context.Context) (*Link, error) {
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
func (b *Common[Self]) Update(ctx context.Context) (*Link, error) {
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
