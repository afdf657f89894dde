//go:build !linux

package rtnl

import "errors"

// DialGeneric returns errors.ErrUnsupported.
func DialGeneric(int) (*Conn, error) {
	return nil, errors.ErrUnsupported
}
