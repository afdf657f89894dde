package guest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// isolateArg marks the copy of init that becomes a job.
const isolateArg = "isolate"

// Isolate gives this process, which has mounts of its own, an empty /run: the named
// network namespaces and sockets in it are a job's own. It then becomes the user and
// the command in its arguments, and returns only if that fails.
func Isolate(args []string) int {
	err := isolate(args[0], args[1:])
	fmt.Fprintln(os.Stderr, "vmtest:", err)
	return exitNotFound
}

func isolate(uid string, command []string) error {
	id, err := strconv.Atoi(uid)
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID, "mode=0755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	file, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	if id != 0 {
		if err := become(id); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w", strings.Join(command, " "), unix.Exec(file, command, os.Environ()))
}

// become changes the user and the group, without further groups.
func become(id int) error {
	if err := unix.Setgroups(nil); err != nil {
		return err
	}
	if err := unix.Setgid(id); err != nil {
		return err
	}
	return unix.Setuid(id)
}
