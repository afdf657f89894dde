//go:build !linux

package rtnl

import (
	"context"
	"errors"
)

// IndexOf returns errors.ErrUnsupported.
func IndexOf(context.Context, Socket, string) (int, error) {
	return 0, errors.ErrUnsupported
}

// ShortIndexOf returns errors.ErrUnsupported.
func ShortIndexOf(Socket, string) (int, error) {
	return 0, errors.ErrUnsupported
}

// IsFree returns false.
func IsFree(Socket, string) bool { return false }

// NameOf returns errors.ErrUnsupported.
func NameOf(Socket, int) (string, error) {
	return "", errors.ErrUnsupported
}

// DriverOf returns errors.ErrUnsupported.
func DriverOf(Socket, int) (string, error) {
	return "", errors.ErrUnsupported
}

// Older returns false.
func Older(major, minor int) bool { return false }

// HasNetAdmin returns true.
func HasNetAdmin() bool { return true }
