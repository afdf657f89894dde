package netns

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
)

// labelHere returns the kernel's notation of the thread's namespace.
func labelHere(t *testing.T) string {
	t.Helper()
	label, err := os.Readlink(OfThread)
	if err != nil {
		t.Error(err)
	}
	return label
}

// TestInside visits another namespace, with a thread that may come back from there and
// with one that may go nowhere: another thread, which has all capabilities, goes there
// instead.
func TestInside(t *testing.T) {
	there, want, err := FromFD(int(testutil.NetNS(t).Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	for _, free := range []bool{true, false} {
		testutil.OnFreshThread(func() {
			if !free {
				testutil.DropCapabilities(t)
			}
			fd := wayBack()
			if (fd >= 0) != free {
				t.Errorf("descriptor %d, but the thread may come back: %v", fd, free)
			}
			unix.Close(fd)
			here, in, on := labelHere(t), "", -1
			err := Inside(int(there.Fd()), func() error {
				in, on = labelHere(t), unix.Gettid()
				return unix.EXDEV
			})
			if in != want || !errors.Is(err, unix.EXDEV) || (on == unix.Gettid()) != free {
				t.Errorf("in %q, want %q; thread %d of %d; error %v", in, want, on, unix.Gettid(), err)
			}
			if after := labelHere(t); after != here {
				t.Errorf("the thread was in %s and is in %s", here, after)
			}
		})
	}
}

// TestOpenOther opens files that are no network namespaces.
func TestOpenOther(t *testing.T) {
	for path, want := range map[string]error{
		"/proc/self/ns/mnt":  ErrOther,
		os.DevNull:           ErrOther,
		"/proc/self/nowhere": unix.ENOENT,
	} {
		if file, label, err := Open(path); err != want {
			t.Errorf("%s: file %v, label %q, error %v", path, file, label, err)
		}
	}
}
