package highfd

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Number returns fd, or a duplicate if fd has the number of a standard file. If it
// duplicates fd or fails, it closes fd.
func Number(fd int) (int, error) {
	if fd >= lowest {
		return fd, nil
	}
	defer unix.Close(fd)
	return Dup(fd)
}

// Dup returns another descriptor of the same file.
func Dup(fd int) (int, error) {
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, lowest)
	return high, os.NewSyscallError("fcntl", err)
}

// Close closes a descriptor.
func Close(fd int) { _ = unix.Close(fd) }

// File is Number for an *os.File. If it duplicates f or fails, it closes f.
func File(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	high := -1
	var dupErr error
	err = raw.Control(func(fd uintptr) {
		if fd < lowest {
			high, dupErr = Dup(int(fd))
		}
	})
	if err := errors.Join(err, dupErr); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if high < 0 {
		return f, nil
	}
	defer f.Close()
	return os.NewFile(uintptr(high), f.Name()), nil
}
