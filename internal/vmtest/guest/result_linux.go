package guest

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// A reporter sends the results of the jobs to the host. Several jobs may report at
// once.
type reporter struct {
	port *os.File

	mu      sync.Mutex
	buffer  bytes.Buffer // many small writes to a serial port are slow
	archive *tar.Writer
	log     watchedLog
}

func newReporter(port *os.File) *reporter {
	r := &reporter{port: port}
	r.archive = tar.NewWriter(&r.buffer)
	return r
}

// started reports that a job runs. If the guest dies, the host knows the jobs
// to blame.
func (r *reporter) started(number int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.send(addBytes(r.archive, member(number, StartMember), nil))
}

// ended sends a job's output, the files that the host requested, the kernel's log if
// it contains new trouble, and the exit code.
func (r *reporter) ended(number int, job *Job, output []byte, code int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.send(errors.Join(
		addBytes(r.archive, member(number, OutputMember), output),
		addFiles(r.archive, number, job.Files),
		addDirs(r.archive, number, job.Dirs),
		r.addLog(number),
		addBytes(r.archive, member(number, ExitMember), []byte(strconv.Itoa(code))),
	))
}

// close ends the archive, which shows the host that the guest did not crash before,
// and waits until all is sent.
func (r *reporter) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.send(r.archive.Close()), drain(r.port), r.port.Close())
}

func (r *reporter) send(err error) error {
	if err == nil {
		_, err = r.buffer.WriteTo(r.port)
	}
	return err
}

// addLog adds the kernel's log if it has a report of trouble that no earlier job was
// shown, or if the kernel's taint shows that a report has left the log.
func (r *reporter) addLog(number int) error {
	log, err := kernelLog()
	if err != nil {
		return err
	}
	taint, err := taint()
	if err != nil || !r.log.troubled(log, taint) {
		return err
	}
	return addBytes(r.archive, member(number, LogMember), []byte(log))
}

func member(number int, name string) string { return path.Join(strconv.Itoa(number), name) }

func addBytes(w *tar.Writer, name string, b []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b))}); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func addFile(w *tar.Writer, name, path string) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return addBytes(w, name, b)
}

func addFiles(w *tar.Writer, number int, files []string) error {
	for i, file := range files {
		if err := addFile(w, path.Join(member(number, FileMember), strconv.Itoa(i)), file); err != nil {
			return err
		}
	}
	return nil
}

func addDirs(w *tar.Writer, number int, dirs []string) error {
	for i, dir := range dirs {
		err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			rel := strings.TrimPrefix(file, strings.TrimSuffix(dir, "/")+"/")
			return addFile(w, path.Join(member(number, DirMember), strconv.Itoa(i), rel), file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func kernelLog() (string, error) {
	size, err := unix.Klogctl(unix.SYSLOG_ACTION_SIZE_BUFFER, nil)
	if err != nil {
		return "", err
	}
	b := make([]byte, size)
	n, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, b)
	return string(b[:max(n, 0)]), err
}

// taint returns the bits of /proc/sys/kernel/tainted.
func taint() (uint64, error) {
	b, err := os.ReadFile("/proc/sys/kernel/tainted")
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
}
