//go:build !linux

package rtnl

import "errors"

// InNetNS returns errors.ErrUnsupported.
func InNetNS(int, func(int) error) error { return errors.ErrUnsupported }
