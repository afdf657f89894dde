//go:build !linux

package highfd

import "errors"

// Dup returns errors.ErrUnsupported: no descriptor needs a duplicate on other systems.
func Dup(int) (int, error) { return -1, errors.ErrUnsupported }

// Close does nothing.
func Close(int) {}
