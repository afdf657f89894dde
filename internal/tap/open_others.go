//go:build !linux

package tap

import (
	"context"
	"errors"
	"os"

	"github.com/iplink-go/iplink/internal/handle"
)

func (c *config) openQueues(context.Context, *handle.Handle) ([]*os.File, error) {
	return nil, errors.ErrUnsupported
}

func explained(_ *handle.Handle, err error) error { return err }
