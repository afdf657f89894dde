package rtnl

import (
	"errors"
	"os"
	"runtime"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// openIn opens a socket in the network namespace of the descriptor netns.
func openIn(netns, family int, config netlink.Config) (nl *netlink.Conn, err error) {
	err = InNetNS(netns, func(fd int) (err error) {
		config.NetNS = fd
		nl, err = open(family, config)
		return err
	})
	return nl, err
}

// open opens a socket, which binds to the thread's current network namespace. If
// possible, the calling thread itself enters the namespace and returns, because
// waking another thread for that takes longer than everything else.
func open(family int, config netlink.Config) (nl *netlink.Conn, err error) {
	there := config.NetNS
	if there == 0 {
		return netlink.Dial(family, &config)
	}
	config.NetNS = 0
	visited, back := visit(there, func() { nl, err = netlink.Dial(family, &config) })
	switch {
	case !visited:
		config.NetNS = there
		return netlink.Dial(family, &config)
	case back != nil && err == nil:
		return nil, errors.Join(back, nl.Close())
	}
	return nl, errors.Join(err, back)
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
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		fd, err = highfd.Number(fd)
	}
	if err != nil {
		return -1
	}
	if unix.Setns(fd, unix.CLONE_NEWNET) != nil {
		unix.Close(fd)
		return -1
	}
	return fd
}
