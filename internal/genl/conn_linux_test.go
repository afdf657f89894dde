package genl_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/genl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/wire"
)

// nlctrl is the family that tells of families; every kernel has it.
const nlctrl = "nlctrl"

func dial(t *testing.T) *genl.Conn {
	t.Helper()
	c, err := genl.Dial(t.Context(), 0, nlctrl)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var byName = wire.AppendString(nil, unix.CTRL_ATTR_FAMILY_NAME, nlctrl)

// named reports whether a message is about the family of that name.
func named(m genl.Message, name string) bool {
	for a, err := range wire.Attrs(m.Data) {
		if err == nil && a.Type == unix.CTRL_ATTR_FAMILY_NAME {
			return wire.CString(a.Data) == name
		}
	}
	return false
}

func TestGet(t *testing.T) {
	c := dial(t)
	one, err := c.Get(t.Context(), unix.CTRL_CMD_GETFAMILY, byName)
	if err != nil || len(one) != 1 || !named(one[0], nlctrl) || one[0].Header.Command != unix.CTRL_CMD_NEWFAMILY {
		t.Errorf("%d answers %v, error %v", len(one), one, err)
	}
	all, err := c.Dump(t.Context(), unix.CTRL_CMD_GETFAMILY, nil)
	if err != nil || len(all) < 2 || !named(all[0], nlctrl) {
		t.Errorf("%d answers, error %v", len(all), err)
	}
}

// TestNamespace asks in another namespace.
func TestNamespace(t *testing.T) {
	ns := testutil.NetNS(t)
	c, err := genl.Dial(t.Context(), int(ns.Fd()), nlctrl)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Get(t.Context(), unix.CTRL_CMD_GETFAMILY, byName); err != nil {
		t.Error(err)
	}
}

// TestRefusal has the errno, and the kernel's own words where it gives some.
func TestRefusal(t *testing.T) {
	c := dial(t)
	_, err := c.Get(t.Context(), unix.CTRL_CMD_GETFAMILY, wire.AppendString(nil, unix.CTRL_ATTR_FAMILY_NAME, "none-such"))
	if !errors.Is(err, syscall.ENOENT) {
		t.Errorf("error %v", err)
	}
	if err = c.Do(t.Context(), 0xee, nil); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("error %v", err)
	}
	_, err = c.Get(t.Context(), unix.CTRL_CMD_GETFAMILY, wire.AppendString(nil, unix.CTRL_ATTR_FAMILY_NAME, strings.Repeat("n", 99)))
	if err == nil || !strings.Contains(err.Error(), "policy") {
		t.Errorf("error %v has no text of the kernel's", err)
	}
	if _, err := c.Get(t.Context(), unix.CTRL_CMD_GETFAMILY, byName); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestFaults(t *testing.T) {
	if _, err := genl.Dial(t.Context(), 0, "none-such"); !errors.Is(err, genl.ErrFamily) {
		t.Errorf("error %v", err)
	}
	c := dial(t)
	if err := c.Join("none-such"); err == nil || !strings.Contains(err.Error(), `"nlctrl" has no group "none-such"`) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("changed my mind")
	cancel(reason)
	if _, err := c.Get(ctx, unix.CTRL_CMD_GETFAMILY, byName); err != reason {
		t.Errorf("error %v", err)
	}
	if _, err := genl.Dial(ctx, 0, nlctrl); err == nil || !errors.Is(err, reason) {
		t.Errorf("error %v", err)
	}
}

// TestReceiveCancelled waits for an event that does not come, and the socket is
// usable afterwards.
func TestReceiveCancelled(t *testing.T) {
	c := dial(t)
	if err := c.Join("notify"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if events, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("events %v, error %v", events, err)
	}
	one, err := c.Get(t.Context(), unix.CTRL_CMD_GETFAMILY, byName)
	if err != nil || len(one) != 1 {
		t.Errorf("%d answers, error %v", len(one), err)
	}
}

// TestManyAtOnce has many goroutines share a socket, some of which change their
// minds: each that does not gets its own answer.
func TestManyAtOnce(t *testing.T) {
	c := dial(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%4 == 0 {
					go cancel()
				}
				one, err := c.Get(ctx, unix.CTRL_CMD_GETFAMILY, byName)
				if i%4 != 0 && (err != nil || len(one) != 1 || !named(one[0], nlctrl)) {
					t.Errorf("%d answers, error %v", len(one), err)
				}
				cancel()
			}
		})
	}
	all.Wait()
}

func TestClosed(t *testing.T) {
	c := dial(t)
	done := make(chan error)
	go func() {
		_, err := c.Receive(context.Background())
		done <- err
	}()
	time.Sleep(5 * time.Millisecond)
	c.Close()
	if err := <-done; err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}
