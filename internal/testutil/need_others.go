//go:build !linux

package testutil

import "errors"

// HasKind fails: such links exist only on Linux.
func HasKind(string) (bool, error) { return false, errors.ErrUnsupported }
