package vmtest

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

const qemuProgram = "qemu-system-x86_64"

// A machine is the hardware of a guest.
type machine struct {
	kernel, initrd string // files
	dir            string // for the file of the console
	accel          string // "tcg" or "kvm"
	cpus, memory   int    // memory in MiB
	can, failover  bool
	extra          []string
}

func (m *machine) consoleFile() string { return filepath.Join(m.dir, "console.log") }

// resultFile is the first file that QEMU inherits besides its standard streams.
const resultFile = "/proc/self/fd/3"

// args returns QEMU's arguments. The serial ports are, in the order of their names
// in the guest: the console, the test's output on QEMU's standard output, and the
// result.
func (m *machine) args() []string {
	accel := m.accel
	if accel == "tcg" {
		accel = "tcg,thread=multi,tb-size=256"
	}
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-M", "q35", "-cpu", "qemu64,+fsgsbase", "-accel", accel, "-smp", strconv.Itoa(m.cpus), "-m", strconv.Itoa(m.memory),
		"-kernel", m.kernel, "-initrd", m.initrd, "-append", kernelCommandLine,
		"-chardev", "file,id=console,path=" + escape(m.consoleFile()), "-serial", "chardev:console",
		"-chardev", "stdio,id=output,signal=off", "-serial", "chardev:output",
		"-chardev", "file,id=result,path=" + resultFile, "-serial", "chardev:result",
	}
	if m.can {
		args = append(args, "-object", "can-bus,id=canbus0", "-device", "kvaser_pci,canbus=canbus0")
	}
	if m.failover {
		args = append(args, failoverPair()...)
	}
	return append(args, m.extra...)
}

// kernelCommandLine disables features that are useless for a machine that runs for
// seconds. Programs at random addresses would be translated again in each process,
// which more than doubled the time of tests that run many programs. Timers of a high
// resolution are programmed at almost each switch of a process, which is slow for an
// emulator: without them tests take three quarters of the processor's time. Security
// modules, accounting of memory, checks of copies and the string instructions by which
// the kernel clears pages (feature 112, rep_good) cost another fifth. Warnings also go to
// the console, in case the guest can no longer send its log.
const kernelCommandLine = "console=ttyS0 loglevel=5 panic=-1 rdinit=/init mitigations=off nokaslr audit=0 cryptomgr.notests " +
	"no_timer_check tsc=reliable random.trust_cpu=on rcupdate.rcu_expedited=1 highres=off log_buf_len=4M norandmaps init_on_alloc=0 " +
	"lsm=capability cgroup_disable=memory hardened_usercopy=off randomize_kstack_offset=off clearcpuid=112 nowatchdog"

// escape doubles the commas of a file name, as QEMU's options require.
func escape(name string) string { return strings.ReplaceAll(name, ",", ",,") }

// failoverPair returns a virtio-net device and its passed-through counterpart with
// the same address, which the guest joins under a net_failover device. Their
// networks are internal to QEMU and restricted to the guest.
func failoverPair() []string {
	const mac = "52:54:00:12:34:56"
	var args []string
	for i, device := range []string{
		"virtio-net-pci,id=standby0,failover=on",
		"e1000e,id=primary0,failover_pair_id=standby0",
	} {
		args = append(args,
			"-netdev", fmt.Sprintf("user,id=net%d,restrict=on", i),
			"-device", fmt.Sprintf("pcie-root-port,id=port%d,chassis=%d,slot=%d", i, i+1, i+1),
			"-device", fmt.Sprintf("%s,netdev=net%d,bus=port%d,mac=%s,romfile=", device, i, i, mac))
	}
	return args
}
