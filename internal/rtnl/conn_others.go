//go:build !linux

package rtnl

import (
	"context"
	"errors"
)

// A Conn is a route netlink socket, which exists only on Linux.
type Conn struct {
	hook    Hook
	tracing tracing
}

// Dial returns errors.ErrUnsupported.
func Dial(int) (*Conn, error) {
	return nil, errors.ErrUnsupported
}

// Fit returns 0.
func (c *Conn) Fit(int) int {
	return 0
}

// Close returns errors.ErrUnsupported.
func (*Conn) Close() error {
	return errors.ErrUnsupported
}

// Held is a Conn whose socket stays open, which exists only on Linux.
type Held struct {
	*Conn
}

// Hold returns errors.ErrUnsupported.
func (*Conn) Hold() (Held, error) {
	return Held{}, errors.ErrUnsupported
}

// Release does nothing.
func (Held) Release() {}

// Control returns errors.ErrUnsupported.
func (*Conn) Control(func(int) error) error {
	return errors.ErrUnsupported
}

// Do returns errors.ErrUnsupported.
func (*Conn) Do(context.Context, *Batch) error {
	return errors.ErrUnsupported
}

// DumpLinks returns errors.ErrUnsupported.
func (*Conn) DumpLinks(context.Context, func([]byte) []byte, func(), Reply) error {
	return errors.ErrUnsupported
}

// DumpLinksOf returns errors.ErrUnsupported.
func (*Conn) DumpLinksOf(context.Context, int32, []int32, func(), Reply) error {
	return errors.ErrUnsupported
}

// Dump returns errors.ErrUnsupported.
func (*Conn) Dump(context.Context, uint16, func([]byte) []byte, func(), Reply) error {
	return errors.ErrUnsupported
}

// SetAnswerSpace does nothing.
func (*Conn) SetAnswerSpace(int) {}
