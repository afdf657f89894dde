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

	"golang.org/x/sys/unix"
)

// writeResult sends the exit code, the files that the host requested, and the
// kernel's log if it contains trouble. The end of the archive shows the host that
// the guest did not crash before.
func writeResult(port *os.File, spec *Spec, code int) error {
	var archive bytes.Buffer // many small writes to a serial port are slow
	w := tar.NewWriter(&archive)
	err := errors.Join(
		addBytes(w, ExitMember, []byte(strconv.Itoa(code))),
		addLog(w),
		addFiles(w, spec.Files),
		addDirs(w, spec.Dirs),
		w.Close(),
	)
	if err != nil {
		return err
	}
	_, err = port.Write(archive.Bytes())
	return err
}

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

func addFiles(w *tar.Writer, files []string) error {
	for i, file := range files {
		if err := addFile(w, path.Join(FileMember, strconv.Itoa(i)), file); err != nil {
			return err
		}
	}
	return nil
}

func addDirs(w *tar.Writer, dirs []string) error {
	for i, dir := range dirs {
		err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			rel := strings.TrimPrefix(file, strings.TrimSuffix(dir, "/")+"/")
			return addFile(w, path.Join(DirMember, strconv.Itoa(i), rel), file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addLog adds the kernel's log if it has a report of trouble, or if the kernel's
// taint shows that a report is no longer in the log.
func addLog(w *tar.Writer) error {
	log, err := kernelLog()
	if err != nil {
		return err
	}
	tainted, err := taintedByTrouble(strings.Contains(log, WarningExpected))
	if err != nil {
		return err
	}
	if !tainted && Trouble(log) == nil {
		return nil
	}
	return addBytes(w, LogMember, []byte(log))
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

// taintedByTrouble tests the bits of /proc/sys/kernel/tainted that only a fault sets
// (Documentation/admin-guide/tainted-kernels.rst). Loading an out-of-tree module
// sets others. The bit of a warning says nothing if one was expected.
func taintedByTrouble(expected bool) (bool, error) {
	const machineCheck, badPage, died, warned, softLockup = 1 << 4, 1 << 5, 1 << 7, 1 << 9, 1 << 14
	faults := uint64(machineCheck | badPage | died | softLockup)
	if !expected {
		faults |= warned
	}
	b, err := os.ReadFile("/proc/sys/kernel/tainted")
	if err != nil {
		return false, err
	}
	bits, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return bits&faults != 0, err
}
