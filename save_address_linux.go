package iplink

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

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
