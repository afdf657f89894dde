package rtnl

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestDialLeavesTheThread opens sockets in another namespace, from a thread that
// may come back from there and from one that may go nowhere.
func TestDialLeavesTheThread(t *testing.T) {
	there := testutil.NetNS(t)
	for _, free := range []bool{true, false} {
		var c *Conn
		testutil.OnFreshThread(func() {
			if !free {
				testutil.DropCapabilities(t)
			}
			if err := reenter(t); (err == nil) != free {
				t.Errorf("error %v, but the thread may come back: %v", err, free)
			}
			here := threadNetNS(t)
			c = dialIn(t, there)
			if after := threadNetNS(t); after != here {
				t.Errorf("the thread was in %s and is in %s", here, after)
			}
		})
		wantIn(t, c, there)
	}
}

// reenter has the thread enter the namespace that it is in.
func reenter(t *testing.T) error {
	t.Helper()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	return unix.Setns(int(own.Fd()), unix.CLONE_NEWNET)
}

// wantIn compares the namespace of a socket with the one that it is to be in.
func wantIn(t *testing.T, c *Conn, ns *os.File) {
	t.Helper()
	var want, have unix.Stat_t
	err := unix.Fstat(int(ns.Fd()), &want)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Control(func(fd int) error {
		own, err := unix.IoctlRetInt(fd, unix.SIOCGSKNS)
		if err != nil {
			return err
		}
		defer unix.Close(own)
		return unix.Fstat(own, &have)
	})
	if err != nil || have.Ino != want.Ino {
		t.Errorf("the socket is in %d, want %d; error %v", have.Ino, want.Ino, err)
	}
}

func threadNetNS(t *testing.T) string {
	t.Helper()
	name, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestDialNowhere names what is no network namespace.
func TestDialNowhere(t *testing.T) {
	file, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	testutil.OnFreshThread(func() {
		here := threadNetNS(t)
		if c, err := Dial(int(file.Fd())); err == nil {
			t.Errorf("a socket: %v", c.Close())
		}
		if after := threadNetNS(t); after != here {
			t.Errorf("the thread was in %s and is in %s", here, after)
		}
	})
}
