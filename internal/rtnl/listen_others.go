//go:build !linux

package rtnl

import (
	"context"
	"errors"
)

// A Listener is a route netlink socket, which exists only on Linux.
type Listener struct{}

// Listen returns errors.ErrUnsupported.
func Listen(context.Context, int, Listening) (*Listener, error) {
	return nil, errors.ErrUnsupported
}

// Close returns errors.ErrUnsupported.
func (*Listener) Close() error {
	return errors.ErrUnsupported
}

// Control returns errors.ErrUnsupported.
func (*Listener) Control(func(int) error) error {
	return errors.ErrUnsupported
}

// Beside returns false.
func (*Listener) Beside(*Conn) bool {
	return false
}

// Drain returns errors.ErrUnsupported.
func (*Listener) Drain() error {
	return errors.ErrUnsupported
}

// Receive returns errors.ErrUnsupported.
func (*Listener) Receive(bool) ([]byte, int32, error) {
	return nil, OwnNetNS, errors.ErrUnsupported
}
