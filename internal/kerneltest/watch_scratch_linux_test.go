package kerneltest_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"iter"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// watched is a namespace of a test's own, with a Conn in it.
type watched struct {
	*testutil.Lab
	conn *iplink.Conn
}

func newWatched(t testing.TB) *watched {
	t.Helper()
	conn, ns := lab.Scratch(t)
	return &watched{ns, conn}
}

// events is a watch that a test takes events from one by one.
type events struct {
	t    testing.TB
	next func() (iplink.Event, error, bool)
}

// watch begins to watch and stops when the test ends, or after a minute, which
// is much even on an emulated processor.
func (w *watched) watch(filters ...iplink.Filter) *events {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	next, stop := iter.Pull2(w.conn.Watch(ctx, filters...))
	w.Cleanup(func() { stop(); cancel() })
	return &events{w, next}
}

// take returns the next event.
func (e *events) take() iplink.Event {
	e.t.Helper()
	event, err, ok := e.next()
	if err != nil || !ok {
		e.t.Fatalf("watch ended with %v, %v", err, ok)
	}
	return event
}

// snapshot takes the events up to the mark of its end.
func (e *events) snapshot() {
	e.t.Helper()
	for event := e.take(); event.Kind != iplink.Current; event = e.take() {
		if event.Kind != iplink.Added || !event.Snapshot {
			e.t.Errorf("%v is part of the snapshot", event)
		}
	}
}

// until takes events up to the first of which holds is true, which it returns.
func (e *events) until(what string, holds func(iplink.Event) bool) iplink.Event {
	e.t.Helper()
	var seen []string
	for {
		event, err, ok := e.next()
		if err != nil || !ok {
			e.t.Fatalf("no event %q before the watch ended with %v, %v; seen: %q", what, err, ok, seen)
		}
		if holds(event) {
			return event
		}
		seen = append(seen, event.String())
	}
}

// changed takes events up to one in which an attribute of a link has changed.
func (e *events) changed(name, attribute string) iplink.Event {
	e.t.Helper()
	return e.until(name+": "+attribute, func(v iplink.Event) bool {
		return v.Kind == iplink.Changed && v.New.Name == name && slices.Contains(v.Changes, attribute)
	})
}

// about takes events up to one for a link.
func (e *events) about(name string) iplink.Event {
	e.t.Helper()
	return e.until("about "+name, func(v iplink.Event) bool { return v.Link().Name == name })
}

// of takes events up to one of a kind for a link.
func (e *events) of(kind iplink.EventKind, name string) iplink.Event {
	e.t.Helper()
	return e.until(kind.String()+" "+name, func(v iplink.Event) bool {
		return v.Kind == kind && v.Link().Name == name
	})
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustGet(t testing.TB, c *iplink.Conn, name string) *iplink.Link {
	t.Helper()
	l, err := c.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// waitFor waits for a minute at most.
func waitFor(t testing.TB, c *iplink.Conn, name string, cond iplink.Condition) *iplink.Link {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l, err := c.Wait(ctx, name, cond)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// sendUDP sends a packet from the namespace.
func sendUDP(t testing.TB, w *watched, to string) {
	t.Helper()
	w.In(func() {
		conn, err := net.Dial("udp4", to)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
	})
}

// setBridgePortCost is `bridge link set dev port cost n`.
func setBridgePortCost(t testing.TB, w *watched, port string, cost uint32) {
	t.Helper()
	index := mustGet(t, w.conn, port).Index
	attrs := netlink.NewAttributeEncoder()
	attrs.Nested(unix.IFLA_PROTINFO, func(info *netlink.AttributeEncoder) error {
		info.Uint32(unix.IFLA_BRPORT_COST, cost)
		return nil
	})
	body, err := attrs.Encode()
	if err != nil {
		t.Fatal(err)
	}
	header := make([]byte, unix.SizeofIfInfomsg)
	header[0] = unix.AF_BRIDGE
	binary.NativeEndian.PutUint32(header[4:], uint32(index))
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{NetNS: int(w.File.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_SETLINK, Flags: netlink.Request | netlink.Acknowledge},
		Data:   append(header, body...),
	})
	if err != nil {
		t.Fatal(err)
	}
}
