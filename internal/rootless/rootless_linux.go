package rootless

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// marker is the environment variable that holds the process id of the parent in a
// program that was started again. If it is inherited from elsewhere, it does not
// match the parent and is ignored.
const marker = "IPLINK_ROOTLESS_PARENT"

// Reexec returns false if the program is privileged. If the program has just been
// started again, Reexec first brings up the loopback interface and mounts an empty
// directory for named network namespaces. If the program is not privileged, Reexec
// starts it again with the same arguments, environment and standard files, waits for
// it, and returns true and its exit code (128 + n after signal n), with which the
// caller should exit. The error names the setting of this system that forbids it,
// and the way to allow it.
//
// Reexec must be called before the program does anything else, because all earlier
// actions are repeated. SIGHUP, SIGINT, SIGQUIT and SIGTERM are passed on. Signals
// from a terminal reach the new process twice, because it is in the same process
// group.
func Reexec() (reexecuted bool, code int, err error) {
	again := startedAgain()
	switch {
	case privileged() && again:
		return false, 0, explain(setUp(), os.DirFS("/"))
	case privileged():
		return false, 0, nil
	case again: // and still without privilege: another attempt would not help
		return false, 0, explain(unix.EPERM, os.DirFS("/"))
	}
	code, err = run()
	return err == nil, code, explain(err, os.DirFS("/"))
}

// startedAgain removes the marker from the environment, so that the program's own
// children do not see it.
func startedAgain() bool {
	parent := os.Getenv(marker)
	os.Unsetenv(marker)
	return parent == strconv.Itoa(os.Getppid())
}

// privileged reports whether the program may configure its network and mount
// namespaces. The capabilities are not sufficient: after `unshare -U` a process has
// all of them, but not over these namespaces, which belong to the outer user
// namespace.
func privileged() bool {
	return capable(unix.CAP_NET_ADMIN) && capable(unix.CAP_SYS_ADMIN) && owned("net") && owned("mnt")
}

func capable(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}

// owned reports whether a namespace of the program belongs to its user namespace:
// the kernel does not reveal an owner outside of that. A kernel without user
// namespaces does not reveal the owner either, but then there is only one.
func owned(kind string) bool {
	if _, err := os.Stat("/proc/self/ns/user"); err != nil {
		return true
	}
	file, err := os.Open("/proc/self/ns/" + kind)
	if err != nil {
		return false
	}
	defer file.Close()
	owner, err := unix.IoctlRetInt(int(file.Fd()), unix.NS_GET_USERNS)
	if err != nil {
		return false
	}
	unix.Close(owner)
	return true
}

// run starts the program again and waits for it. The thread is locked because the
// parent-death signal is sent when the thread that started the process ends, rather
// than the whole parent.
func run() (code int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM)
	defer signal.Stop(signals)
	cmd := command()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() // its error adds nothing to ProcessState
	}()
	for {
		select {
		case s := <-signals:
			cmd.Process.Signal(s)
		case <-ended:
			return exitCode(cmd.ProcessState.Sys().(syscall.WaitStatus)), nil
		}
	}
}

func command() *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = slices.Clone(os.Args)
	cmd.Env = append(os.Environ(), marker+"="+strconv.Itoa(os.Getpid()))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		Pdeathsig:   unix.SIGKILL,
	}
	return cmd
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
