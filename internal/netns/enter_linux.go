package netns

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// Enter runs fn, which must not panic, on a thread in the namespace of a descriptor.
func Enter(lend Lender, fn func()) error {
	return OnThread(func() error { return lend(setns) }, fn)
}

func setns(fd int) error { return unix.Setns(fd, unix.CLONE_NEWNET) }

// Inside runs fn with a thread in the network namespace of the descriptor fd. If possible,
// the calling thread itself enters the namespace and returns, because waking another thread
// for that takes longer than everything else.
func Inside(fd int, fn func() error) (err error) {
	visited, back := visit(fd, func() { err = fn() })
	if !visited {
		enter := func() error { return os.NewSyscallError("setns", setns(fd)) }
		back = OnThread(enter, func() { err = fn() })
	}
	return errors.Join(err, back)
}

// OnThread runs move, which changes the network namespace, and if that succeeds fn,
// on a separate thread, and waits for them.
func OnThread(move func() error, fn func()) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = moveThread(move, fn)
	}()
	<-done
	return err
}

// moveThread uses the thread of the calling goroutine. The goroutine must end when
// moveThread returns, since a goroutine that ends while locked ends its thread too.
// The process's first thread is an exception: it cannot end, and its namespace is
// visible to all in /proc/self. It is therefore held while another thread does the
// work.
func moveThread(move func() error, fn func()) error {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		defer runtime.UnlockOSThread()
		return OnThread(move, fn)
	}
	former, err := openOfThread()
	if err == nil {
		defer unix.Close(former)
		err = move()
	}
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() {
		if setns(former) == nil {
			runtime.UnlockOSThread()
		}
	}()
	fn()
	return nil
}

// openOfThread opens the network namespace of the thread.
func openOfThread() (int, error) {
	fd, err := unix.Open(OfThread, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: OfThread, Err: err}
	}
	return highfd.Number(fd)
}

// visit runs fn with the calling thread in a network namespace. It does not if the
// thread cannot enter the namespace or might be unable to return, or if it is the
// first thread of the process, whose namespace is visible in /proc/self. If the
// thread unexpectedly fails to return, the goroutine stays locked to it, so that no
// other goroutine runs on it.
func visit(fd int, fn func()) (visited bool, back error) {
	runtime.LockOSThread()
	former := wayBack()
	if former < 0 {
		runtime.UnlockOSThread()
		return false, nil
	}
	defer unix.Close(former)
	if setns(fd) != nil {
		runtime.UnlockOSThread()
		return false, nil
	}
	defer func() {
		if back = setns(former); back != nil {
			back = os.NewSyscallError("setns", back)
			return
		}
		runtime.UnlockOSThread()
	}()
	fn()
	return true, nil
}

// wayBack returns a descriptor of the calling thread's network namespace if the
// thread can certainly enter it again, and -1 otherwise. Being in a namespace does
// not imply the right to enter it: that needs CAP_SYS_ADMIN in the user namespace
// that owns it, even for a thread that is already inside.
func wayBack() int {
	if unix.Gettid() == os.Getpid() {
		return -1
	}
	fd, err := openOfThread()
	if err != nil {
		return -1
	}
	if setns(fd) != nil {
		unix.Close(fd)
		return -1
	}
	return fd
}
