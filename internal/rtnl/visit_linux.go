package rtnl

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// inside runs fn with a thread in the network namespace of the descriptor netns, or in that
// of the calling thread if netns is Here. If possible, the calling thread itself enters the
// namespace and returns, because waking another thread for that takes longer than everything
// else.
func inside(netns int, fn func() error) (err error) {
	switch {
	case netns == Here:
		return fn()
	case netns < 0:
		return unix.EBADF
	}
	visited, back := visit(netns, func() { err = fn() })
	if !visited {
		enter := func() error { return os.NewSyscallError("setns", unix.Setns(netns, unix.CLONE_NEWNET)) }
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
	former, err := openThreadNetNS()
	if err == nil {
		defer unix.Close(former)
		err = move()
	}
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() {
		if unix.Setns(former, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
	}()
	fn()
	return nil
}

// openThreadNetNS opens the network namespace of the thread.
func openThreadNetNS() (int, error) {
	const path = "/proc/thread-self/ns/net"
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return highfd.Number(fd)
}

// visit runs fn with the calling thread in a network namespace. It does not if the
// thread cannot enter the namespace or might be unable to return, or if it is the
// first thread of the process, whose namespace is visible in /proc/self. If the
// thread unexpectedly fails to return, the goroutine stays locked to it, so that no
// other goroutine runs on it.
func visit(netns int, fn func()) (visited bool, back error) {
	runtime.LockOSThread()
	former := wayBack()
	if former < 0 {
		runtime.UnlockOSThread()
		return false, nil
	}
	defer unix.Close(former)
	if unix.Setns(netns, unix.CLONE_NEWNET) != nil {
		runtime.UnlockOSThread()
		return false, nil
	}
	defer func() {
		if back = unix.Setns(former, unix.CLONE_NEWNET); back != nil {
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
	fd, err := openThreadNetNS()
	if err != nil {
		return -1
	}
	if unix.Setns(fd, unix.CLONE_NEWNET) != nil {
		unix.Close(fd)
		return -1
	}
	return fd
}
