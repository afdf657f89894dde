package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lingering is the time to wait for the output of processes that outlive the test.
// `go test` counts such a test as failed, and so does Supervise.
const lingering = 5 * time.Second

// Exit statuses of the supervisor itself, as in a shell.
const (
	exitNotFound = 127
	exitSignal   = 128 // plus the signal's number
)

// Supervise runs the jobs of the specification and sends their results. It
// runs as a child of process 1.
func Supervise() int {
	if err := supervise(); err != nil {
		fmt.Fprintln(os.Stderr, "supervise:", err)
		return 1
	}
	return 0
}

func supervise() error {
	spec, err := readSpec()
	if err != nil {
		return err
	}
	for _, e := range spec.Env { // PATH is needed to find the commands
		name, value, _ := strings.Cut(e, "=")
		os.Setenv(name, value)
	}
	if spec.Coldplug {
		if err := coldplug(); err != nil {
			return err
		}
	}
	port, err := openPort(ResultPort)
	if err != nil {
		return err
	}
	reporter := newReporter(port)
	if len(spec.Jobs) == 1 {
		err = runAlone(spec, reporter)
	} else {
		err = runAll(spec, reporter)
	}
	return errors.Join(err, reporter.close())
}

func readSpec() (*Spec, error) {
	b, err := os.ReadFile(SpecPath)
	if err != nil {
		return nil, err
	}
	spec := new(Spec)
	return spec, json.Unmarshal(b, spec)
}

// runAlone runs the only job, with its output on the output port as it comes.
func runAlone(spec *Spec, r *reporter) error {
	output, err := openPort(OutputPort)
	if err != nil {
		return err
	}
	defer output.Close()
	if err := r.started(0); err != nil {
		return err
	}
	job := &spec.Jobs[0]
	code := run(job, spec, output)
	return errors.Join(drain(output), r.ended(0, job, nil, code))
}

// runAll runs as many jobs at a time as the specification says, and then those that are
// to be alone.
func runAll(spec *Spec, r *reporter) error {
	var together, alone []int
	for number, job := range spec.Jobs {
		if job.Alone {
			alone = append(alone, number)
		} else {
			together = append(together, number)
		}
	}
	return errors.Join(runSome(spec, together, spec.Parallel, r), runSome(spec, alone, 1, r))
}

func runSome(spec *Spec, some []int, parallel int, r *reporter) error {
	numbers := make(chan int)
	errs := make(chan error)
	for range parallel {
		go func() {
			var err error
			for number := range numbers {
				err = errors.Join(err, runOne(spec, number, r))
			}
			errs <- err
		}()
	}
	for _, number := range some {
		numbers <- number
	}
	close(numbers)
	var err error
	for range parallel {
		err = errors.Join(err, <-errs)
	}
	return err
}

func runOne(spec *Spec, number int, r *reporter) error {
	if err := r.started(number); err != nil {
		return err
	}
	job := &spec.Jobs[number]
	var output bytes.Buffer
	code := run(job, spec, &output)
	if len(job.Args) > 0 && strings.Contains(job.Args[0], "/") {
		_ = os.Remove(job.Args[0]) // its memory is of use to the next
	}
	return r.ended(number, job, output.Bytes(), code)
}

// run returns the job's exit code. It writes errors that occur before the command runs
// to its output, where a user sees them.
func run(job *Job, spec *Spec, output io.Writer) int {
	cmd := exec.Command("/proc/self/exe", append([]string{isolateArg, strconv.Itoa(spec.UID)}, job.Args...)...)
	cmd.Args[0] = "/init"
	cmd.Dir, cmd.Env = job.Dir, spec.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	// A writer other than *os.File makes os/exec use a pipe: a test must not take
	// its standard output for a terminal.
	pipe := struct{ io.Writer }{output}
	cmd.Stdout, cmd.Stderr = pipe, pipe
	cmd.WaitDelay = lingering
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitCode(exit.Sys().(syscall.WaitStatus))
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		fmt.Fprintln(output, "vmtest: a process that the test started still holds its output")
		return 1
	}
	if err != nil {
		fmt.Fprintln(output, "vmtest:", err)
		return exitNotFound
	}
	return 0
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return exitSignal + int(status.Signal())
	}
	return status.ExitStatus()
}

// openPort opens a serial port as a plain byte channel: no echo, and no carriage
// return before a newline.
func openPort(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&^unix.CBAUD | unix.B115200 | unix.CLOCAL
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

// drain waits until the port has sent everything: the virtual machine ends soon
// after, and data left in its buffers would be lost.
func drain(f *os.File) error {
	const waitForOutput = 1 // tcdrain is TCSBRK with a non-zero argument
	return unix.IoctlSetInt(int(f.Fd()), unix.TCSBRK, waitForOutput)
}
