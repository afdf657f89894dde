// Package invalid is the cause of errors about what this library refuses before
// it sends anything.
package invalid

import (
	"errors"
	"io/fs"
	"syscall"
)

// An Error is fs.ErrInvalid, and also the errno that the kernel would answer with.
type Error struct {
	text  string
	errno syscall.Errno
}

// Argument refuses an argument. The text is that of fs.ErrInvalid, or of
// errors.ErrUnsupported if the errno means that. As kernels refuse what is out of
// range by ERANGE or by EINVAL, by setting and release, ERANGE stands for both.
func Argument(errno syscall.Errno) *Error {
	if errors.Is(errno, errors.ErrUnsupported) {
		return &Error{errors.ErrUnsupported.Error(), errno}
	}
	return &Error{fs.ErrInvalid.Error(), errno}
}

// State refuses what would be right in another state of things. The text is that
// of the errno.
func State(errno syscall.Errno) *Error {
	return &Error{errno.Error(), errno}
}

// Complete returns err, or Argument(EINVAL) if err is fs.ErrInvalid alone.
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
