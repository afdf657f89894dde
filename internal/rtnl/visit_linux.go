package rtnl

import (
	"errors"
	"os"
	"runtime"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// openIn opens a socket in the network namespace that netns is a descriptor of.
func openIn(netns, family int, config netlink.Config) (nl *netlink.Conn, err error) {
	err = InNetNS(netns, func(fd int) (err error) {
		config.NetNS = fd
		nl, err = open(family, config)
		return err
	})
	return nl, err
}

// open opens a socket, which binds to the network namespace that the thread is in
// at that moment. Where it can, the calling thread goes there and back, for to wake
// another one for that takes longer than all the rest.
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

// visit runs fn with the calling thread in a network namespace, unless it cannot
// go there or might not come back. Nor does the process's first thread go, whose
// namespace /proc/self shows to everybody. If against all expectation the thread
// does not come back, the goroutine stays locked to it: no other shall have it.
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

// wayBack returns a descriptor of the calling thread's network namespace, which
// it is sure to be let into again, or else -1. To be in a namespace is no right
// to enter it: that takes CAP_SYS_ADMIN in the user namespace that it belongs to,
// also of who is there already.
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
