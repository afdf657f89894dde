package rootless

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// netNSDir is the directory in which CreateNetNS and `ip netns` keep the named
// network namespaces.
const netNSDir = "/run/netns"

// setUp makes the initial settings of the new namespaces that every system has after
// boot.
func setUp() error {
	return errors.Join(upLoopback(), hideNetNSDir())
}

func upLoopback() error {
	sock, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	defer unix.Close(sock)
	ifreq, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifreq.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(sock, unix.SIOCSIFFLAGS, ifreq); err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	return nil
}

// hideNetNSDir mounts an empty directory over the directory of named namespaces, or
// over its parent if it does not exist, because only the system's root can create
// it. Names in the program and in the system are then independent.
func hideNetNSDir() error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE); err != nil {
		return err
	}
	dir := netNSDir
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		dir = "/run"
	}
	return mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV)
}

func mount(source, target, kind string, flags uintptr) error {
	data := ""
	if kind == "tmpfs" {
		data = "mode=0755"
	}
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return &fs.PathError{Op: "mount", Path: target, Err: err}
	}
	return nil
}
