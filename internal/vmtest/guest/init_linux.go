package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// superviseArg marks the second copy of init as the supervisor.
const superviseArg = "supervise"

// Init is process 1. It starts the supervisor, reaps every orphaned process, and
// ends the virtual machine when the supervisor ends. It returns only if that fails.
// The kernel then panics, which the host reports as a crash of the guest.
func Init() int {
	if len(os.Args) > 1 && os.Args[1] == superviseArg {
		return Supervise()
	}
	if len(os.Args) > 3 && os.Args[1] == isolateArg {
		return Isolate(os.Args[2:])
	}
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
		return 1
	}
	supervisor := exec.Command("/proc/self/exe", superviseArg)
	supervisor.Args[0] = "/init"
	supervisor.Stdout, supervisor.Stderr = os.Stdout, os.Stderr
	if err := supervisor.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
		return 1
	}
	reap(supervisor.Process.Pid)
	// With -no-reboot this ends QEMU. Unlike a power-off, it needs no ACPI.
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART); err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
	}
	return 1
}

// reap waits for every child until the one with this pid has ended. os/exec must not
// wait for that child, because only one caller receives the status.
func reap(pid int) {
	for {
		ended, err := unix.Wait4(-1, nil, 0, nil)
		if ended == pid || errors.Is(err, unix.ECHILD) {
			return
		}
	}
}

// A mount is one line of an /etc/fstab.
type mount struct{ kind, dir, data string }

func prepare() error {
	for _, m := range []mount{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"devtmpfs", "/dev", ""},
		{"devpts", "/dev/pts", "ptmxmode=0666"},
		{"tmpfs", "/dev/shm", ""},
		{"cgroup2", "/sys/fs/cgroup", ""},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, unix.MS_NOSUID, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	if err := staticNodes(); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/core/fb_tunnels_only_for_init_net", []byte("1"), 0); err != nil {
		return err // tests count the links of their namespaces: no tunl0, sit0, gre0 there
	}
	return loopbackUp()
}

// staticNodes creates the nodes that an init system would create from
// modules.devname and /proc: a node that loads the tun driver when it is opened, and
// the names of the standard streams.
func staticNodes() error {
	const tun = 10<<8 | 200 // the driver's number in Documentation/admin-guide/devices.txt
	if err := os.MkdirAll("/dev/net", 0o755); err != nil {
		return err
	}
	if err := unix.Mknod("/dev/net/tun", unix.S_IFCHR|0o666, tun); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("make /dev/net/tun: %w", err)
	}
	for name, target := range map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2",
	} {
		if err := os.Symlink(target, name); err != nil {
			return err
		}
	}
	return nil
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}
