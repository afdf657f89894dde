package vmtest

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel kill the process when the thread that starts
// it ends, and so with this process, even if that is killed. The caller locks
// itself to its thread for as long.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
}

// accessible reports whether this process may use the device.
func accessible(device string) bool { return unix.Access(device, unix.R_OK|unix.W_OK) == nil }
