package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
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

	description() *spec
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

func (b *Common[Self]) description() *spec {
	if b.spec.cachedKind == nil {
		b.spec.cachedKind = kindOf(b.spec.Kind)
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
	if peer := copied.spec.peer(); peer != nil && peer.description().Peer == nil {
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
	return b.description().command()
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

// A fault is an argument that no request can hold, such as nil.
type fault own.Fault

// in returns the error of an operation whose argument it is.
func (f *fault) in(op string) *Error {
	return &Error{Op: op, Attr: f.Setter, Message: f.Text, Err: fs.ErrInvalid}
}

// netNSFault says what is wrong with the argument of a setter for a namespace,
// empty if nothing is.
func netNSFault(setter string, ns *NetNS) string {
	switch {
	case ns == nil:
		return "it is nil: leave " + setter + " out for the namespace of the Conn"
	case ns.file == nil:
		return "it is zero: give one that a function such as OpenNetNS has returned"
	}
	return ""
}

// portFault says what is wrong with the argument of PortSettings, empty if nothing is.
func portFault(port PortSpec) string {
	switch {
	case isNil(port):
		return "it is nil: give a builder of settings, such as bridge.Port returns"
	case !port.Own().Made():
		return "the builder is zero: make it with Port of package bridge or bond"
	}
	return ""
}

// isNil reports whether v is nil, or a nil pointer in an interface.
func isNil(v any) bool {
	value := reflect.ValueOf(v)
	return !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil()
}

// described returns the description that each of specs holds. It refuses a nil
// Spec, a builder that no New has returned, and what setters could not take.
func described(op string, specs ...Spec) ([]*spec, error) {
	all := make([]*spec, len(specs))
	for i, s := range specs {
		if isNil(s) {
			return nil, (&spec{link: &unsetLink}).invalid(op, "Spec", "it is nil: give a builder, such as bridge.New returns")
		}
		all[i] = s.description()
		if err := all[i].checkGiven(op); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// checkGiven returns what is wrong with the builder itself, and with what its
// setters, and those of its peer, were given.
func (s *spec) checkGiven(op string) error {
	if !s.Made() {
		return s.invalid(op, "Spec", "the builder is zero: make it with the New of its package")
	}
	var all []error
	for _, f := range s.Faults {
		all = append(all, s.invalid(op, f.Setter, f.Text))
	}
	if s.Peer == nil {
		return errors.Join(all...)
	}
	peer := s.peer().description()
	if peer.Peer != nil {
		return errors.Join(append(all, s.invalid(op, "peer", "a peer cannot have a peer of its own"))...)
	}
	return errors.Join(append(all, peer.checkGiven(op))...)
}

// comment returns a text for a shell that does nothing, in place of the commands
// for what cannot be; empty if nothing is wrong.
func (s *spec) comment() string {
	err := s.checkGiven("")
	if err == nil {
		return ""
	}
	return "# " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// missing returns an error for a call on a nil or zero Conn.
func (c *Conn) missing(op string) error {
	if c != nil && c.rt != nil {
		return nil
	}
	return (&fault{"Conn", "it is nil or zero: Dial opens one"}).in(op)
}

// unready is missing for a call that takes a context, which may be nil.
func (c *Conn) unready(ctx context.Context, op string) error {
	if err := c.missing(op); err != nil || ctx != nil {
		return err
	}
	return noContext.in(op)
}

var noContext = &fault{"context", "it is nil: give context.Background()"}

// DeviceUpdate is the builder that Device returns.
type DeviceUpdate struct {
	Common[DeviceUpdate]
}

// Device returns a builder for changing a link that exists already, of any
// kind, hardware included. The name may be an alternative one. Update is its
// verb; Create refuses.
func Device(name string) *DeviceUpdate {
	d := new(DeviceUpdate)
	*d.Own(d) = own.New("", name, nil)
	return d
}

// DeviceIndex is Device by interface index, 1 or more.
func DeviceIndex(index int) *DeviceUpdate {
	return Device("").Index(index)
}

// Rename gives the link another name, at most 15 bytes (IFLA_IFNAME). Before
// Linux 6.2 it must be down.
func (d *DeviceUpdate) Rename(name string) *DeviceUpdate {
	d.spec.newName = name
	return d
}
