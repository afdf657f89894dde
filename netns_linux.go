package iplink

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/rtnl"
)

const threadNetNSPath = "/proc/thread-self/ns/net"

func pidNetNSPath(pid int) string { return fmt.Sprintf("/proc/%d/ns/net", pid) }

// openNetNS opens the namespace file at path. O_NONBLOCK is necessary because path
// may be any file: opening a FIFO would wait for a writer.
func openNetNS(path string) (*NetNS, error) {
	file, err := openHigh(path, os.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, bareErr(err)
	}
	ns := &NetNS{file: file}
	if err := ns.use(ns.identify); err != nil {
		file.Close()
		return nil, err
	}
	return ns, nil
}

func netNSFromFD(fd int) (*NetNS, error) {
	own, err := highfd.Dup(fd)
	if err != nil {
		return nil, err
	}
	ns := &NetNS{file: os.NewFile(uintptr(own), "net")}
	if err := ns.use(ns.identify); err != nil {
		ns.file.Close()
		return nil, err
	}
	return ns, nil
}

// openHigh opens a file with a descriptor other than those of the standard files.
func openHigh(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	return highfd.File(file)
}

// identify checks that fd is a network namespace and sets the label of ns to the
// kernel's notation.
func (ns *NetNS) identify(fd int) error {
	if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
		return errNoNetNS
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	ns.label = fmt.Sprintf("net:[%d]", st.Ino)
	return nil
}

func newNetNS() (*NetNS, error) {
	var ns *NetNS
	var openErr error
	moveErr := rtnl.OnThread(
		func() error { return unix.Unshare(unix.CLONE_NEWNET) },
		func() { ns, openErr = openNetNS(threadNetNSPath) },
	)
	return ns, cmp.Or(moveErr, openErr)
}

// createNetNS performs the steps of `ip netns add` in the same order, so that the
// two can run at the same time.
func createNetNS(name string) (*NetNS, error) {
	if err := makeNetNSDir(); err != nil {
		return nil, err
	}
	path := netNSDir + "/" + name
	file, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0)
	if err != nil {
		return nil, bareErr(err)
	}
	file.Close()
	ns, err := newNetNSAt(path)
	if err != nil {
		unix.Unlink(path)
		return nil, err
	}
	ns.name, ns.label = name, name
	return ns, nil
}

// newNetNSAt makes a namespace and bind-mounts it on the file at path.
func newNetNSAt(path string) (*NetNS, error) {
	ns, err := newNetNS()
	if err != nil {
		return nil, err
	}
	err = ns.use(func(fd int) error {
		return mount(fmt.Sprintf("/proc/self/fd/%d", fd), path, unix.MS_BIND)
	})
	if err != nil {
		ns.Close()
		return nil, err
	}
	return ns, nil
}

// makeNetNSDir makes the directory of named namespaces and shares it. If sharing
// fails, a new directory is removed.
func makeNetNSDir() error {
	madeErr := os.Mkdir(netNSDir, 0o755)
	if madeErr != nil && !errors.Is(madeErr, fs.ErrExist) {
		return madeErr
	}
	err := shareNetNSDir()
	if err != nil && madeErr == nil {
		unix.Rmdir(netNSDir)
	}
	return err
}

// shareNetNSDir makes the directory a shared mount, so that deleting a name removes
// it from all mount namespaces and the network namespace is freed. If several
// processes did so at once, each would stack a mount on top of the others (Debian
// bug 949235). The lock, which `ip` takes too, prevents that. If the lock fails, the
// function continues, as `ip` does.
func shareNetNSDir() error {
	if dir, err := os.Open(netNSDir); err == nil {
		defer dir.Close()
		unix.Flock(int(dir.Fd()), unix.LOCK_EX)
	}
	err := mount("", netNSDir, unix.MS_SHARED|unix.MS_REC)
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	// It is not a mount point yet.
	if err := mount(netNSDir, netNSDir, unix.MS_BIND|unix.MS_REC); err != nil {
		return err
	}
	err = mount("", netNSDir, unix.MS_SHARED|unix.MS_REC)
	if err != nil {
		unix.Unmount(netNSDir, unix.MNT_DETACH)
	}
	return err
}

func mount(source, target string, flags uintptr) error {
	if err := unix.Mount(source, target, "none", flags, ""); err != nil {
		return &fs.PathError{Op: "mount", Path: target, Err: err}
	}
	return nil
}

// deleteNetNS unmounts all mounts that are stacked on the name. EINVAL means that
// none is left.
func deleteNetNS(name string) error {
	path := netNSDir + "/" + name
	var err error
	for err == nil {
		err = unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	}
	if err != unix.EINVAL {
		return err
	}
	return unix.Unlink(path)
}

func listNetNS() ([]string, error) {
	entries, err := os.ReadDir(netNSDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, err
}

// enter runs fn, which must not panic, on a thread in the namespace.
func (ns *NetNS) enter(fn func()) error {
	setns := func() error {
		return ns.use(func(fd int) error { return unix.Setns(fd, unix.CLONE_NEWNET) })
	}
	return rtnl.OnThread(setns, fn)
}

// enterView runs fn, which must not panic, on a thread in the namespace that has a mount
// namespace of its own. The thread cannot return from there and ends.
func (ns *NetNS) enterView(fn func()) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = ns.takeView(fn)
	}()
	<-done
	return err
}

// takeView does the work of enterView. The goroutine stays locked, so that its thread
// ends with it, unless that is the process's first thread.
func (ns *NetNS) takeView(fn func()) error {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		defer runtime.UnlockOSThread()
		return ns.enterView(fn)
	}
	if err := ns.use(func(fd int) error { return unix.Setns(fd, unix.CLONE_NEWNET) }); err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return err
	}
	if err := ns.mountView(); err != nil {
		return err
	}
	fn()
	return nil
}

// mountView mounts the /sys of the thread's network namespace, and the files of
// /etc/netns/NAME over those in /etc, as `ip netns exec` does.
func (ns *NetNS) mountView() error {
	if err := mount("", "/", unix.MS_SLAVE|unix.MS_REC); err != nil {
		return err
	}
	var was unix.Statfs_t
	_ = unix.Statfs("/sys", &was)
	_ = unix.Unmount("/sys", unix.MNT_DETACH) // which fails if nothing is mounted there
	if err := unix.Mount("sysfs", "/sys", "sysfs", uintptr(was.Flags)&unix.ST_RDONLY, ""); err != nil {
		return &fs.PathError{Op: "mount", Path: "/sys", Err: err}
	}
	if ns.name == "" {
		return nil
	}
	dir := "/etc/netns/" + ns.name
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

// stays returns an error for a process that would end with the thread that starts it.
func (ns *NetNS) stays(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil || cmd.SysProcAttr.Pdeathsig == 0 {
		return nil
	}
	return &Error{Op: "run in", Kind: "netns", Name: ns.String(), Attr: "Pdeathsig", Err: fs.ErrInvalid,
		Message: "the thread that starts the process ends at once, and the process with it"}
}

// socketNetNS opens the namespace of a socket.
func socketNetNS(rt *rtnl.Conn) (*NetNS, error) {
	var file *os.File
	err := rt.Control(func(fd int) error {
		ns, err := unix.IoctlRetInt(fd, unix.SIOCGSKNS)
		if err == nil {
			ns, err = highfd.Number(ns)
		}
		if err == nil {
			file = os.NewFile(uintptr(ns), "net")
		}
		return err
	})
	switch {
	case errors.Is(err, os.ErrClosed):
		return nil, err
	case err != nil:
		return nil, &Error{Op: "open", Kind: "netns", Err: err}
	}
	ns := &NetNS{file: file}
	if err := ns.use(ns.identify); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return ns, nil
}

func dupFD(fd int) (int, error) {
	return highfd.Dup(fd)
}

func closeFD(fd int) {
	_ = unix.Close(fd)
}

// hasNetAdmin reports whether the calling thread may change links at all.
func hasNetAdmin() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(&header, &data[0])
	return err != nil || data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0
}

// A linkFiles reads the files that sysfs has about each link of a namespace.
type linkFiles struct{ dir string }

// openLinkFiles opens the files of the calling thread's namespace. It takes CAP_SYS_ADMIN
// to see the links of a namespace from outside; without it, the files are the program's own,
// and may be about other links.
func openLinkFiles() (files linkFiles, end func()) {
	files, end = linkFiles{"/sys"}, func() {}
	fs, err := unix.Fsopen("sysfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return files, end
	}
	defer unix.Close(fs)
	if unix.FsconfigCreate(fs) != nil {
		return files, end
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	if err != nil {
		return files, end
	}
	return linkFiles{"/proc/self/fd/" + strconv.Itoa(mount)}, func() { unix.Close(mount) }
}

func (f linkFiles) read(l *Link, name string) string {
	text, _ := os.ReadFile(filepath.Join(f.dir, "class/net", l.Name, name)) // an empty text is unlike every value
	return strings.TrimSpace(string(text))
}

// givesAddress reports whether the kernel chose the link-layer address, by itself or from
// another link: only an address that a program chose is NET_ADDR_SET.
func (f linkFiles) givesAddress(l *Link) bool {
	const chosen = "3"
	if f.read(l, "ifindex") != strconv.Itoa(l.Index) || f.read(l, "address") != l.Address.String() {
		return false // another link
	}
	how := f.read(l, "addr_assign_type")
	return how != "" && how != chosen
}
