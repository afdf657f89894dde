package iplink

import (
	"context"
	"errors"
	"strings"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Delete removes links by name, which may be an alternative one. All names are
// looked up first: if one is missing, nothing is removed, and the error matches
// fs.ErrNotExist. A link that goes with another, such as the other end of a
// pair, may be named as well. Links that cannot be removed, such as hardware,
// are an error.
func (c *Conn) Delete(ctx context.Context, names ...string) error {
	indexes, err := c.indexes(ctx, names)
	if err != nil {
		return err
	}
	var b rtnl.Batch
	for _, index := range indexes {
		key := func(b []byte) []byte { return appendKey(b, index, "") }
		b.Write(uapi.RTM_DELLINK, 0, key)
		b.Get(uapi.RTM_GETLINK, nil, key)
	}
	if err := c.rt.Do(ctx, &b); err != nil {
		return &Error{Op: "delete", Name: strings.Join(names, ", "), Err: bareErr(err)}
	}
	var all []error
	for i, name := range names {
		all = append(all, deleted(name, b.Err(2*i), b.Err(2*i+1)))
	}
	return errors.Join(all...)
}

// indexes finds the indexes of all names, or says which is missing.
func (c *Conn) indexes(ctx context.Context, names []string) ([]int, error) {
	indexes := make([]int, len(names))
	for i, name := range names {
		if fault := nameFault(name, uapi.ALTIFNAMSIZ-1); fault != "" {
			return nil, (&spec{name: name}).invalid("delete", "name", fault)
		}
		index, err := indexOf(ctx, c.rt, name)
		if err != nil {
			return nil, kernelError(&Error{Op: "delete", Name: name}, err)
		}
		indexes[i] = index
	}
	return indexes, nil
}

// deleted tells from the answers to the removal and to the look after it
// whether the link is gone. Some drivers report success and do nothing.
func deleted(name string, removal, look error) error {
	switch {
	case removal != nil && !isGone(removal):
		return kernelError(&Error{Op: "delete", Name: name}, removal)
	case look == nil:
		return &Error{Op: "delete", Name: name, Message: "the kernel reported success, but the link is still there", Err: ErrNotApplied}
	}
	return nil
}
