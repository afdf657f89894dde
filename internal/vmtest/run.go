package vmtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// Exit statuses of the runner itself. Others are the test's.
const (
	ExitUnavailable = 78  // virtual machines are unavailable here (EX_CONFIG of sysexits.h)
	ExitCrashed     = 125 // the guest hung or died without an exit code
)

// grace is the additional time that a guest may need beyond the test's own time
// limit to boot and send its result on a busy machine.
const grace = 90 * time.Second

// Options are the options of a command run in a guest.
type Options struct {
	Kernel    Kernel
	Command   []string      // a path is a program of the host, other names are commands of the guest
	Dir       string        // working directory, the same in the guest
	Env       []string      // names of variables to pass through, besides IPLINK_*
	UID       int           // the user in the guest, 0 for root
	Pack      []string      // files and directories of the host to add
	Accel     string        // "auto", "kvm" or "tcg"
	CPUs      int           // at least 1
	Memory    int           // MiB
	CAN       bool          // with a CAN controller, whose driver (kvaser_pci) is not loaded
	Failover  bool          // with a net_failover pair; drivers are loaded
	AllowWarn bool          // trouble in the kernel's log is shown but does not fail the run
	Timeout   time.Duration // for everything; 0 is the test's own limit plus grace
	QEMU      []string      // further arguments for QEMU
	Stdout    io.Writer     // output and errors of the command
	Stderr    io.Writer     // messages of the runner
}

// Run runs the command in a guest and returns its exit code.
func (c *Cache) Run(ctx context.Context, o Options) (int, error) {
	if _, err := exec.LookPath(qemuProgram); err != nil {
		return 0, unavailable("QEMU is not installed (%s, Debian package %s)", qemuProgram, packageOf(qemuProgram))
	}
	image, err := c.Image(ctx, o.Kernel, false)
	if err != nil {
		return 0, err
	}
	accel, err := c.accelerator(ctx, o.Accel, image)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	m := &machine{
		kernel: image.Boot, initrd: filepath.Join(dir, "initrd"), dir: dir, accel: accel,
		cpus: o.CPUs, memory: o.Memory, can: o.CAN, failover: o.Failover, extra: o.QEMU,
	}
	flags := readTestFlags(o.Command[1:], o.Dir)
	home, err := writeInitrd(m.initrd, image, o, flags)
	if err != nil {
		return 0, err
	}
	ctx, cancel := withLimit(ctx, o.Timeout, flags.timeout)
	defer cancel()
	qemuErr := m.boot(ctx, o.Stdout)
	return conclude(ctx, m, home, qemuErr, o)
}

func writeInitrd(file string, image *Image, o Options, flags testFlags) (packed, error) {
	out, err := os.Create(file)
	if err != nil {
		return packed{}, err
	}
	defer out.Close()
	base, err := os.Open(image.Base)
	if err != nil {
		return packed{}, err
	}
	defer base.Close()
	if _, err := io.Copy(out, base); err != nil {
		return packed{}, err
	}
	p := payload{Options: o, image: image}
	return p.write(out, flags)
}

func withLimit(ctx context.Context, limit, test time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 && test > 0 {
		limit = test + grace
	}
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no result after %v", limit))
}

// boot runs QEMU until the guest ends it.
func (m *machine) boot(ctx context.Context, output io.Writer) error {
	runtime.LockOSThread() // see dieWithParent
	defer runtime.UnlockOSThread()
	var complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, qemuProgram, m.args()...)
	// QEMU makes its standard output non-blocking, which would affect everyone who
	// shares it. Therefore use a pipe, which os/exec creates for a writer other than
	// *os.File.
	cmd.Stdout = struct{ io.Writer }{output}
	cmd.Stderr = &complaints
	cmd.WaitDelay = time.Second
	dieWithParent(cmd)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(complaints.String()))
	}
	return nil
}

// conclude takes the files of the result and reports errors.
func conclude(ctx context.Context, m *machine, home packed, qemuErr error, o Options) (int, error) {
	result, err := readResult(m.resultFile(), home)
	if err != nil {
		console, _ := os.ReadFile(m.consoleFile()) // QEMU may have died before it created the file
		report(o, string(console))
		return ExitCrashed, errors.Join(fmt.Errorf("the guest gave no result: %w", err), qemuErr, context.Cause(ctx))
	}
	if result.log == "" {
		return result.code, nil
	}
	report(o, result.log)
	if o.AllowWarn || result.code != 0 {
		return result.code, nil
	}
	return 1, fmt.Errorf("the test passed, but kernel %s complained", o.Kernel.Name)
}

// report prints the kernel's trouble reports, or else the end of its log.
func report(o Options, log string) {
	trouble := guest.Trouble(log)
	for _, t := range trouble {
		fmt.Fprintf(o.Stderr, "\nvmtest: KERNEL TROUBLE (%s)\n%s\n\n", o.Kernel.Name, t)
	}
	if len(trouble) == 0 {
		fmt.Fprintf(o.Stderr, "vmtest: the end of the log of kernel %s:\n%s\n", o.Kernel.Name, guest.Tail(log, 40))
	}
}
