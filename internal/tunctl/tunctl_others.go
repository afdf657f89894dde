//go:build !linux

package tunctl

import "errors"

// Make returns errors.ErrUnsupported.
func Make(*Request, func(string) (int, error)) (int, error) { return 0, errors.ErrUnsupported }

// Change returns errors.ErrUnsupported.
func Change(*Request, int) error { return errors.ErrUnsupported }
