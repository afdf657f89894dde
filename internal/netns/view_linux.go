package netns

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// EnterView runs fn, which must not panic, on a thread in the namespace of a descriptor. The
// thread has a mount namespace of its own, as a program has that `ip netns exec` starts: with
// the /sys of the namespace, and the files of /etc/netns/NAME over those in /etc. The thread
// cannot return from there and ends.
func EnterView(lend Lender, name string, fn func()) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = takeView(lend, name, fn)
	}()
	<-done
	return err
}

// takeView does the work of EnterView. The goroutine stays locked, so that its thread
// ends with it, unless that is the process's first thread.
func takeView(lend Lender, name string, fn func()) error {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		defer runtime.UnlockOSThread()
		return EnterView(lend, name, fn)
	}
	if err := lend(setns); err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return err
	}
	if err := mountView(name); err != nil {
		return err
	}
	fn()
	return nil
}

// mountView mounts the /sys of the thread's network namespace, and the files of a named
// one in /etc.
func mountView(name string) error {
	if err := mount("", "/", unix.MS_SLAVE|unix.MS_REC); err != nil {
		return err
	}
	var was unix.Statfs_t
	_ = unix.Statfs("/sys", &was)
	_ = unix.Unmount("/sys", unix.MNT_DETACH) // which fails if nothing is mounted there
	if err := unix.Mount("sysfs", "/sys", "sysfs", uintptr(was.Flags)&unix.ST_RDONLY, ""); err != nil {
		return &fs.PathError{Op: "mount", Path: "/sys", Err: err}
	}
	if name == "" {
		return nil
	}
	dir := "/etc/netns/" + name
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, file := range files {
		if err := mount(dir+"/"+file.Name(), "/etc/"+file.Name(), unix.MS_BIND); err != nil {
			return err
		}
	}
	return nil
}

// EndsWithThread reports whether a process is to end with the thread that starts it.
func EndsWithThread(cmd *exec.Cmd) bool {
	return cmd.SysProcAttr != nil && cmd.SysProcAttr.Pdeathsig != 0
}

// Sysfs returns the directory of a sysfs of the calling thread's namespace, which exists
// until end is called. It takes CAP_SYS_ADMIN to see the links of a namespace from outside;
// without it, the directory is the program's own /sys, and may be about other links.
func Sysfs() (dir string, end func()) {
	root, err := MountSysfs()
	if err != nil {
		return "/sys", func() {}
	}
	return "/proc/self/fd/" + strconv.Itoa(int(root.Fd())), func() { root.Close() }
}

// MountSysfs returns the root of a new sysfs of the calling thread's namespace.
func MountSysfs() (*os.File, error) {
	return MountNowhere("sysfs", unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
}

// MountNowhere returns the root of a new mount that is not attached to any
// directory.
func MountNowhere(kind string, attributes int) (*os.File, error) {
	context, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(context)
	if err := unix.FsconfigCreate(context); err != nil {
		return nil, os.NewSyscallError("fsconfig", err)
	}
	fd, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, attributes)
	if err != nil {
		return nil, os.NewSyscallError("fsmount", err)
	}
	return os.NewFile(uintptr(fd), kind), nil
}
