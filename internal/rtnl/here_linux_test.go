package rtnl

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestDialDescriptorZero opens sockets in a namespace whose descriptor is 0.
func TestDialDescriptorZero(t *testing.T) {
	there := testutil.NetNS(t)
	testutil.OnFreshThread(func() {
		// A file table of the thread's own, whose 0 no other test sees.
		if err := unix.Unshare(unix.CLONE_FILES); err != nil {
			t.Error(err)
			return
		}
		if err := unix.Dup3(int(there.Fd()), 0, unix.O_CLOEXEC); err != nil {
			t.Error(err)
			return
		}
		c, err := Dial(0)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		wantIn(t, c, there)
	})
}

// TestDialNoDescriptor refuses what is neither a descriptor nor Here.
func TestDialNoDescriptor(t *testing.T) {
	if c, err := Dial(-2); err != unix.EBADF {
		t.Errorf("%v, error %v", c, err)
	}
}
