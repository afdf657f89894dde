//go:build !linux

package topology

import (
	"context"
	"errors"

	"github.com/iplink-go/iplink"
)

func read(context.Context) (*Topology, error) { return nil, errors.ErrUnsupported }

func readNetNS(context.Context, []*iplink.NetNS) (*Topology, error) {
	return nil, errors.ErrUnsupported
}
