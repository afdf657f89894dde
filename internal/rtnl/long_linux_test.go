package rtnl

import (
	"errors"
	"io/fs"

	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestLongAnswers has answers not fit the read buffer, which is made small: some of
// one batch, of a list the first and the last part, and announcements.
func TestLongAnswers(t *testing.T) {
	c, ns := dialed(t)
	bridges(t, c, 30)
	testutil.IP(t, ns, "link", "set", "lo", "up") // or its group would not be announced
	reader := dialIn(t, ns)
	l, err := Listen(t.Context(), int(ns.Fd()), Listening{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()

	for _, size := range []int{64, 5000, 20000} {
		reader.read = make([]byte, size)
		var b Batch
		answers := map[int]int{}
		for i := range 5 {
			b.Write(uapi.RTM_NEWLINK, 0, group("lo", uint32(0x1234+i)))
			b.Get(uapi.RTM_GETLINK, func(m wire.Message) { answers[i] += len(m.Data) }, key("lo"))
		}
		do(t, reader, &b)
		for i := range 5 {
			if b.Err(2*i) != nil || b.Err(2*i+1) != nil || answers[i] < 1000 {
				t.Errorf("buffer of %d bytes: %d bytes in answer %d, %v, %v", size, answers[i], i, b.Err(2*i), b.Err(2*i+1))
			}
		}
		reader.read = make([]byte, size)
		n := 0
		if err := reader.Dump(t.Context(), uapi.RTM_GETLINK, all, func() { n = 0 }, func(wire.Message) { n++ }); err != nil || n != 31 {
			t.Errorf("buffer of %d bytes: %d links, want 31; %v", size, n, err)
		}
		l.read = make([]byte, size)
		var b2 Batch
		b2.Write(uapi.RTM_NEWLINK, 0, group("lo", uint32(size)))
		do(t, c, &b2)
		for {
			_, _, err := l.Receive(true)
			if err == nil && size < 5000 {
				t.Fatal("an announcement fits 64 bytes")
			}
			if err == nil || errors.Is(err, ErrOverrun) {
				break
			}
			t.Fatal(err)
		}
		for {
			if datagram, _, err := l.Receive(false); datagram == nil && err == nil {
				break
			}
		}
		if len(l.read) < 1000 {
			t.Errorf("the buffer has %d bytes", len(l.read))
		}
	}
}

// TestTooLongRequests has requests of which one is longer than an attribute can be, or
// than the socket takes: nothing is sent of all of them.
func TestTooLongRequests(t *testing.T) {
	c, ns := dialed(t)
	small := dialIn(t, ns)
	small.bytes = 4000
	before := testutil.IP(t, ns, "link", "show", "lo")
	for n, via := range map[int]*Conn{70000: c, 65536: c, 4001: small} {
		var b Batch
		b.Write(uapi.RTM_NEWLINK, 0, group("lo", 0x1234))
		b.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
			b = group("lo", 0x5678)(b)
			b, at := wire.Begin(b, uapi.IFLA_LINKINFO)
			return wire.End(append(b, make([]byte, n)...), at)
		})
		err := via.Do(t.Context(), &b)
		if !errors.Is(err, fs.ErrInvalid) || !errors.Is(b.Err(0), fs.ErrInvalid) || !errors.Is(b.Err(1), fs.ErrInvalid) {
			t.Errorf("%d bytes: %v, %v, %v", n, err, b.Err(0), b.Err(1))
		}
	}
	if now := testutil.IP(t, ns, "link", "show", "lo"); now != before {
		t.Errorf("lo is %s", now)
	}
}
