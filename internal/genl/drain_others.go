//go:build !linux

package genl

import "errors"

func (c *Conn) drain() error { return errors.ErrUnsupported }
