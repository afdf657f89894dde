package tap

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/netns"
)

// A node is a device node, held so that it cannot be replaced, but not yet opened:
// opening a tap adds a queue to its link.
type node struct {
	fd int
}

func holdNode(dir int, name string) (*node, error) {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if fd, err = highfd.Number(fd); err != nil {
		return nil, err
	}
	return &node{fd}, nil
}

// open opens the device in non-blocking mode.
func (n *node) open() (int, error) {
	path := fmt.Sprintf("/proc/self/fd/%d", n.fd)
	for {
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		switch err {
		case nil:
			return highfd.Number(fd)
		case unix.EINTR:
		default:
			return fd, err
		}
	}
}

func (n *node) close() {
	unix.Close(n.fd)
}

// nodeInDev returns the node in /dev if it belongs to this device. Nodes are named
// after interface indexes, which are not unique across namespaces.
func (d *device) nodeInDev() (*node, error) {
	n, err := holdNode(unix.AT_FDCWD, d.path)
	if err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(n.fd, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFCHR || stat.Rdev != d.number {
		n.close()
		return nil, syscall.ENOENT
	}
	return n, nil
}

// newNode creates a node and removes its name before it returns. It creates the node
// in an unmounted file system or, if that is not permitted, in /dev, because other
// file systems are often mounted without devices.
func (d *device) newNode() (*node, error) {
	dir, err := netns.MountNowhere("tmpfs", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC)
	if err == nil {
		defer dir.Close()
		return d.makeNode(dir)
	}
	path, err := os.MkdirTemp("/dev", ".tap-")
	if err != nil {
		return nil, netns.Bare(err)
	}
	defer unix.Rmdir(path)
	if dir, err = os.Open(path); err != nil {
		return nil, netns.Bare(err)
	}
	defer dir.Close()
	return d.makeNode(dir)
}

func (d *device) makeNode(dir *os.File) (*node, error) {
	const name = "tap"
	fd := int(dir.Fd())
	if err := unix.Mknodat(fd, name, unix.S_IFCHR|0o600, int(d.number)); err != nil {
		return nil, err
	}
	defer unix.Unlinkat(fd, name, 0)
	return holdNode(fd, name)
}
