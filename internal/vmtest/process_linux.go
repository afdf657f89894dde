package vmtest

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// dieWithParent makes the kernel kill the process when the thread that started it
// ends, and thus when this process ends, even if it is killed. The caller must lock
// itself to its thread until then.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
}

// accessible reports whether this process may use the device.
func accessible(device string) bool { return unix.Access(device, unix.R_OK|unix.W_OK) == nil }
