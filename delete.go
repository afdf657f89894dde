package iplink

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Delete removes links by name, which may be an alternative one. All names are
// looked up first: if one is missing, nothing is removed, and the error matches
// fs.ErrNotExist. A link that goes with another, such as the other end of a
// pair, may be named as well, and a name may come twice. Links that cannot be
// removed, such as hardware, are an error.
//
// One link is deleted by its name, whichever link has that when the kernel gets to
// it. Of several, a link goes that has both the name and the index which it had when
// it was looked up: one that got its name or its index meanwhile is left alone.
//
// Several links go at once, many in one request, which is some hundred times faster
// than one by one. For a moment they are then in a private group, a group (IFLA_GROUP)
// at random of those from 0x69000000 to 0x69ffffff, which nothing else should use.
// If the removal fails, or ctx ends, those that are left get their own groups back.
// Several processes may delete the same links. What is in a private group when Delete
// finds it was left there by a process that was killed, or is being deleted by
// another one; if it has to stay, its group is 0, the default, then.
//
// When ctx ends, Delete returns as soon as the links are gone that the kernel is
// deleting: up to a thousand, or 32 bridges, which takes up to half a second.
func (c *Conn) Delete(ctx context.Context, names ...string) error {
	return c.delete(ctx, names, false)
}

// DeleteIfExists is Delete for links that may be missing.
func (c *Conn) DeleteIfExists(ctx context.Context, names ...string) error {
	return c.delete(ctx, names, true)
}

// DeleteIfExists removes links of the calling thread's namespace that may be
// missing. It is Conn.DeleteIfExists on a socket of its own.
func DeleteIfExists(ctx context.Context, names ...string) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.DeleteIfExists(ctx, names...) })
	return err
}

func (c *Conn) delete(ctx context.Context, names []string, mayMiss bool) error {
	if err := c.unready(ctx, "delete"); err != nil {
		return err
	}
	held, err := c.rt.Hold()
	if err != nil {
		return kernelError(&Error{Op: "delete", Name: strings.Join(names, ", ")}, err)
	}
	defer held.Release()
	all, err := c.condemn(ctx, names, mayMiss)
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return nil
	case len(all) == 1:
		return c.deleteOne(ctx, all[0])
	}
	return c.deleteMany(ctx, held, all)
}

// condemn finds the links of all names, each once, or says which is missing.
func (c *Conn) condemn(ctx context.Context, names []string, mayMiss bool) ([]doomed, error) {
	var all []doomed
	seen := map[int]bool{}
	for _, name := range names {
		if fault := nameFault("name", name, uapi.ALTIFNAMSIZ-1); fault != nil {
			return nil, (&spec{Settings: own.Settings{Name: name}}).refuse("delete", fault)
		}
		index, err := rtnl.IndexOf(ctx, c.rt, name)
		switch {
		case isGone(err) && mayMiss, seen[index]:
			continue
		case err != nil:
			return nil, kernelError(&Error{Op: "delete", Name: name}, err)
		}
		seen[index] = true
		all = append(all, doomed{index: index, name: name})
	}
	return all, nil
}

// deleteOne deletes one link, by its name, and looks whether it is gone.
func (c *Conn) deleteOne(ctx context.Context, l doomed) error {
	var b rtnl.Batch
	index := 0
	key := func(b []byte) []byte { return rtnl.AppendKey(b, 0, l.name) }
	b.Write(uapi.RTM_DELLINK, 0, key)
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { index = rtnl.IndexIn(m) }, key)
	if err := c.rt.Do(ctx, &b); err != nil {
		return l.failed(err)
	}
	switch removal, look := b.Err(0), b.Err(1); {
	case isGone(look):
		return nil
	case removal != nil:
		return c.refusedRemoval(ctx, l, removal)
	case look != nil:
		return l.failed(look)
	case index != l.index: // a new link has the name
		return nil
	}
	return l.stays()
}

// refusedRemoval says why the kernel does not delete a link.
func (c *Conn) refusedRemoval(ctx context.Context, l doomed, err error) error {
	e := l.failed(err)
	if link, look := readIndex(ctx, c.rt, l.index); look == nil && errors.Is(err, syscall.EOPNOTSUPP) {
		e.Message = cmp.Or(link.undeletable(), e.Message)
	}
	return e
}

// deleteMany deletes several links, many with one request. Those that are left
// although the request succeeded, because another process moved them to another
// group, are deleted one by one.
func (c *Conn) deleteMany(ctx context.Context, held rtnl.Held, all []doomed) error {
	r := removal{held: held, via: c.rt}
	there, err := r.survey(ctx)
	if err != nil {
		return kernelError(&Error{Op: "delete"}, err)
	}
	all = slices.DeleteFunc(all, func(l doomed) bool { return !l.isNameOf(there[l.index]) })
	for i := range all {
		if err := all[i].inspect(there[all[i].index]); err != nil {
			return err
		}
	}
	err = r.inPortions(all, func(some []doomed) error { return r.byName(ctx, some) })
	var errs []error
	for _, l := range all {
		switch {
		case !r.stands(ctx, l):
		case err != nil:
			errs = append(errs, l.failed(err))
		default:
			errs = append(errs, c.deleteOne(ctx, l))
		}
	}
	return errors.Join(errs...)
}

// isNameOf reports whether a link, nil if there is none, has the name.
func (l *doomed) isNameOf(link *Link) bool {
	return link != nil && (link.Name == l.name || slices.Contains(link.AltNames, l.name))
}

// inspect notes the link's kind, and refuses it if the kernel would not delete it.
func (l *doomed) inspect(link *Link) error {
	l.kind = link.Kind
	if fault := link.undeletable(); fault != "" {
		return &Error{Op: "delete", Kind: link.Kind, Name: l.name, Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	return nil
}

func (l *Link) isLoopback() bool {
	return l.Type == HardwareLoopback && l.Kind == ""
}

// undeletable says why the kernel would not delete the link, or would say that
// it has and not do it; empty if it can be deleted.
func (l *Link) undeletable() string {
	switch {
	case l.isLoopback():
		return "the loopback interface cannot be deleted: Down disables it"
	case l.Kind == "", l.Kind == KindCAN, l.Kind == KindIPoIB && l.Parent == 0:
		return "it is hardware, which cannot be deleted"
	}
	return ""
}

func (l *doomed) failed(err error) *Error {
	e := kernelError(&Error{Op: "delete", Name: l.name}, err)
	if errors.Is(err, syscall.EOPNOTSUPP) && e.Message == "" {
		e.Message = "it is hardware, which cannot be deleted"
	}
	return e
}

func (l *doomed) stays() error {
	return &Error{Op: "delete", Name: l.name, Message: "the kernel reported success, but the link is still there", Err: ErrNotApplied}
}
