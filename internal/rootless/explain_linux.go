package rootless

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// limits are the sysctls that forbid user namespaces, or their use, when they have
// the given value.
var limits = []struct{ name, forbids, allows string }{
	{"kernel.unprivileged_userns_clone", "0", "1"},
	{"kernel.apparmor_restrict_unprivileged_userns", "1", "0"},
	{"user.max_user_namespaces", "0", "15000"},
	{"user.max_net_namespaces", "0", "15000"},
	{"user.max_mnt_namespaces", "0", "15000"},
}

// explain adds to err the settings that forbid user namespaces in the system, whose
// root is system, and the way to allow them.
func explain(err error, system fs.FS) error {
	if err == nil {
		return nil
	}
	reasons := append(sysctls(system), others(system)...)
	if len(reasons) == 0 {
		reasons = []string{"no setting that forbids it was found"}
	}
	return fmt.Errorf("cannot become root of a user namespace: %w: %s; or run as root", err, strings.Join(reasons, "; "))
}

func sysctls(system fs.FS) (reasons []string) {
	for _, l := range limits {
		value, err := fs.ReadFile(system, "proc/sys/"+strings.ReplaceAll(l.name, ".", "/"))
		if err == nil && string(bytes.TrimSpace(value)) == l.forbids {
			reason := fmt.Sprintf("%s is %s, allow it with `sysctl -w %s=%s`", l.name, l.forbids, l.name, l.allows)
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

func others(system fs.FS) (reasons []string) {
	if _, err := fs.Stat(system, "proc/self/ns"); err != nil {
		return []string{"/proc is not mounted"}
	}
	if _, err := fs.Lstat(system, "proc/self/ns/user"); err != nil {
		reasons = append(reasons, "this kernel has no user namespaces (CONFIG_USER_NS)")
	}
	if os.Geteuid() == 0 && !capable(unix.CAP_SETFCAP) {
		reasons = append(reasons, "user 0 needs CAP_SETFCAP to be mapped (since Linux 5.12), any other user does not")
	}
	if seccomp(system) {
		reasons = append(reasons, "a seccomp filter is in force, as in most containers, and may forbid it")
	}
	return reasons
}

// seccomp reports whether the process has a system call filter, mode 2 of
// proc_pid_status(5).
func seccomp(system fs.FS) bool {
	status, err := fs.ReadFile(system, "proc/self/status")
	if err != nil {
		return false
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if mode, ok := strings.CutPrefix(lines.Text(), "Seccomp:"); ok {
			return strings.TrimSpace(mode) == "2"
		}
	}
	return false
}
