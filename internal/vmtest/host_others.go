//go:build !linux

package vmtest

import (
	"context"
	"errors"
	"os/exec"
)

func lock(context.Context, string) (unlock func() error, err error) {
	return nil, errors.ErrUnsupported
}

func dieWithParent(*exec.Cmd) {}

func accessible(string) bool { return false }
