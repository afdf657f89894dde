package lab

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// An Injection makes one moment of an operation on a Conn go wrong.
type Injection struct {
	At    int // the moment, from 0
	Fault Fault
	Conn  *iplink.Conn
	Tap   func(rtnl.Point) // looks at each moment first; may be nil

	Now    int  // the moments that have been
	Done   bool // the moment has come
	cancel context.CancelCauseFunc
}

// A Fault happens at the moment, and perhaps later as well. Its error takes the place of
// the operation that would have followed.
type Fault func(i *Injection, p rtnl.Point) error

// The error and the panic of Faults.
var (
	ErrInjected = errors.New("injected")
	ErrPanic    = errors.New("injected panic")
)

// Faults are the faults that must leave no trace, by name.
var Faults = map[string]Fault{
	"error": func(i *Injection, p rtnl.Point) error {
		return i.Once(ErrInjected)
	},
	"no-buffers": func(i *Injection, p rtnl.Point) error {
		return i.Once(syscall.ENOBUFS)
	},
	"all-answers-dropped": func(i *Injection, p rtnl.Point) error {
		if p == rtnl.AfterReceive && i.Now >= i.At {
			i.Done = true
			return syscall.ENOBUFS
		}
		return nil
	},
	"cancelled": func(i *Injection, p rtnl.Point) error {
		if i.Once(ErrInjected) != nil {
			i.cancel(ErrInjected)
		}
		return nil
	},
	"closed": func(i *Injection, p rtnl.Point) error {
		if i.Once(ErrInjected) == nil {
			return nil
		}
		return i.Conn.Close()
	},
	"panic": func(i *Injection, p rtnl.Point) error {
		if i.Once(ErrPanic) != nil {
			panic(ErrPanic)
		}
		return nil
	},
}

// Once returns err at the moment.
func (i *Injection) Once(err error) error {
	if i.Now != i.At || i.Done {
		return nil
	}
	i.Done = true
	return err
}

// Run calls f, has the fault happen, and returns the error of f, or ErrPanic
// if it passed on the panic.
func (i *Injection) Run(t *testing.T, f func(context.Context) error) (err error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	i.cancel = cancel
	Socket(i.Conn).SetHook(func(p rtnl.Point) error {
		defer func() { i.Now++ }()
		if i.Tap != nil {
			i.Tap(p)
		}
		return i.Fault(i, p)
	})
	defer func() {
		if p := recover(); p != nil {
			if p != ErrPanic {
				panic(p)
			}
			err = ErrPanic
		}
		Socket(i.Conn).SetHook(nil)
	}()
	return f(ctx)
}
