package kerneltest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// withEmptyRun runs fn on a thread with a mount namespace of its own, in which
// /run is empty.
func withEmptyRun(t *testing.T, fn func()) {
	t.Helper()
	testutil.In(t, testutil.NetNS(t), func() {
		err := errors.Join(
			unix.Unshare(unix.CLONE_FS|unix.CLONE_NEWNS),
			unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
			unix.Mount("tmpfs", "/run", "tmpfs", 0, ""),
		)
		if err != nil {
			t.Fatal(err)
		}
		fn()
	})
}

func TestListNetNSWithoutDirectory(t *testing.T) {
	withEmptyRun(t, func() {
		if names, err := iplink.ListNetNS(); len(names) > 0 || err != nil {
			t.Errorf("%q, %v", names, err)
		}
	})
}

func TestCreateNetNSMakesTheDirectory(t *testing.T) {
	withEmptyRun(t, func() {
		for _, name := range []string{"net2", "net1"} {
			ns, err := iplink.CreateNetNS(name)
			lab.OpenedNetNS(t, ns, err)
		}
		info, err := os.Stat("/run/netns")
		if err != nil || info.Mode() != fs.ModeDir|0o755 {
			t.Errorf("directory: %v, %v", info.Mode(), err)
		}
		if names, err := iplink.ListNetNS(); fmt.Sprint(names) != "[net1 net2]" || err != nil {
			t.Errorf("%q, %v", names, err)
		}
	})
}

// TestCreateNetNSRemovesTheDirectory lets the thread make the directory, but
// not mount anything.
func TestCreateNetNSRemovesTheDirectory(t *testing.T) {
	withEmptyRun(t, func() {
		testutil.DropCapabilities(t)
		if ns, err := iplink.CreateNetNS("net1"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v, %v", ns, err)
		}
		if _, err := os.Stat("/run/netns"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the directory is still there: %v", err)
		}
	})
}

// TestCreateNetNSWaitsForTheLock holds what `ip netns add` holds while it
// shares the directory.
func TestCreateNetNSWaitsForTheLock(t *testing.T) {
	named(t) // the directory is there
	dir, err := os.Open("/run/netns")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	name, created := testutil.Name(t), make(chan error, 1)
	t.Cleanup(func() { iplink.DeleteNetNS(name) })
	go func() { created <- createAndClose(name) }()
	select {
	case err := <-created:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	if err := <-created; err != nil {
		t.Error(err)
	}
}

func createAndClose(name string) error {
	ns, err := iplink.CreateNetNS(name)
	if err != nil {
		return err
	}
	return ns.Close()
}
