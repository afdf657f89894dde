package rtnl

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/wire"
)

// nlctrl is the family that tells of families; every kernel has it.
const nlctrl = "nlctrl"

func dialFamily(t *testing.T) *Family {
	t.Helper()
	f, err := DialFamily(t.Context(), Here, nlctrl)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// A described is a family as a message describes it.
type described struct {
	command byte
	name    string
}

func describedBy(m wire.Message) described {
	return described{m.Data[0], strings.Clone(wire.CString(wire.Find(GenericAttrs(m), unix.CTRL_ATTR_FAMILY_NAME)))}
}

// describe asks for the description of a family.
func describe(ctx context.Context, f *Family, name string) (all []described, err error) {
	query := wire.AppendString(nil, unix.CTRL_ATTR_FAMILY_NAME, name)
	err = f.List(ctx, unix.CTRL_CMD_GETFAMILY, query, func(m wire.Message) { all = append(all, describedBy(m)) })
	return all, err
}

var itself = []described{{unix.CTRL_CMD_NEWFAMILY, nlctrl}}

func TestFamilyList(t *testing.T) {
	f := dialFamily(t)
	if f.ID != unix.GENL_ID_CTRL || f.Version == 0 {
		t.Errorf("family %#x of version %d", f.ID, f.Version)
	}
	one, err := describe(t.Context(), f, nlctrl)
	if err != nil || !slices.Equal(one, itself) {
		t.Errorf("answers %v, error %v", one, err)
	}
	var all []described
	body := func(b []byte) []byte { return f.AppendHeader(b, unix.CTRL_CMD_GETFAMILY) }
	err = f.Dump(t.Context(), f.ID, body, func() { all = nil }, func(m wire.Message) { all = append(all, describedBy(m)) })
	if err != nil || len(all) < 2 || !slices.Contains(all, itself[0]) {
		t.Errorf("answers %v, error %v", all, err)
	}
}

// TestFamilyNetNS asks in another namespace.
func TestFamilyNetNS(t *testing.T) {
	ns := testutil.NetNS(t)
	f, err := DialFamily(t.Context(), int(ns.Fd()), nlctrl)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := describe(t.Context(), f, nlctrl); err != nil {
		t.Error(err)
	}
}

// TestFamilyRefusal has the errno, and the kernel's own words where it gives some.
func TestFamilyRefusal(t *testing.T) {
	f := dialFamily(t)
	if _, err := describe(t.Context(), f, "none-such"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("error %v", err)
	}
	if err := f.Change(t.Context(), 0xee, nil); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("error %v", err)
	}
	_, err := describe(t.Context(), f, strings.Repeat("n", 99))
	if err == nil || !strings.Contains(err.Error(), "policy") {
		t.Errorf("error %v has no text of the kernel's", err)
	}
	if _, err := describe(t.Context(), f, nlctrl); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestFamilyFaults(t *testing.T) {
	_, err := DialFamily(t.Context(), Here, "none-such")
	if !errors.Is(err, ErrFamily) || !strings.Contains(err.Error(), `"none-such"`) {
		t.Errorf("error %v", err)
	}
	f := dialFamily(t)
	_, err = f.Listen(t.Context(), Here, "none-such", Listening{})
	if err == nil || !strings.Contains(err.Error(), `"nlctrl" has no group "none-such"`) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("changed my mind")
	cancel(reason)
	if _, err := describe(ctx, f, nlctrl); err != reason {
		t.Errorf("error %v", err)
	}
	if _, err := DialFamily(ctx, Here, nlctrl); err == nil || !errors.Is(err, reason) {
		t.Errorf("error %v", err)
	}
}

// TestFamilyListenCancelled waits for an event that does not come, and the socket is
// usable afterwards. That others add families meanwhile is told, too.
func TestFamilyListenCancelled(t *testing.T) {
	f := dialFamily(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	l, err := f.Listen(ctx, Here, "notify", Listening{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for err == nil {
		_, _, err = l.Receive(true)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if one, err := describe(t.Context(), f, nlctrl); err != nil || len(one) != 1 {
		t.Errorf("answers %v, error %v", one, err)
	}
}

// TestFamilyManyAtOnce has many goroutines share a socket, some of which change their
// minds: each that does not gets its own answer.
func TestFamilyManyAtOnce(t *testing.T) {
	f := dialFamily(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%4 == 0 {
					go cancel()
				}
				one, err := describe(ctx, f, nlctrl)
				if i%4 != 0 && (err != nil || !slices.Equal(one, itself)) {
					t.Errorf("answers %v, error %v", one, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
}

func TestFamilyClosed(t *testing.T) {
	f := dialFamily(t)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := f.Listen(ctx, Here, "notify", Listening{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		var err error
		for err == nil {
			_, _, err = l.Receive(true)
		}
		done <- err
	}()
	f.Close()
	if _, err := describe(t.Context(), f, nlctrl); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
