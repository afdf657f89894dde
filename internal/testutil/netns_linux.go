package testutil

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

var names atomic.Uint32

// Name returns an unused name for a network namespace. [Main] reports named
// namespaces that were not deleted.
func Name(t testing.TB) string {
	t.Helper()
	needPrivilege(t)
	return fmt.Sprint(namePrefix, names.Add(1))
}

// NetNS returns a new network namespace without a name, whose loopback interface is
// down. It is closed when the test ends.
func NetNS(t testing.TB) *os.File {
	t.Helper()
	needPrivilege(t)
	var ns *os.File
	var err error
	onThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			ns, err = os.Open("/proc/thread-self/ns/net")
		}
	})
	if err != nil {
		t.Fatalf("new network namespace: %v (does TestMain call testutil.Main?)", err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

// In runs fn in a network namespace, on a thread that is discarded afterwards. fn
// may end the test.
func In(t testing.TB, ns *os.File, fn func()) {
	t.Helper()
	var err error
	returned := false
	onThread(func() {
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err == nil {
			fn()
		}
		returned = true
	})
	if !returned {
		runtime.Goexit()
	}
	if err != nil {
		t.Fatalf("enter network namespace: %v", err)
	}
}

// needPrivilege skips the test if the system gives no privileges.
func needPrivilege(t testing.TB) {
	t.Helper()
	if denied != nil {
		missing(t, "%v", denied)
	}
}

// onThread runs fn on a thread that ends with it. The first thread of the process
// cannot end; it waits while another one does the work.
func onThread(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			onThread(fn)
			runtime.UnlockOSThread()
			return
		}
		fn()
	}()
	<-done
}

// DropCapabilities takes all but some from the calling thread, which must not be used
// any more.
func DropCapabilities(t testing.TB, keep ...int) {
	t.Helper()
	var data [2]unix.CapUserData
	for _, c := range keep {
		data[c/32].Permitted |= 1 << (c % 32)
		data[c/32].Effective |= 1 << (c % 32)
	}
	if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]); err != nil {
		t.Fatal(err)
	}
}

// OnFreshThread runs fn on a thread that is not the process's first, and which ends
// afterwards.
func OnFreshThread(fn func()) {
	var g sync.WaitGroup
	g.Go(func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			defer runtime.UnlockOSThread()
			OnFreshThread(fn)
			return
		}
		fn()
	})
	g.Wait()
}
