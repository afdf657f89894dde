package tap_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
)

// TestFrames sends frames from a tap to the far end of its parent, and back.
func TestFrames(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		files := l.open(t)
		if len(files) != 1 || files[0].Name() != "t0" {
			t.Fatalf("files %v", files)
		}
		l.passes(t, files[0])
	})
}

// TestInNetNS opens taps of a link in another namespace. A second namespace has
// a link of the same name, kind and index, whose node in /dev would have the same
// name.
func TestInNetNS(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		first, second := newLab(t, k), newLab(t, k)
		testutil.IP(t, first.near, "link", "property", "add", "dev", "t0", "altname", "a-name-of-more-than-16-bytes")
		for _, c := range []struct {
			*lab
			name string
		}{{second, "t0"}, {first, "a-name-of-more-than-16-bytes"}} {
			files, err := k.open(t.Context(), c.name, iplink.In(c.there))
			testutil.Must(t, err)
			closeLater(t, files)
			c.passes(t, files[0])
		}
	})
}

// TestNoUdev opens taps where /dev is empty and may not have devices, and /sys is
// that of another namespace: as it is, and without CAP_SYS_ADMIN.
func TestNoUdev(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		for _, c := range []struct {
			name    string
			prepare func(t *testing.T)
		}{
			{"nothing in dev", func(t *testing.T) { mountOver(t, "tmpfs", "/dev", unix.MS_NODEV) }},
			{"without CAP_SYS_ADMIN", func(t *testing.T) {
				mountOver(t, "sysfs", "/sys", 0)
				mountOver(t, "tmpfs", "/dev", 0)
				drop(t, unix.CAP_SYS_ADMIN)
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				l := newLab(t, k)
				var files []*os.File
				testutil.In(t, l.near, func() {
					var err error
					c.prepare(t)
					files, err = k.open(t.Context(), "t0")
					testutil.Must(t, err)
					if left, _ := filepath.Glob("/dev/.*"); len(left) > 0 {
						t.Errorf("left in /dev: %v", left)
					}
				})
				closeLater(t, files)
				l.passes(t, files[0])
			})
		}
	})
}

// mountOver mounts a file system for the calling thread alone.
func mountOver(t *testing.T, kind, dir string, flags uintptr) {
	t.Helper()
	testutil.Must(t, unix.Unshare(unix.CLONE_NEWNS))
	testutil.Must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	testutil.Must(t, unix.Mount(kind, dir, kind, flags, ""))
}

// drop takes a capability from the calling thread.
func drop(t *testing.T, capability int) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	testutil.Must(t, unix.Capget(&header, &data[0]))
	data[capability/32].Effective &^= 1 << (capability % 32)
	testutil.Must(t, unix.Capset(&header, &data[0]))
}

// TestPermission opens taps as somebody who may not make device nodes: that is
// refused with advice, and works when the node in /dev is there for everyone.
func TestPermission(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		number := readTrimmed(t, l, fmt.Sprintf("class/%s/tap%d/dev", k.name, index))
		var files []*os.File
		testutil.In(t, l.near, func() {
			mountOver(t, "tmpfs", "/dev", 0)
			testutil.Must(t, unix.Setfsuid(65534))
			_, err := k.open(t.Context(), "t0")
			want := fmt.Sprintf("open %s t0: operation not permitted (the character device %s can be opened with CAP_MKNOD and CAP_SYS_ADMIN, "+
				"which user namespaces do not give; or at /dev/tap%d by whom its permissions let, for which root has mknod, chown and udev rules)",
				k.name, number, index)
			if err == nil || err.Error() != want || !errors.Is(err, fs.ErrPermission) {
				t.Errorf("error %v, want %s", err, want)
			}
			testutil.Must(t, unix.Setfsuid(0))
			var major, minor uint32
			fmt.Sscanf(number, "%d:%d", &major, &minor)
			node := fmt.Sprintf("/dev/tap%d", index)
			testutil.Must(t, unix.Mknod(node, unix.S_IFCHR|0o600, int(unix.Mkdev(major, minor))))
			testutil.Must(t, unix.Chown(node, 65534, 65534))
			testutil.Must(t, unix.Setfsuid(65534))
			files, err = k.open(t.Context(), "t0")
			testutil.Must(t, err)
		})
		closeLater(t, files)
		l.passes(t, files[0])
	})
}

// readTrimmed reads a file of sysfs as the tap's namespace has it.
func readTrimmed(t *testing.T, l *lab, path string) (text string) {
	t.Helper()
	testutil.In(t, l.near, func() {
		mountOver(t, "sysfs", "/sys", 0)
		b, err := os.ReadFile("/sys/" + path)
		testutil.Must(t, err)
		text = strings.TrimSpace(string(b))
	})
	return text
}

// TestKind opens links that are not there, or of another kind.
func TestKind(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		ns := testutil.NetNS(t)
		testutil.In(t, ns, func() {
			_, err := veth.New("v0").Create(t.Context())
			testutil.Must(t, err)
			_, err = k.open(t.Context(), "v0")
			if want := fmt.Sprintf("open %s v0: the link is of another kind (it is a veth link)", k.name); err == nil || err.Error() != want || !errors.Is(err, iplink.ErrKind) {
				t.Errorf("error %v, want %s", err, want)
			}
			if _, err := k.open(t.Context(), "none"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v, want one of a link that is missing", err)
			}
		})
	})
}

// TestAllOrNone opens more queues than a link has, and finds all but those that
// were open before free afterwards.
func TestAllOrNone(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		l.open(t, macvtap.Queues(250))
		_, err := k.open(t.Context(), "t0", macvtap.Queues(7), iplink.In(l.there))
		want := fmt.Sprintf("open %s t0: device or resource busy (the link has 256 queues in all, and no more are free)", k.name)
		if err == nil || err.Error() != want || !errors.Is(err, syscall.EBUSY) {
			t.Errorf("error %v, want %s", err, want)
		}
		if files := l.open(t, macvtap.Queues(6)); len(files) != 6 {
			t.Errorf("%d files", len(files))
		}
	})
}

// TestCancelWhileOpening ends the context when two queues are open.
func TestCancelWhileOpening(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		ctx := &endsAt{Context: t.Context(), left: 12}
		var err error
		testutil.In(t, l.near, func() { _, err = k.open(ctx, "t0", macvtap.Queues(200)) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		l.open(t, macvtap.Queues(256)) // none is left open
	})
}

// endsAt is a context that ends when it was asked so often.
type endsAt struct {
	context.Context
	left int
}

func (e *endsAt) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// readAll reads frames until reading fails.
func readAll(file *os.File) error {
	for b := make([]byte, 1<<16); ; {
		if _, err := file.Read(b); err != nil {
			return err
		}
	}
}

// TestDeadline waits for frames that do not come, as with a socket.
func TestDeadline(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		testutil.IP(t, l.far, "link", "set", "dev", "far0", "down") // nobody says anything
		file := l.open(t)[0]
		testutil.Must(t, file.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
		if err := readAll(file); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want a deadline's", err)
		}
		testutil.Must(t, file.SetReadDeadline(time.Time{}))
		time.AfterFunc(20*time.Millisecond, func() { file.Close() })
		if err := readAll(file); !errors.Is(err, os.ErrClosed) {
			t.Errorf("error %v, want that of a closed file", err)
		}
	})
}
