// Package tunctl makes, changes and attaches to tun and tap links by ioctls on
// /dev/net/tun. They act in the network namespace of the thread that opens the device,
// so that all functions must be called on a thread in the namespace of the link.
package tunctl

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Device is the file through which links are made.
const Device = "/dev/net/tun"

// A Request describes a link.
type Request struct {
	Name       string
	Tap        bool // Ethernet frames rather than IP packets
	PI         bool // each packet has a struct tun_pi before it
	VNetHdr    bool
	MultiQueue bool

	Index        int     // of a new link; 0 for any
	Owner, Group *uint32 // nil to leave them as they are
	Persist      bool    // the link stays when its last file is closed
}

// ErrExists means that another link has the name or the index.
var ErrExists error = syscall.EEXIST

// Reason returns the meaning of an error of this package and the next step, or an empty
// string.
func Reason(err error) string {
	if opening, ok := errors.AsType[*fs.PathError](err); ok {
		return openReason(opening.Err)
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		return callReason(call.Syscall, call.Err)
	}
	return ""
}

// openReason returns the reason why the device cannot be opened.
func openReason(err error) string {
	switch {
	case errors.Is(err, syscall.ENOENT):
		return Device + " does not exist: load the module tun, or in a container pass the device in"
	case errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV):
		return "this kernel has no tun driver (CONFIG_TUN): load the module tun"
	case errors.Is(err, fs.ErrPermission):
		return "to open " + Device + " needs its read and write permissions and, in a container, a device cgroup that allows it"
	}
	return ""
}

// Cause returns the errno of an error of this package. Without the device or its driver it
// is syscall.EOPNOTSUPP, as for a kind of links whose driver is missing.
func Cause(err error) error {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return err
	}
	if _, opening := errors.AsType[*fs.PathError](err); opening && !errors.Is(err, fs.ErrPermission) && openReason(err) != "" {
		return syscall.EOPNOTSUPP
	}
	return errno
}

// callReason returns the meaning of the errno of a request.
func callReason(request string, err error) string {
	attaching := request == attach
	switch {
	case attaching && errors.Is(err, syscall.EBUSY):
		return "a program has the link open, and the link has one queue: close that file, or make the link with MultiQueue"
	case attaching && errors.Is(err, syscall.E2BIG):
		return "the link has 256 queues in all, and no more are free"
	case attaching && errors.Is(err, syscall.EPERM):
		return "needs CAP_NET_ADMIN, or the user and group that Owner and OwnerGroup name"
	case request == create && errors.Is(err, syscall.EPERM):
		return "needs CAP_NET_ADMIN: run as root, or in a user namespace"
	case request == setOwner && errors.Is(err, syscall.EINVAL):
		return "the user does not exist in this user namespace"
	case request == setGroup && errors.Is(err, syscall.EINVAL):
		return "the group does not exist in this user namespace"
	}
	return ""
}

// Setting returns the setting that the failed request is about, in the words of `ip
// tuntap`, or an empty string.
func Setting(err error) string {
	call, ok := errors.AsType[*os.SyscallError](err)
	if !ok {
		return ""
	}
	return map[string]string{setOwner: "user", setGroup: "group", setPersist: "persist"}[call.Syscall]
}

// Names of requests in errors. TUNSETIFF makes a link or attaches to one.
const (
	create     = "TUNSETIFF with IFF_TUN_EXCL"
	attach     = "TUNSETIFF"
	setIndex   = "TUNSETIFINDEX"
	setOwner   = "TUNSETOWNER"
	setGroup   = "TUNSETGROUP"
	setPersist = "TUNSETPERSIST"
)
