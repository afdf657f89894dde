//go:build !linux

package rtnl

import (
	"context"
	"errors"
)

// A Conn is a route netlink socket, which only Linux has.
type Conn struct{}

// Dial returns errors.ErrUnsupported.
func Dial(int) (*Conn, error) {
	return nil, errors.ErrUnsupported
}

// Close returns errors.ErrUnsupported.
func (*Conn) Close() error {
	return errors.ErrUnsupported
}

// Control returns errors.ErrUnsupported.
func (*Conn) Control(func(int) error) error {
	return errors.ErrUnsupported
}

// Do returns errors.ErrUnsupported.
func (*Conn) Do(context.Context, *Batch) error {
	return errors.ErrUnsupported
}

// Dump returns errors.ErrUnsupported.
func (*Conn) Dump(context.Context, uint16, func([]byte) []byte, func(), Reply) error {
	return errors.ErrUnsupported
}
