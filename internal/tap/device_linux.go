package tap

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// A device is the character device of a link.
type device struct {
	number uint64 // major and minor numbers
	path   string // path in /dev if the kernel or a daemon created a node
	node   *node  // that node or a private one
}

// open opens the device once more. It tries the node in /dev first, whose
// permissions are for users who cannot create their own node.
func (d *device) open() (int, error) {
	if d.node != nil {
		return d.node.open()
	}
	if fd, err := d.openWith(d.nodeInDev); err == nil || !isRefusal(err) && err != error(syscall.ENOENT) {
		return fd, err
	}
	fd, err := d.openWith(d.newNode)
	if isRefusal(err) {
		return -1, &unreachable{err: err, advice: d.advice()}
	}
	return fd, err
}

// openWith opens the device through a node, and keeps the node on success.
func (d *device) openWith(get func() (*node, error)) (int, error) {
	n, err := get()
	if err != nil {
		return -1, err
	}
	fd, err := n.open()
	if err != nil {
		n.close()
		return -1, err
	}
	d.node = n
	return fd, nil
}

func (d *device) close() {
	if d.node != nil {
		d.node.close()
	}
}

// advice returns the remedy for a process that cannot open the device.
func (d *device) advice() string {
	return fmt.Sprintf("the character device %d:%d can be opened with CAP_MKNOD and CAP_SYS_ADMIN, which user namespaces do not give; "+
		"or at %s by whom its permissions let, for which root has mknod, chown and udev rules",
		unix.Major(d.number), unix.Minor(d.number), d.path)
}

// unreachable is the error for a device that this process cannot open.
type unreachable struct {
	err    error
	advice string
}

func (u *unreachable) Error() string { return u.err.Error() }

func isRefusal(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES)
}
