package tunctl

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// Open opens the device in non-blocking mode, without a link.
func Open() (int, error) {
	for {
		fd, err := unix.Open(Device, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		switch err {
		case nil:
			return highfd.Number(fd)
		case unix.EINTR:
		default:
			return -1, &fs.PathError{Op: "open", Path: Device, Err: err}
		}
	}
}

// flags returns the flags of the link and its queue.
func (r *Request) flags() uint16 {
	flags := uint16(unix.IFF_TUN)
	if r.Tap {
		flags = unix.IFF_TAP
	}
	for _, f := range []struct {
		on   bool
		flag uint16
	}{{!r.PI, unix.IFF_NO_PI}, {r.VNetHdr, unix.IFF_VNET_HDR}, {r.MultiQueue, unix.IFF_MULTI_QUEUE}} {
		if f.on {
			flags |= f.flag
		}
	}
	return flags
}

// Make makes a link that stays when no program has it open, and returns its index, which
// indexOf finds by the name. The link is there in full or not at all: until the last
// request, the kernel removes it when Make closes the file. ErrExists is the error if
// another link has the name or the index.
func Make(r *Request, indexOf func(name string) (int, error)) (int, error) {
	fd, err := Open()
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if r.Index != 0 {
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETIFINDEX, r.Index); err != nil {
			return 0, os.NewSyscallError(setIndex, err)
		}
	}
	if err := r.setIFF(fd, create, unix.IFF_TUN_EXCL); errors.Is(err, syscall.EBUSY) {
		return 0, ErrExists
	} else if err != nil {
		return 0, err
	}
	index, err := indexOfFile(fd, indexOf)
	if err != nil {
		return 0, err
	}
	return index, r.set(fd)
}

// setIFF makes the link or attaches the file to it.
func (r *Request) setIFF(fd int, request string, more uint16) error {
	req, err := unix.NewIfreq(r.Name)
	if err != nil {
		return err
	}
	req.SetUint16(r.flags() | more)
	return os.NewSyscallError(request, unix.IoctlIfreq(fd, unix.TUNSETIFF, req))
}

// set applies the settings that need a file with a link. The last one makes a new link
// stay.
func (r *Request) set(fd int) error {
	if r.Owner != nil {
		if err := ioctl(fd, setOwner, unix.TUNSETOWNER, *r.Owner); err != nil {
			return err
		}
	}
	if r.Group != nil {
		if err := ioctl(fd, setGroup, unix.TUNSETGROUP, *r.Group); err != nil {
			return err
		}
	}
	if r.Persist {
		return ioctl(fd, setPersist, unix.TUNSETPERSIST, 1)
	}
	return nil
}

func ioctl(fd int, name string, request uint, value uint32) error {
	return os.NewSyscallError(name, unix.IoctlSetInt(fd, request, int(value)))
}

// indexOfFile returns the index of the link of a file. The name may pass to another link
// between the two requests, so that it is looked up again afterwards.
func indexOfFile(fd int, indexOf func(name string) (int, error)) (int, error) {
	const attempts = 10
	for range attempts {
		name, err := nameOfFile(fd)
		if err != nil {
			return 0, err
		}
		index, err := indexOf(name)
		if now, lost := nameOfFile(fd); lost != nil || now == name {
			return index, errors.Join(err, lost)
		}
	}
	return 0, syscall.ENODEV
}

func nameOfFile(fd int) (string, error) {
	req, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	if err := unix.IoctlIfreq(fd, unix.TUNGETIFF, req); err != nil {
		return "", os.NewSyscallError("TUNGETIFF", err)
	}
	return req.Name(), nil
}

// Attach makes the file a queue of the link with the name. The caller must check with
// Belongs that this is the link that it means: without a link of that name, the kernel
// makes one, which is gone when the file is closed.
func (r *Request) Attach(fd int) error {
	return r.setIFF(fd, attach, 0)
}

// Belongs returns syscall.ENODEV if a file belongs to another link than the one with the index.
func Belongs(fd, index int) error {
	got, err := indexOfFile(fd, indexOf)
	if err == nil && got != index {
		err = syscall.ENODEV
	}
	return err
}

// indexOf finds a link in the namespace of the calling thread.
func indexOf(name string) (int, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(socket)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, req); err != nil {
		return 0, err
	}
	return int(req.Uint32()), nil
}

// Change gives the link with the name and the index the settings of r, through a queue
// that is there for the time of the call.
func Change(r *Request, index int) error {
	fd, err := Open()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := r.Attach(fd); err != nil {
		return err
	}
	if err := Belongs(fd, index); err != nil {
		return err
	}
	return r.set(fd)
}
