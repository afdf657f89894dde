package iplink

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Delete removes links by name, which may be an alternative one. All names are
// looked up first: if one is missing, nothing is removed, and the error matches
// fs.ErrNotExist. A link that goes with another, such as the other end of a
// pair, may be named as well, and a name may come twice. Links that cannot be
// removed, such as hardware, are an error.
//
// Several links go at once, in one request, which is some hundred times faster
// than one by one. For a moment they are then in a group that no other link is
// in (IFLA_GROUP). If the removal fails, or ctx ends, those that are left get
// their own groups back.
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
	held, err := c.rt.Hold()
	if err != nil {
		return &Error{Op: "delete", Name: strings.Join(names, ", "), Err: err}
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

// condemned is a link that is to be deleted, by a name that was given for it.
type condemned struct {
	name string
	doomed
}

// condemn finds the links of all names, each once, or says which is missing.
func (c *Conn) condemn(ctx context.Context, names []string, mayMiss bool) ([]condemned, error) {
	var all []condemned
	seen := map[int]bool{}
	for _, name := range names {
		if fault := nameFault("name", name, uapi.ALTIFNAMSIZ-1); fault != nil {
			return nil, (&spec{name: name}).refuse("delete", fault)
		}
		index, err := indexOf(ctx, c.rt, name)
		switch {
		case isGone(err) && mayMiss, seen[index]:
			continue
		case err != nil:
			return nil, kernelError(&Error{Op: "delete", Name: name}, err)
		}
		seen[index] = true
		all = append(all, condemned{name, doomed{index: index}})
	}
	return all, nil
}

// deleteOne deletes one link and looks whether it is gone.
func (c *Conn) deleteOne(ctx context.Context, l condemned) error {
	var b rtnl.Batch
	key := func(b []byte) []byte { return appendKey(b, l.index, "") }
	b.Write(uapi.RTM_DELLINK, 0, key)
	b.Get(uapi.RTM_GETLINK, nil, key)
	if err := c.rt.Do(ctx, &b); err != nil {
		return l.failed(err)
	}
	switch removal, look := b.Err(0), b.Err(1); {
	case isGone(look):
		return nil
	case removal != nil:
		return l.failed(removal)
	case look != nil:
		return l.failed(look)
	}
	return l.stays()
}

// deleteMany deletes several links in one request.
func (c *Conn) deleteMany(ctx context.Context, held rtnl.Held, all []condemned) error {
	r := removal{held: held, via: c.rt}
	if err := r.survey(ctx); err != nil {
		return kernelError(&Error{Op: "delete"}, err)
	}
	for i := range all {
		if err := all[i].inspect(r.all[all[i].index]); err != nil {
			return err
		}
		r.links = append(r.links, all[i].doomed)
	}
	err := r.run(ctx)
	left := slices.DeleteFunc(all, func(l condemned) bool { return isAbsent(c.rt, l.index) })
	var errs []error
	for _, l := range left {
		if err != nil {
			errs = append(errs, l.failed(err))
		} else {
			errs = append(errs, l.stays())
		}
	}
	return errors.Join(errs...)
}

// inspect notes what a list said of the link, nil if it has vanished, and
// refuses it if the kernel would not delete it.
func (l *condemned) inspect(link *Link) error {
	if link == nil {
		return nil
	}
	l.group = link.Group
	if fault := link.undeletable(); fault != "" {
		return &Error{Op: "delete", Kind: link.Kind, Name: l.name, Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	return nil
}

// undeletable says why the kernel would not delete the link, or would say that
// it has and not do it; empty if it can be deleted.
func (l *Link) undeletable() string {
	switch {
	case l.Type == HardwareLoopback && l.Kind == "":
		return "the loopback interface cannot be deleted"
	case l.Kind == "", l.Kind == KindCAN, l.Kind == KindIPoIB && l.Parent == 0:
		return "it is hardware, which cannot be deleted"
	}
	return ""
}

func (l *condemned) failed(err error) *Error {
	e := kernelError(&Error{Op: "delete", Name: l.name}, err)
	if errors.Is(err, syscall.EOPNOTSUPP) && e.Message == "" {
		e.Message = "it is hardware, which cannot be deleted"
	}
	return e
}

func (l *condemned) stays() error {
	return &Error{Op: "delete", Name: l.name, Message: "the kernel reported success, but the link is still there", Err: ErrNotApplied}
}
