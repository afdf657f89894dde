package iplink

import (
	"errors"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUseKeepsTheDescriptor closes the namespace while it is in use: the
// number must not pass to another file before the use has ended.
func TestUseKeepsTheDescriptor(t *testing.T) {
	ns, err := CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	err = ns.use(func(fd int) error {
		if err := ns.Close(); err != nil {
			t.Errorf("Close during use: %v", err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			t.Errorf("closed in the middle of use: %v", err)
		}
		other, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer other.Close()
		if int(other.Fd()) == fd {
			t.Errorf("descriptor %d is another file's now", fd)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := ns.use(func(int) error { t.Error("used after Close"); return nil }); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// TestUseRacesWithClose sees the namespace or an error, never another file.
func TestUseRacesWithClose(t *testing.T) {
	for range 200 {
		ns, err := CurrentNetNS()
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				err := ns.use(func(fd int) error {
					if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
						t.Errorf("descriptor %d: kind %#x, %v", fd, kind, err)
					}
					return nil
				})
				if err != nil && !errors.Is(err, os.ErrClosed) {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if err := ns.Close(); err != nil {
				t.Error(err)
			}
			if file, err := os.Open(os.DevNull); err == nil {
				file.Close()
			}
		})
		wg.Wait()
	}
}

func TestSameSaysWhatIsClosed(t *testing.T) {
	a, err := CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	b, err := CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if same, err := a.same(b); !same || err != nil {
		t.Errorf("%v, %v", same, err)
	}
	a.Close()
	for _, pair := range [][2]*NetNS{{a, b}, {b, a}} {
		if same, err := pair[0].same(pair[1]); same || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%v, %v", same, err)
		}
	}
}
