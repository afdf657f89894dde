package netns

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// Open opens the namespace file at path. The label is the kernel's notation of the
// namespace. O_NONBLOCK is necessary because path may be any file: opening a FIFO would
// wait for a writer.
func Open(path string) (file *os.File, label string, err error) {
	file, err = os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err == nil {
		file, err = highfd.File(file)
	}
	if err != nil {
		return nil, "", Bare(err)
	}
	return identified(file)
}

// FromFD opens the namespace of a descriptor, which remains the caller's.
func FromFD(fd int) (file *os.File, label string, err error) {
	own, err := highfd.Dup(fd)
	if err != nil {
		return nil, "", err
	}
	return identified(os.NewFile(uintptr(own), "net"))
}

// OfSocket opens the namespace of a socket.
func OfSocket(fd int) (file *os.File, label string, err error) {
	ns, err := unix.IoctlRetInt(fd, unix.SIOCGSKNS)
	if err == nil {
		ns, err = highfd.Number(ns)
	}
	if err != nil {
		return nil, "", err
	}
	return identified(os.NewFile(uintptr(ns), "net"))
}

// Bare returns the errno of an error that has one, without the path.
func Bare(err error) error {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return errno
	}
	return err
}

// identified returns a file with its label, and closes a file that is not a network
// namespace.
func identified(file *os.File) (_ *os.File, label string, err error) {
	err = borrow(file, func(fd int) error {
		if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
			return ErrOther
		}
		var st unix.Stat_t
		err := unix.Fstat(fd, &st)
		label = fmt.Sprintf("net:[%d]", st.Ino)
		return err
	})
	if err != nil {
		file.Close()
		return nil, "", err
	}
	return file, label, nil
}

// borrow runs fn with the descriptor of a file.
func borrow(file *os.File, fn func(fd int) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = fn(int(fd)) })
	return cmp.Or(err, failed)
}

// New makes a namespace without a name and opens it.
func New() (file *os.File, label string, err error) {
	moveErr := OnThread(
		func() error { return unix.Unshare(unix.CLONE_NEWNET) },
		func() { file, label, err = Open(OfThread) },
	)
	return file, label, cmp.Or(moveErr, err)
}

// Create makes a named namespace and opens it. It performs the steps of `ip netns add` in
// the same order, so that the two can run at the same time.
func Create(name string) (*os.File, error) {
	if err := makeDir(); err != nil {
		return nil, err
	}
	path := Named(name)
	point, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0)
	if err != nil {
		return nil, Bare(err)
	}
	point.Close()
	file, err := newAt(path)
	if err != nil {
		unix.Unlink(path)
		return nil, err
	}
	return file, nil
}

// newAt makes a namespace and bind-mounts it on the file at path.
func newAt(path string) (*os.File, error) {
	file, _, err := New()
	if err != nil {
		return nil, err
	}
	err = borrow(file, func(fd int) error {
		return mount(fmt.Sprintf("/proc/self/fd/%d", fd), path, unix.MS_BIND)
	})
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// makeDir makes Dir and shares it. If sharing fails, a new directory is removed.
func makeDir() error {
	madeErr := os.Mkdir(Dir, 0o755)
	if madeErr != nil && !errors.Is(madeErr, fs.ErrExist) {
		return madeErr
	}
	err := shareDir()
	if err != nil && madeErr == nil {
		unix.Rmdir(Dir)
	}
	return err
}

// shareDir makes the directory a shared mount, so that deleting a name removes it from
// all mount namespaces and the network namespace is freed. If several processes did so
// at once, each would stack a mount on top of the others (Debian bug 949235). The lock,
// which `ip` takes too, prevents that. If the lock fails, the function continues, as
// `ip` does.
func shareDir() error {
	if dir, err := os.Open(Dir); err == nil {
		defer dir.Close()
		unix.Flock(int(dir.Fd()), unix.LOCK_EX)
	}
	err := mount("", Dir, unix.MS_SHARED|unix.MS_REC)
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	// It is not a mount point yet.
	if err := mount(Dir, Dir, unix.MS_BIND|unix.MS_REC); err != nil {
		return err
	}
	err = mount("", Dir, unix.MS_SHARED|unix.MS_REC)
	if err != nil {
		unix.Unmount(Dir, unix.MNT_DETACH)
	}
	return err
}

func mount(source, target string, flags uintptr) error {
	if err := unix.Mount(source, target, "none", flags, ""); err != nil {
		return &fs.PathError{Op: "mount", Path: target, Err: err}
	}
	return nil
}

// Delete unmounts all mounts that are stacked on a name, and removes the name. EINVAL
// means that no mount is left.
func Delete(name string) error {
	path := Named(name)
	var err error
	for err == nil {
		err = unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	}
	if err != unix.EINVAL {
		return err
	}
	return unix.Unlink(path)
}

// List returns the names in Dir, sorted.
func List() ([]string, error) {
	entries, err := os.ReadDir(Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, err
}
