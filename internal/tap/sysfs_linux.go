package tap

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/netns"
)

// find looks up the device of a link in the sysfs of the calling thread's network
// namespace. The sysfs at /sys belongs to the namespace of the process that mounted
// it.
func find(kind string, index int) (*device, error) {
	name := fmt.Sprintf("tap%d", index)
	path := fmt.Sprintf("class/%s/%s/dev", kind, name)
	sysfs, err := netns.MountSysfs()
	if err != nil {
		return findMounted(path, name, err)
	}
	defer sysfs.Close()
	number, err := readNumber(sysfs, path)
	if err != nil {
		return nil, err
	}
	return &device{number: number, path: "/dev/" + name}, nil
}

// findMounted is find for a process that may not mount sysfs. Such a process is
// usually in the namespace in which it was started, whose sysfs is at /sys.
func findMounted(path, name string, refused error) (*device, error) {
	sysfs, err := os.Open("/sys")
	if err != nil {
		return nil, refused
	}
	defer sysfs.Close()
	number, err := readNumber(sysfs, path)
	if err == error(syscall.ENODEV) {
		return nil, &unreachable{netns.Bare(refused), "/sys is that of another network namespace, and to mount that of the link's takes CAP_SYS_ADMIN: as root"}
	}
	if err != nil {
		return nil, err
	}
	return &device{number: number, path: "/dev/" + name}, nil
}

// readNumber reads a number such as 242:3. If the file is missing, the link does not
// exist.
func readNumber(sysfs *os.File, path string) (uint64, error) {
	fd, err := unix.Openat(int(sysfs.Fd()), path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return 0, syscall.ENODEV
	}
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: "/sys/" + path, Err: err}
	}
	defer unix.Close(fd)
	var text [32]byte
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return 0, &fs.PathError{Op: "read", Path: "/sys/" + path, Err: err}
	}
	return parseNumber(string(text[:n]))
}

func parseNumber(text string) (uint64, error) {
	var major, minor uint32
	if _, err := fmt.Sscanf(strings.TrimSpace(text), "%d:%d", &major, &minor); err != nil {
		return 0, fmt.Errorf("sysfs has %q for the number of a device: %w", text, err)
	}
	return unix.Mkdev(major, minor), nil
}
