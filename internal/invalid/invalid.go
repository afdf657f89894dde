// Package invalid is the cause of errors that this library detects before it sends
// anything.
package invalid

import (
	"errors"
	"io/fs"
	"syscall"
)

// An Error is fs.ErrInvalid, and also the errno that the kernel would return.
type Error struct {
	text  string
	errno syscall.Errno
}

// Argument returns the error for an invalid argument. Its text is fs.ErrInvalid's,
// or errors.ErrUnsupported's if the errno matches that. For values out of range
// kernels return ERANGE or EINVAL, depending on the setting and the release, so
// ERANGE matches both.
func Argument(errno syscall.Errno) *Error {
	if errors.Is(errno, errors.ErrUnsupported) {
		return &Error{errors.ErrUnsupported.Error(), errno}
	}
	return &Error{fs.ErrInvalid.Error(), errno}
}

// State returns the error for a request that is invalid only in the present state.
// Its text is the errno's.
func State(errno syscall.Errno) *Error {
	return &Error{errno.Error(), errno}
}

// Complete returns err, or Argument(EINVAL) if err is fs.ErrInvalid itself.
func Complete(err error) error {
	if err == fs.ErrInvalid {
		return Argument(syscall.EINVAL)
	}
	return err
}

// Error returns the text.
func (e *Error) Error() string {
	return e.text
}

// Unwrap returns fs.ErrInvalid and the errno.
func (e *Error) Unwrap() []error {
	if e.errno == syscall.ERANGE {
		return []error{fs.ErrInvalid, e.errno, syscall.EINVAL}
	}
	return []error{fs.ErrInvalid, e.errno}
}
