//go:build !linux

package gtpnl

import (
	"errors"
	"os"
)

// Descriptor returns -1, since no link is made here.
func Descriptor(*os.File) int { return -1 }

// CheckSocket returns an error for a file that cannot be the socket of a link.
func CheckSocket(f *os.File) error {
	if f == nil {
		return errors.New("it is nil: leave it out")
	}
	return nil
}
