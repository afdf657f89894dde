//go:build !linux

package tap

import (
	"context"
	"errors"
	"os"

	"github.com/iplink-go/iplink/internal/openlink"
)

func (c *config) openQueues(context.Context, *openlink.Handle) ([]*os.File, error) {
	return nil, errors.ErrUnsupported
}

func explained(_ *openlink.Handle, err error) error { return err }
