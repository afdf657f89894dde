package openlink

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Reader is an iplink.Conn in the namespace of a link, and the link.
type Reader struct {
	*iplink.Conn
	Link *iplink.Link

	lent bool
}

// Read finds the link of the given name where the options say. The option On lends its
// Conn. The kind is for errors: the caller checks the kind of the link.
func Read(ctx context.Context, op, kind, name string, options []iplink.OpenOption) (*Reader, error) {
	where := own.At(options)
	if err := Check(where, op, kind, name); err != nil {
		return nil, err
	}
	r := new(Reader)
	r.Conn, r.lent = where.Conn.(*iplink.Conn)
	if !r.lent {
		err := where.Enter(func() (err error) {
			r.Conn, err = iplink.Dial()
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if err := r.find(ctx, op, kind, name, where.Index); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// find reads the link by its name, or by its index if the name is empty.
func (r *Reader) find(ctx context.Context, op, kind, name string, index int) (err error) {
	if name == "" && index != 0 {
		r.Link, err = r.GetIndex(ctx, index)
		return err
	}
	if r.Link, err = r.Get(ctx, name); err != nil || index == 0 || r.Link.Index == index {
		return err
	}
	return &iplink.Error{Op: op, Kind: kind, Name: name, Message: otherIndex(r.Link.Index, index), Err: syscall.ENODEV}
}

func otherIndex(has, wanted int) string {
	return fmt.Sprintf("its index is %d, not %d: it is another link", has, wanted)
}

// Close closes the Conn, unless the option On lent it.
func (r *Reader) Close() error {
	if r.lent {
		return nil
	}
	return r.Conn.Close()
}
