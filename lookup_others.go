//go:build !linux

package iplink

import (
	"context"
	"errors"

	"github.com/iplink-go/iplink/internal/rtnl"
)

func socketNetNS(*rtnl.Conn) (*NetNS, error) {
	return nil, errors.ErrUnsupported
}

func indexOf(context.Context, socket, string) (int, error) {
	return 0, errors.ErrUnsupported
}

func shortIndexOf(socket, string) (int, error) {
	return 0, errors.ErrUnsupported
}

func nameOf(*rtnl.Conn, int) (string, error) {
	return "", errors.ErrUnsupported
}

func driverOf(*rtnl.Conn, int) (string, error) {
	return "", errors.ErrUnsupported
}

func hasNetAdmin() bool {
	return true
}

func dupFD(int) (int, error) {
	return -1, errors.ErrUnsupported
}

func closeFD(int) {}
