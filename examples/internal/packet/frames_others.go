//go:build !linux

package packet

import (
	"context"
	"errors"

	"github.com/iplink-go/iplink"
)

// A Socket receives what a link does; there is none but on Linux.
type Socket struct{}

// Frames fails: only Linux has such sockets.
func Frames(*iplink.NetNS, string) (*Socket, error) { return nil, errors.ErrUnsupported }

// CAN fails: only Linux has such sockets.
func CAN(*iplink.NetNS, string) (*Socket, error) { return nil, errors.ErrUnsupported }

// Close fails, as there is nothing to close.
func (*Socket) Close() error { return errors.ErrUnsupported }

// Write fails, as there is nothing to send on.
func (*Socket) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Next fails, as there is nothing to receive from.
func (*Socket) Next(context.Context, func([]byte) bool) ([]byte, error) {
	return nil, errors.ErrUnsupported
}
