//go:build !linux

package rootless

import (
	"errors"
	"fmt"
)

// Reexec fails: only Linux has user namespaces.
func Reexec() (reexecuted bool, code int, err error) {
	return false, 0, fmt.Errorf("rootless: %w", errors.ErrUnsupported)
}
