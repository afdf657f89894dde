//go:build !linux

package testutil

import "errors"

// HasKind fails: there are no such links but on Linux.
func HasKind(string) (bool, error) { return false, errors.ErrUnsupported }
