package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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

// Supervise runs the command of the specification, with its output on the output
// port, and sends the result. It runs as a child of process 1.
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
	output, err := openPort(OutputPort)
	if err != nil {
		return err
	}
	defer output.Close()
	if spec.Coldplug {
		if err := coldplug(); err != nil {
			return err
		}
	}
	code := run(spec, output)
	if err := drain(output); err != nil {
		return err
	}
	result, err := openPort(ResultPort)
	if err != nil {
		return err
	}
	defer result.Close()
	if err := writeResult(result, spec, code); err != nil {
		return err
	}
	return drain(result)
}

func readSpec() (*Spec, error) {
	b, err := os.ReadFile(SpecPath)
	if err != nil {
		return nil, err
	}
	spec := new(Spec)
	return spec, json.Unmarshal(b, spec)
}

// run returns the command's exit code. It writes errors that occur before the
// command runs to the output port, where a user sees them.
func run(spec *Spec, output *os.File) int {
	for _, e := range spec.Env { // PATH is needed to find the command
		name, value, _ := strings.Cut(e, "=")
		os.Setenv(name, value)
	}
	cmd := exec.Command(spec.Args[0], spec.Args[1:]...)
	cmd.Dir, cmd.Env = spec.Dir, spec.Env
	if spec.UID != 0 {
		id := uint32(spec.UID)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
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
