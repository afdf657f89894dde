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

// Options are the options of a guest.
type Options struct {
	Kernel    Kernel
	Parallel  int           // jobs at a time, at least 1
	Env       []string      // names of variables to pass through, besides IPLINK_*
	UID       int           // the user in the guest, 0 for root
	Accel     string        // "auto", "kvm" or "tcg"
	CPUs      int           // at least 1
	Memory    int           // MiB
	CAN       bool          // with a CAN controller, whose driver (kvaser_pci) is not loaded
	Failover  bool          // with a net_failover pair; drivers are loaded
	AllowWarn bool          // trouble in the kernel's log is shown but does not fail the run
	Timeout   time.Duration // for everything; 0 is the jobs' own limits plus grace
	QEMU      []string      // further arguments for QEMU
	Stdout    io.Writer     // output and errors of the commands
	Stderr    io.Writer     // messages of the runner
}

// A Job is a command to run in a guest.
type Job struct {
	Name    string   // for messages: a package's path
	Command []string // a path is a program of the host, other names are commands of the guest
	Dir     string   // working directory, the same in the guest
	Pack    []string // files and directories of the host to add; testdata always is
	Alone   bool     // no other job of the guest runs at that time
}

// Run runs a job in a guest of its own, with its output on o.Stdout as it comes, and
// returns its exit code.
func (c *Cache) Run(ctx context.Context, o Options, job Job) (int, error) {
	all, err := c.boot(ctx, o, []Job{job}, nil)
	if len(all) == 0 {
		return 0, err
	}
	r := &all[0]
	if !r.ended {
		return ExitCrashed, err
	}
	if r.log == "" {
		return r.code, nil
	}
	report(o, r.log)
	if o.AllowWarn || r.code != 0 {
		return r.code, nil
	}
	return 1, fmt.Errorf("the test passed, but kernel %s complained", o.Kernel.Name)
}

// boot runs jobs in one guest and returns their results, also those of a guest that
// crashed. It calls done, if any, for each job that has ended.
func (c *Cache) boot(ctx context.Context, o Options, jobs []Job, done func(*result)) ([]result, error) {
	if _, err := exec.LookPath(qemuProgram); err != nil {
		return nil, unavailable("QEMU is not installed (%s, Debian package %s)", qemuProgram, packageOf(qemuProgram))
	}
	image, err := c.Image(ctx, o.Kernel, false)
	if err != nil {
		return nil, err
	}
	accel, err := c.accelerator(ctx, o.Accel, image)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m := &machine{
		kernel: image.Boot, initrd: filepath.Join(dir, "initrd"), dir: dir, accel: accel,
		cpus: o.CPUs, memory: o.Memory, can: o.CAN, failover: o.Failover, extra: o.QEMU,
	}
	homes, err := writeInitrd(m.initrd, image, o, jobs)
	if err != nil {
		return nil, err
	}
	ctx, cancel := withLimit(ctx, o, jobs)
	defer cancel()
	results := newReceiver(homes, done)
	if err := m.run(ctx, o.Stdout, results); err != nil {
		console, _ := os.ReadFile(m.consoleFile()) // QEMU may have died before it created the file
		report(o, string(console))
		return results.all, errors.Join(err, context.Cause(ctx))
	}
	return results.all, nil
}

func writeInitrd(file string, image *Image, o Options, jobs []Job) ([]packed, error) {
	out, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	base, err := os.Open(image.Base)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	if _, err := io.Copy(out, base); err != nil {
		return nil, err
	}
	p := payload{Options: o, image: image, jobs: jobs}
	return p.write(out)
}

// withLimit limits a guest to the option, or to the sum of its jobs' own limits and
// grace; if a job has no limit, the guest has none.
func withLimit(ctx context.Context, o Options, jobs []Job) (context.Context, context.CancelFunc) {
	limit := o.Timeout
	if limit == 0 {
		for _, job := range jobs {
			own := readTestFlags(job.Command[1:], job.Dir).timeout
			if own == 0 {
				return context.WithCancel(ctx)
			}
			limit += own
		}
		limit += grace
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no result after %v", limit))
}

// run runs QEMU until the guest ends it, and passes the guest's output and results on
// as they come.
func (m *machine) run(ctx context.Context, output io.Writer, results *receiver) error {
	runtime.LockOSThread() // see dieWithParent
	defer runtime.UnlockOSThread()
	in, out, err := os.Pipe()
	if err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() {
		received <- results.receive(in)
		_, _ = io.Copy(io.Discard, in) // a guest that goes on must not be blocked
	}()
	var complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, qemuProgram, m.args()...)
	// QEMU makes its standard output non-blocking, which would affect everyone who
	// shares it. Therefore use a pipe, which os/exec creates for a writer other than
	// *os.File.
	cmd.Stdout = struct{ io.Writer }{output}
	cmd.Stderr = &complaints
	cmd.ExtraFiles = []*os.File{out} // resultFile
	cmd.WaitDelay = time.Second
	dieWithParent(cmd)
	err = cmd.Run()
	out.Close()
	bad := <-received
	in.Close()
	if bad == nil {
		return nil // however QEMU ended
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, strings.TrimSpace(complaints.String()))
	}
	return errors.Join(fmt.Errorf("the guest gave no result: %w", bad), err)
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
