//go:build !linux

package team

import (
	"errors"
	"net"
)

func listenControl(string) (net.Listener, error) { return nil, errors.ErrUnsupported }
