//go:build !linux

package main

import "errors"

// install returns an error: only Linux has such sockets.
func install(...[]byte) error { return errors.ErrUnsupported }
