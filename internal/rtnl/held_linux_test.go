package rtnl

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestHeld cleans up after somebody else closed the Conn, and only then does
// the socket go.
func TestHeld(t *testing.T) {
	c, _ := dialed(t)
	h, err := c.Hold()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	var b Batch
	b.Write(uapi.RTM_SETLINK, 0, group("lo", 0x1234))
	if err := c.Do(t.Context(), &b); !errors.Is(err, os.ErrClosed) || !errors.Is(b.Err(0), os.ErrClosed) {
		t.Errorf("an exchange on a closed Conn: %v; request: %v", err, b.Err(0))
	}
	b.Reset()
	var got uint32
	b.Write(uapi.RTM_SETLINK, 0, group("lo", 0x5678))
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { _, got = linkOf(m) }, key("lo"))
	if err := h.Do(t.Context(), &b); err != nil || b.Err(0) != nil || got != 0x5678 {
		t.Errorf("%v; requests: %v, %v; the group is %#x", err, b.Err(0), b.Err(1), got)
	}
	seen := 0
	if err := h.Dump(t.Context(), uapi.RTM_GETLINK, all, func() {}, func(wire.Message) { seen++ }); err != nil || seen != 1 {
		t.Errorf("a list of %d links, %v", seen, err)
	}
	if _, err := c.Hold(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("held after it was closed: %v", err)
	}
	h.Release()
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20); err == nil {
		t.Error("the socket is still there")
	}
}

// TestReplyPanics in the midst of a batch. The Conn is good afterwards, and the
// other answers are known.
func TestReplyPanics(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	var b Batch
	b.Get(uapi.RTM_GETLINK, func(wire.Message) { panic("reply") }, key("lo"))
	b.Get(uapi.RTM_GETLINK, func(wire.Message) { t.Error("called after a panic") }, key("lo"))
	b.Write(uapi.RTM_SETLINK, 0, group("nosuch", 1))
	func() {
		defer func() {
			if r := recover(); r != "reply" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = c.Do(t.Context(), &b)
	}()
	want(t, &b, 2, syscall.ENODEV)
	usable(t, c, 1)
}

// TestHooks takes errors in place of each step of an exchange.
func TestHooks(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	cause := errors.New("cause")
	for point, unsent := range map[Point]bool{BeforeSend: true, BeforeReceive: false, AfterReceive: false} {
		c.SetHook(func(p Point) error {
			if p == point {
				return cause
			}
			return nil
		})
		var b Batch
		b.Write(uapi.RTM_SETLINK, 0, group("lo", 0x1234))
		if err := c.Do(t.Context(), &b); !errors.Is(err, cause) || errors.Is(b.Err(0), ErrLost) == unsent {
			t.Errorf("point %d: %v; request: %v", point, err, b.Err(0))
		}
		c.SetHook(nil)
		usable(t, c, 1)
	}
	var points []Point
	c.SetHook(func(p Point) error {
		points = append(points, p)
		return nil
	})
	if _, err := get(t.Context(), c, "lo"); err != nil {
		t.Error(err)
	}
	if want := []Point{BeforeSend, AfterSend, BeforeReceive, AfterReceive}; !slices.Equal(points, want) {
		t.Errorf("points %v, want %v", points, want)
	}
}

// TestControl hands out the socket.
func TestControl(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	cause := errors.New("cause")
	err := c.Control(func(fd int) error {
		if protocol, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_PROTOCOL); err != nil || protocol != syscall.NETLINK_ROUTE {
			t.Errorf("protocol %d, %v", protocol, err)
		}
		return cause
	})
	if !errors.Is(err, cause) {
		t.Error(err)
	}
}
