//go:build !linux

package rtnl

import (
	"context"
	"errors"
)

func dialGeneric(int) (*Conn, error) {
	return nil, errors.ErrUnsupported
}

func listenGeneric(context.Context, int, Listening, uint32) (*Listener, error) {
	return nil, errors.ErrUnsupported
}
