package rtnl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// dialed returns a Conn in a namespace of its own.
func dialed(t testing.TB) (*Conn, *os.File) {
	t.Helper()
	ns := testutil.NetNS(t)
	return dialIn(t, ns), ns
}

func dialIn(t testing.TB, ns *os.File) *Conn {
	t.Helper()
	c, err := Dial(int(ns.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// create is the body of a request for a link of a kind, with more in its nest.
func create(name, kind string, data func([]byte) []byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b, info := wire.Begin(key(name)(b), uapi.IFLA_LINKINFO)
		b = wire.AppendText(b, uapi.IFLA_INFO_KIND, kind)
		if data != nil {
			var at int
			b, at = wire.Begin(b, uapi.IFLA_INFO_DATA)
			b = wire.End(data(b), at)
		}
		return wire.End(b, info)
	}
}

// key is the body of a request about a link.
func key(name string) func([]byte) []byte {
	return func(b []byte) []byte {
		return wire.AppendString(wire.AppendLink(b, wire.Link{}), uapi.IFLA_IFNAME, name)
	}
}

// all is the body of a request about all links.
func all(b []byte) []byte { return wire.AppendLink(b, wire.Link{}) }

// group is the body of a request that puts a link into a group.
func group(name string, number uint32) func([]byte) []byte {
	return func(b []byte) []byte { return wire.AppendU32(key(name)(b), uapi.IFLA_GROUP, number) }
}

// linkOf returns the name and the group in a message about a link.
func linkOf(m wire.Message) (name string, group uint32) {
	_, attrs, err := wire.ParseLink(m.Data)
	if err != nil {
		return err.Error(), 0
	}
	for a := range wire.Attrs(attrs) {
		switch a.Type {
		case uapi.IFLA_IFNAME:
			name = strings.Clone(wire.CString(a.Data))
		case uapi.IFLA_GROUP:
			group = wire.Order.Uint32(a.Data)
		}
	}
	return name, group
}

func do(t testing.TB, c *Conn, b *Batch) {
	t.Helper()
	if err := c.Do(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// want says what became of request i, nil for success.
func want(t testing.TB, b *Batch, i int, errno error) {
	t.Helper()
	if err := b.Err(i); !errors.Is(err, errno) {
		t.Errorf("request %d: %v, want %v", i, err, errno)
	}
}

// bridges makes n bridges in one batch, br0 and so on.
func bridges(t testing.TB, c *Conn, n int) {
	t.Helper()
	var b Batch
	for i := range n {
		b.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, create(fmt.Sprint("br", i), "bridge", nil))
	}
	do(t, c, &b)
	for i := range n {
		want(t, &b, i, nil)
	}
}

// TestPipeline sends good and bad requests together: each gets its own answer.
func TestPipeline(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	testutil.Need(t, "vxlan")
	c, ns := dialed(t)
	const exclusive = uapi.NLM_F_CREATE | uapi.NLM_F_EXCL
	badDF := func(b []byte) []byte {
		return wire.AppendU8(wire.AppendU32(b, uapi.IFLA_VXLAN_ID, 0x1234), uapi.IFLA_VXLAN_DF, 0xa1)
	}
	var got []string
	reply := func(m wire.Message) {
		name, _ := linkOf(m)
		got = append(got, name)
	}
	var b Batch
	b.Write(uapi.RTM_NEWLINK, exclusive, create("br0", "bridge", nil))
	b.Write(uapi.RTM_NEWLINK, exclusive, create("br0", "bridge", nil))
	b.Write(uapi.RTM_NEWLINK, exclusive, create("vx0", "vxlan", badDF))
	b.Get(uapi.RTM_GETLINK, reply, key("br0"))
	b.Write(uapi.RTM_SETLINK, 0, group("nosuch", 0x1234))
	b.Get(uapi.RTM_GETLINK, reply, key("nosuch"))
	b.Write(uapi.RTM_SETLINK, 0, group("br0", 0x1234))
	b.Get(uapi.RTM_GETLINK, reply, key("lo"))
	do(t, c, &b)
	for i, errno := range []error{nil, syscall.EEXIST, syscall.EINVAL, nil, syscall.ENODEV, syscall.ENODEV, nil, nil} {
		want(t, &b, i, errno)
	}
	if fmt.Sprint(got) != "[br0 lo]" {
		t.Errorf("replies %v", got)
	}
	if group := testutil.LinkJSON(t, ns, "br0")["group"]; group != "4660" {
		t.Errorf("ip says that the group is %v", group)
	}
	refusal, _ := errors.AsType[*Errno](b.Err(2))
	at := wire.Path(b.Bytes(2)[wire.HeaderLen+wire.LinkLen:], refusal.Offset-wire.HeaderLen-wire.LinkLen, uapi.IFLA_LINKINFO, uapi.IFLA_INFO_DATA)
	if refusal.Message != "Invalid DF attribute" || fmt.Sprint(at) != fmt.Sprint([]uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_DATA, uapi.IFLA_VXLAN_DF}) {
		t.Errorf("%+v, at attribute %v", refusal, at)
	}
}

// TestLongBatch takes several sends, in which every 100th request is bad.
func TestLongBatch(t *testing.T) {
	t.Parallel()
	c, ns := dialed(t)
	const n = 6000
	var b Batch
	for i := range uint32(n) {
		name := "lo"
		if i%100 == 42 {
			name = "nosuch"
		}
		b.Write(uapi.RTM_SETLINK, 0, group(name, i+1))
	}
	c.space, c.bytes = 1<<20, 64<<10
	do(t, c, &b)
	for i := range n {
		if i%100 == 42 {
			want(t, &b, i, syscall.ENODEV)
		} else {
			want(t, &b, i, nil)
		}
	}
	if group := testutil.LinkJSON(t, ns, "lo")["group"]; group != fmt.Sprint(n) {
		t.Errorf("ip says that the group is %v", group)
	}
}

// TestManyReplies come in order, several sends full.
func TestManyReplies(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, _ := dialed(t)
	bridges(t, c, 10)
	c.space = 2 << 20
	var b Batch
	var got []string
	for i := range 1500 {
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) {
			name, _ := linkOf(m)
			got = append(got, name)
		}, key(fmt.Sprint("br", i%10)))
	}
	do(t, c, &b)
	for i := range b.Len() {
		want(t, &b, i, nil)
		if name := fmt.Sprint("br", i%10); len(got) <= i || got[i] != name {
			t.Fatalf("%d replies; reply %d is not from %s", len(got), i, name)
		}
	}
}

// TestLost makes answers overflow the receive buffer. Those that did are
// reported, and the Conn is good afterwards.
func TestLost(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1); err != nil { // The kernel makes it the least it allows.
		t.Fatal(err)
	}
	var b Batch
	for i := range uint32(500) {
		b.Write(uapi.RTM_SETLINK, 0, group("lo", i+1))
	}
	do(t, c, &b)
	lost := 0
	for i := range b.Len() {
		if errors.Is(b.Err(i), ErrLost) {
			lost++
		} else {
			want(t, &b, i, nil)
		}
	}
	if lost == 0 || lost == b.Len() {
		t.Errorf("%d of %d answers lost", lost, b.Len())
	}
	for range 3 {
		if name, err := get(t.Context(), c, "lo"); name != "lo" || err != nil {
			t.Errorf("afterwards lo is %q, %v", name, err)
		}
		if _, err := get(t.Context(), c, "nosuch"); !errors.Is(err, syscall.ENODEV) {
			t.Errorf("afterwards nosuch is %v", err)
		}
	}
}

// TestDumpRestarts while links come and go: every list is complete and holds
// nothing twice.
func TestDumpRestarts(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, ns := dialed(t)
	const stable = 60
	bridges(t, c, stable)
	ctx, stop := context.WithCancel(t.Context())
	var churn sync.WaitGroup
	churn.Go(func() { flap(ctx, dialIn(t, ns)) })
	restarts := 0
	for n := 0; n < 30 || restarts == 0; n++ { // until one was interrupted
		var seen map[string]int
		attempts := 0
		restart := func() { attempts, seen = attempts+1, map[string]int{} }
		err := c.Dump(t.Context(), uapi.RTM_GETLINK, all, restart, func(m wire.Message) {
			name, _ := linkOf(m)
			seen[name]++
		})
		if err != nil {
			t.Fatal(err)
		}
		restarts += attempts - 1
		for i := range stable {
			if n := seen[fmt.Sprint("br", i)]; n != 1 {
				t.Errorf("br%d is %d times in a list", i, n)
			}
		}
		if seen["lo"] != 1 || seen["flap"] > 1 {
			t.Errorf("lo %d times, flap %d times", seen["lo"], seen["flap"])
		}
	}
	stop()
	churn.Wait()
	t.Logf("%d restarts", restarts)
}

// flap makes and removes a link until ctx ends.
func flap(ctx context.Context, c *Conn) {
	for ctx.Err() == nil {
		var b Batch
		b.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, create("flap", "bridge", nil))
		b.Write(uapi.RTM_DELLINK, 0, key("flap"))
		_ = c.Do(ctx, &b) // What becomes of it is of no interest.
	}
}

// TestDumpRefused returns the kernel's reason, and asks once.
func TestDumpRefused(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	attempts := 0
	err := c.Dump(t.Context(), uapi.RTM_GETLINK, func(b []byte) []byte {
		return wire.AppendU32(all(b), uapi.IFLA_MTU, 0x1234)
	}, func() { attempts++ }, func(wire.Message) { t.Error("a reply") })
	if !errors.Is(err, syscall.EINVAL) || attempts != 1 {
		t.Errorf("%v after %d attempts", err, attempts)
	}
}

// TestDumpGivesUp when the list changes during every attempt.
func TestDumpGivesUp(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, ns := dialed(t)
	bridges(t, c, 60) // more than one datagram holds
	other := dialIn(t, ns)
	attempts, first := 0, false
	c.SetHook(func(p Point) error {
		if first && p == AfterReceive {
			first = false
			var b Batch
			b.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE, create(fmt.Sprint("more", attempts), "bridge", nil))
			do(t, other, &b)
		}
		return nil
	})
	restart := func() { attempts, first = attempts+1, true }
	err := c.Dump(t.Context(), uapi.RTM_GETLINK, all, restart, func(wire.Message) {})
	if !errors.Is(err, ErrInterrupted) || attempts < 10 {
		t.Errorf("%v after %d attempts", err, attempts)
	}
}
