// Package netns opens, makes and deletes network namespaces, enters them, and explains the
// errors of that. It shares the named namespaces with `ip netns`.
package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Dir is the directory of the named namespaces of `ip netns`, see ip-netns(8).
const Dir = "/run/netns"

// OfThread is the file of the calling thread's namespace.
const OfThread = "/proc/thread-self/ns/net"

// OfPID returns the file of a process's namespace.
func OfPID(pid int) string { return fmt.Sprintf("/proc/%d/ns/net", pid) }

// Named returns the file of a named namespace.
func Named(name string) string { return Dir + "/" + name }

// ErrOther is the error of a file that is not a network namespace.
var ErrOther = errors.New("the file is not a network namespace")

// A Lender lends the descriptor of a namespace to a function, or fails if the namespace is
// closed.
type Lender func(func(fd int) error) error

// NameFault returns the fault of a name that cannot be a file name, or an empty string.
// `ip` has the same rules.
func NameFault(name string) string {
	switch {
	case name == "":
		return "a network namespace needs a name"
	case name == "." || name == "..":
		return `"." and ".." are no names`
	case strings.ContainsAny(name, "/\x00"):
		return "a name has no slash and no NUL"
	case len(name) > 255:
		return "a name has at most 255 bytes"
	}
	return ""
}

// Reason returns the meaning of an error about a namespace and a remedy, or an empty
// string if the error explains itself. The name may be a path or empty.
func Reason(op, name string, err error) string {
	ofProcess := strings.HasPrefix(name, "/proc/")
	named := name != "" && !strings.HasPrefix(name, "/")
	switch {
	case errors.Is(err, syscall.EPERM):
		return "needs CAP_SYS_ADMIN"
	case errors.Is(err, syscall.EACCES) && ofProcess:
		return "the namespace of another user's process needs CAP_SYS_PTRACE"
	case errors.Is(err, fs.ErrNotExist) && ofProcess:
		return "there is no such process"
	case errors.Is(err, syscall.ENOSPC) && op == "create":
		return "the sysctl user.max_net_namespaces, or a full " + Dir + ", allows no more"
	case named:
		return reasonOfFile(op, Named(name), err)
	}
	return ""
}

// reasonOfFile is Reason for a namespace that has a file in Dir, or is about to get one.
func reasonOfFile(op, file string, err error) string {
	makes := ""
	if op == "create" {
		makes = ", or use NewNetNS, which makes no file"
	}
	switch {
	case errors.Is(err, ErrOther):
		return "nothing is mounted on " + file + ": DeleteNetNS removes the name"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no " + file + ": CreateNetNS and ip netns add make it"
	case errors.Is(err, syscall.EROFS):
		return "cannot change " + file + ": mount a tmpfs on " + Dir + makes
	case errors.Is(err, syscall.EACCES):
		return "cannot use " + file + ": run as root" + makes
	}
	return ""
}
