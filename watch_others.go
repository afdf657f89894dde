//go:build !linux

package iplink

import (
	"context"
	"errors"

	"github.com/iplink-go/iplink/internal/rtnl"
)

func (*Conn) listen(context.Context, rtnl.Listening) (*rtnl.Listener, error) {
	return nil, errors.ErrUnsupported
}
