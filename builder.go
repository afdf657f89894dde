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

// noCopy makes go vet report a copied builder, because the setters of the copy would
// change the original. Use Clone to copy a builder.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// Common is the part that the builders of all kinds share: the settings that every
// link has, and the verbs. Self is the type of the builder. Each setter returns it,
// so that calls can be chained. The builders are in the packages of the kinds.
//
// A builder is a description: nothing happens until a verb is called, and a verb
// does not change the builder. A builder must not be used by several goroutines at
// once.
type Common[Self any] struct {
	_    noCopy
	self *Self
	spec spec
}

// A Spec describes a wanted link. Every builder implements it. Functions that accept
// links of several kinds, such as Conn.Create, take Specs.
type Spec interface {
	// String returns the equivalent `ip link` command.
	fmt.Stringer

	description() *spec
	clone() Spec
}

// me returns the builder that starts with b. It does not panic for a builder that
// was not returned by New, which the verbs refuse.
func (b *Common[Self]) me() *Self {
	if b.self == nil {
		b.self = (*Self)(unsafe.Pointer(b))
	}
	return b.self
}

// Own returns the settings that only the builder's kind has. The package of the kind
// calls it with the builder itself.
func (b *Common[Self]) Own(self *Self) *own.Settings {
	if b.self == nil {
		b.self = self
	}
	return &b.spec.Settings
}

// link returns the common settings of the builder for writing. It allocates them on
// first use: few links set any of them, and they are the largest part of a builder.
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

// Clone returns an independent copy of the builder, so that one builder can serve as
// a template for many.
func (b *Common[Self]) Clone() *Self {
	c := new(Self)
	*c = *b.me()
	copied := any(c).(interface{ base() *Common[Self] }).base()
	copied.self = c
	if l := copied.spec.link; l != nil && l != &unsetLink {
		own := *l
		copied.spec.link = &own
	}
	// A peer may itself have a peer, possibly this builder; the verbs refuse it.
	copied.spec.Info = copyOf(b.spec.Info)
	if peer := copied.spec.peer(); peer != nil && peer.description().Peer == nil {
		copied.spec.Peer = peer.clone()
	}
	return c
}

// copyOf returns a pointer to a copy of the struct that v points to, or nil if v is
// nil.
func copyOf(v any) any {
	if v == nil {
		return nil
	}
	from := reflect.ValueOf(v).Elem()
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	return to.Interface()
}

// String returns the `ip link add` command that is equivalent to Create. If several
// commands are needed, they are joined by " && " for a shell. Settings that `ip`
// cannot express are named in a comment at the end. If every verb would refuse the
// builder, for example because of NetNS(nil), the result is a comment alone.
func (b *Common[Self]) String() string {
	return b.description().command()
}

// Create creates the link and returns it as the kernel describes it afterwards. On
// an error, also when ctx ends, the link is removed again.
//
// The link is created in the namespace of the calling thread unless NetNS names
// another. Create opens a socket of its own; to create many links, use a Conn.
func (b *Common[Self]) Create(ctx context.Context) (*Link, error) {
	return withConn(func(c *Conn) (*Link, error) { return one(c.Create(ctx, any(b.me()).(Spec))) })
}

// Update changes the existing link of this name to the settings of the builder,
// leaves all other settings alone, and returns the link as the kernel describes it
// afterwards. Settings that already have the wanted value are not sent. A setting
// that cannot change on an existing link results in ErrImmutable, before anything is
// sent. A link of another kind results in ErrKind.
//
// The kernel applies a change in steps. After an error, some of them may have taken
// effect.
func (b *Common[Self]) Update(ctx context.Context) (*Link, error) {
	return withConn(func(c *Conn) (*Link, error) { return one(c.Update(ctx, any(b.me()).(Spec))) })
}

// withConn calls f with a Conn that is open only during the call.
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

// A fault is an argument, such as nil, that no request can carry.
type fault own.Fault

// in returns the fault as an error of the operation op.
func (f *fault) in(op string) *Error {
	return &Error{Op: op, Attr: f.Setter, Message: f.Text, Err: fs.ErrInvalid}
}

// netNSFault returns the reason why the argument of a namespace setter is invalid,
// or an empty string.
func netNSFault(setter string, ns *NetNS) string {
	switch {
	case ns == nil:
		return "it is nil: leave " + setter + " out for the namespace of the Conn"
	case ns.file == nil:
		return "it is zero: give one that a function such as OpenNetNS has returned"
	}
	return ""
}

// portFault returns the reason why the argument of PortSettings is invalid, or an
// empty string.
func portFault(port PortSpec) string {
	switch {
	case isNil(port):
		return "it is nil: give a builder of settings, such as bridge.Port returns"
	case !port.Own().Made():
		return "the builder is zero: make it with Port of package bridge or bond"
	}
	return ""
}

// isNil reports whether v is nil, or an interface that holds a nil pointer.
func isNil(v any) bool {
	value := reflect.ValueOf(v)
	return !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil()
}

// described returns the description in each of specs. It refuses a nil Spec, a
// builder that was not returned by New, and arguments that a setter rejected.
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

// checkGiven returns an error if the builder is zero, or if its setters or those of
// its peer rejected an argument.
func (s *spec) checkGiven(op string) error {
	if !s.Made() {
		return s.invalid(op, "Spec", "the builder is zero: make it with the New of its package")
	}
	return errors.Join(s.checkSetters(op), s.checkGivenPeer(op))
}

// checkSetters returns the faults that setters found. If they found none, it returns the
// fault of a builder that is about no link.
func (s *spec) checkSetters(op string) error {
	if len(s.Faults) == 0 {
		return errors.Join(s.checkAbsence(op), s.checkNamespace(op))
	}
	var all []error
	for _, f := range s.Faults {
		all = append(all, s.invalid(op, f.Setter, f.Text))
	}
	return errors.Join(all...)
}

func (s *spec) checkGivenPeer(op string) error {
	if s.Peer == nil {
		return nil
	}
	peer := s.peer().description()
	if peer.Peer != nil {
		return s.invalid(op, "peer", "a peer cannot have a peer of its own")
	}
	return peer.checkGiven(op)
}

// comment returns a shell comment with the errors of checkGiven, in place of
// commands that are impossible, or an empty string if there are none.
func (s *spec) comment() string {
	err := s.checkGiven("")
	if err == nil {
		return ""
	}
	return "# " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// missing returns an error if the Conn is nil or zero.
func (c *Conn) missing(op string) error {
	if c != nil && c.rt != nil {
		return nil
	}
	return (&fault{"Conn", "it is nil or zero: Dial opens one"}).in(op)
}

// unready is like missing, but also returns an error if the context is nil.
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

// Device returns a builder that changes an existing link of any kind, including
// hardware. The name may be an alternative name. Use its Update or Ensure; Create
// refuses it.
func Device(name string) *DeviceUpdate {
	d := new(DeviceUpdate)
	*d.Own(d) = own.New("", name, nil)
	return d
}

// DeviceIndex is like Device, but identifies the link by its interface index, 1 or
// more.
func DeviceIndex(index int) *DeviceUpdate {
	return Device("").Index(index)
}

// Rename gives the link a new name, at most 15 bytes (IFLA_IFNAME). Before Linux 6.2
// the link must be down.
func (d *DeviceUpdate) Rename(name string) *DeviceUpdate {
	d.spec.newName = name
	return d
}

// An Editor has the setters that the builders of all kinds share, for a Spec of any
// kind. Edit returns it.
type Editor struct {
	Common[Editor]
}

// Edit returns the settings that every link has of a Spec of any kind, for code that does
// not know the kind: iplink.Edit(spec).MTU(1400).Up() changes spec. The Editor is another
// view of the same builder, and a Spec of the same link. Its Clone is an independent copy
// of the builder.
//
// The verbs refuse the Editor of a nil Spec, of an Absent and of a Prune.
func Edit(spec Spec) *Editor {
	if isNil(spec) {
		return unfit("it is nil: give a builder, such as bridge.New returns")
	}
	b, ok := spec.(interface{ edit() *Editor })
	if !ok {
		return unfit("it describes no link: give a builder, such as bridge.New returns")
	}
	return b.edit()
}

// unfit returns an Editor that the verbs refuse.
func unfit(fault string) *Editor {
	e := &Editor{}
	*e.Own(e) = Device("").spec.Settings
	e.spec.Judge("Edit", fault)
	return e
}

// edit returns the builder as an Editor. The Common of every builder comes first in it,
// and has the same layout for all of them.
func (b *Common[Self]) edit() *Editor {
	b.me()
	return (*Editor)(unsafe.Pointer(b))
}
