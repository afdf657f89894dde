package batadv

import (
	"context"
	"errors"
	"fmt"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/batadvnl"
)

// A subject is an object that can be changed, with fields of type T.
type subject[T any] struct {
	object batadvnl.Object
	name   string // in errors, in front of the name of a setting; empty for the mesh
	table  func(*T) attr.Table

	// check refuses settings in set that the kernel would ignore. It may be nil.
	check func(set attr.Set, have, want *T) *attr.Error
}

// alter reads an object, has f change its fields, sends those that differ in one request,
// and checks that the kernel has applied them.
func alter[T any](ctx context.Context, d *Device, s *subject[T], f func(*T)) error {
	if f == nil {
		return d.link.Invalid(opSet, s.word("function"), "it is nil")
	}
	have := new(T)
	reported, err := d.read(ctx, opSet, s.name, s.object, s.table(have))
	if err != nil {
		return err
	}
	want := *have
	f(&want)
	set, err := differing(d, s, have, &want)
	if err != nil || set.Empty() {
		return err
	}
	if fault := s.fault(set, reported, have, &want); fault != nil {
		return refuse(d, s, fault)
	}
	if err := d.nl.Write(ctx, s.object, set, s.table(&want)); err != nil {
		return d.explain(ctx, opSet, s.name, err)
	}
	return verify(ctx, d, s, set, &want)
}

// differing returns the settings to be changed, which must be valid.
func differing[T any](d *Device, s *subject[T], have, want *T) (set attr.Set, err error) {
	for _, diff := range new(attr.Codec).Compare(settable(s.table(want)), nil, s.table(want), s.table(have)) {
		if diff.CreateOnly {
			return set, d.error(opSet, s.word(diff.Name), "it cannot change: make the link anew", iplink.ErrImmutable)
		}
		set.Add(diff.Type)
	}
	fault, ok := errors.AsType[*attr.Error](new(attr.Codec).Check(set, nil, s.table(want)))
	if ok {
		return set, refuse(d, s, fault)
	}
	return set, nil
}

// fault returns the reason why the kernel would ignore a setting, or nil.
func (s *subject[T]) fault(set, reported attr.Set, have, want *T) *attr.Error {
	if fault := batadvnl.Lacking(set, reported, s.table(want)); fault != nil || s.check == nil {
		return fault
	}
	return s.check(set, have, want)
}

// verify reads the object again, and compares the settings in set.
func verify[T any](ctx context.Context, d *Device, s *subject[T], set attr.Set, want *T) error {
	now := new(T)
	if _, err := d.read(ctx, opSet, s.name, s.object, s.table(now)); err != nil {
		return err
	}
	var c attr.Codec
	for _, diff := range c.Compare(set, nil, s.table(want), s.table(now)) {
		text := fmt.Sprintf("asked for %s, the kernel reports %s", c.Value(diff.Type, nil, s.table(want)), c.Value(diff.Type, nil, s.table(now)))
		return d.error(opSet, s.word(diff.Name), text, iplink.ErrNotApplied)
	}
	return nil
}

// settable returns the rows of a table that can be set.
func settable(t attr.Table) (set attr.Set) {
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.Settable() {
			set.Add(r.Type)
		}
	})
	return set
}

// word returns the name of a setting in errors.
func (s *subject[T]) word(name string) string {
	if s.name == "" {
		return name
	}
	return s.name + " " + name
}

// refuse returns the error for a setting, found before anything is sent.
func refuse[T any](d *Device, s *subject[T], fault *attr.Error) error {
	named := *fault
	named.Name = s.word(fault.Name)
	return d.link.Refuse(opSet, &named)
}
