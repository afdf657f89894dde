package iplink_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// An injection makes one moment of an operation on a Conn go wrong.
type injection struct {
	at    int // the moment, from 0
	fault fault
	conn  *iplink.Conn
	tap   func(rtnl.Point) // looks at each moment first; may be nil

	now    int
	done   bool // the moment has come
	cancel context.CancelCauseFunc
}

// A fault is what happens at the moment, and from then on. Its error takes the
// place of what would have followed.
type fault func(i *injection, p rtnl.Point) error

var (
	errInjected = errors.New("injected")
	errPanic    = errors.New("injected panic")
)

// faults are those that must leave no trace.
var faults = map[string]fault{
	"error": func(i *injection, p rtnl.Point) error {
		return i.once(errInjected)
	},
	"no-buffers": func(i *injection, p rtnl.Point) error {
		return i.once(syscall.ENOBUFS)
	},
	"all-answers-dropped": func(i *injection, p rtnl.Point) error {
		if p == rtnl.AfterReceive && i.now >= i.at {
			i.done = true
			return syscall.ENOBUFS
		}
		return nil
	},
	"cancelled": func(i *injection, p rtnl.Point) error {
		if i.once(errInjected) != nil {
			i.cancel(errInjected)
		}
		return nil
	},
	"closed": func(i *injection, p rtnl.Point) error {
		if i.once(errInjected) == nil {
			return nil
		}
		return i.conn.Close()
	},
	"panic": func(i *injection, p rtnl.Point) error {
		if i.once(errPanic) != nil {
			panic(errPanic)
		}
		return nil
	},
}

// once returns err at the moment.
func (i *injection) once(err error) error {
	if i.now != i.at || i.done {
		return nil
	}
	i.done = true
	return err
}

// run calls f, in which the fault happens, and returns its error, or errPanic
// if it passed on the panic.
func (i *injection) run(t *testing.T, f func(context.Context) error) (err error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	i.cancel = cancel
	i.conn.SetHook(func(p rtnl.Point) error {
		defer func() { i.now++ }()
		if i.tap != nil {
			i.tap(p)
		}
		return i.fault(i, p)
	})
	defer func() {
		if p := recover(); p != nil {
			if p != errPanic {
				panic(p)
			}
			err = errPanic
		}
		i.conn.SetHook(nil)
	}()
	return f(ctx)
}
