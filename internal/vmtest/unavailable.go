package vmtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// ErrUnavailable is matched by every error that means that this machine cannot run
// guests at all: QEMU or a tool is missing, or the packages cannot be fetched. It is
// unrelated to the code under test.
var ErrUnavailable = errors.New("virtual machines are not available here")

func unavailable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnavailable, fmt.Errorf(format, args...))
}

// command runs a tool of the host and returns its output. If the tool is missing or
// fails, the error is an ErrUnavailable with the end of its error output.
func command(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, unavailable("%s is not installed (Debian package %s)", name, packageOf(name))
	}
	if err != nil {
		return nil, unavailable("%s %s: %w\n%s", name, strings.Join(args, " "), err, guest.Tail(stderr.String(), 10))
	}
	return stdout.Bytes(), nil
}

// packageOf returns the Debian package of a program that the host needs.
func packageOf(program string) string {
	switch program {
	case qemuProgram:
		return "qemu-system-x86"
	case "xz":
		return "xz-utils"
	case "dpkg-deb":
		return "dpkg"
	case "apt-get":
		return "apt"
	}
	return program
}
