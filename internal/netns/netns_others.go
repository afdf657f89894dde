//go:build !linux

package netns

import (
	"errors"
	"os"
	"os/exec"
)

// Open returns errors.ErrUnsupported: network namespaces exist only on Linux.
func Open(string) (*os.File, string, error) { return nil, "", errors.ErrUnsupported }

// FromFD returns errors.ErrUnsupported.
func FromFD(int) (*os.File, string, error) { return nil, "", errors.ErrUnsupported }

// OfSocket returns errors.ErrUnsupported.
func OfSocket(int) (*os.File, string, error) { return nil, "", errors.ErrUnsupported }

// New returns errors.ErrUnsupported.
func New() (*os.File, string, error) { return nil, "", errors.ErrUnsupported }

// Create returns errors.ErrUnsupported.
func Create(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Delete returns errors.ErrUnsupported.
func Delete(string) error { return errors.ErrUnsupported }

// List returns errors.ErrUnsupported.
func List() ([]string, error) { return nil, errors.ErrUnsupported }

// Enter returns errors.ErrUnsupported.
func Enter(Lender, func()) error { return errors.ErrUnsupported }

// EnterView returns errors.ErrUnsupported.
func EnterView(Lender, string, func()) error { return errors.ErrUnsupported }

// EndsWithThread returns false.
func EndsWithThread(*exec.Cmd) bool { return false }

// Sysfs returns a directory that does not exist.
func Sysfs() (dir string, end func()) { return "/sys", func() {} }
