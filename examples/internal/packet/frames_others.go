//go:build !linux

package packet

import (
	"context"
	"errors"
	"syscall"

	"github.com/iplink-go/iplink"
)

// A Socket receives frames from a link; only on Linux.
type Socket struct{}

// Frames returns an error: only Linux has such sockets.
func Frames(*iplink.NetNS, string) (*Socket, error) { return nil, errors.ErrUnsupported }

// CAN returns an error: only Linux has such sockets.
func CAN(*iplink.NetNS, string) (*Socket, error) { return nil, errors.ErrUnsupported }

// Close returns an error, since a Socket cannot be opened.
func (*Socket) Close() error { return errors.ErrUnsupported }

// Write returns an error, since a Socket cannot be opened.
func (*Socket) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Next returns an error, since a Socket cannot be opened.
func (*Socket) Next(context.Context, func([]byte) bool) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

// bindTo returns a function that fails.
func bindTo(string) func(string, string, syscall.RawConn) error {
	return func(string, string, syscall.RawConn) error { return errors.ErrUnsupported }
}
