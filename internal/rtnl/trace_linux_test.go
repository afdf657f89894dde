package rtnl

import (
	"fmt"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// seqs returns the types and sequence numbers of the messages of a datagram.
func seqs(b []byte) (all []string) {
	for m, err := range wire.Messages(b) {
		if err != nil {
			return append(all, err.Error())
		}
		all = append(all, fmt.Sprintf("%d/%d", m.Type, m.Seq))
	}
	return all
}

// TestTrace compares the datagrams of a trace with the points of the exchange.
func TestTrace(t *testing.T) {
	c, _ := dialed(t)
	var told []string
	c.SetHook(func(p Point) error {
		told = append(told, map[Point]string{BeforeSend: "send", AfterSend: "sent", BeforeReceive: "read", AfterReceive: "was read"}[p])
		return nil
	})
	ctx := WithTrace(t.Context(), func(d Datagram) {
		if d.Conn != c || d.Family != "" {
			t.Errorf("%v, family %q", d.Conn, d.Family)
		}
		told = append(told, fmt.Sprint(d.Sent, seqs(d.Bytes)))
	})
	var b Batch
	b.Get(uapi.RTM_GETLINK, nil, key("lo"))
	b.Write(uapi.RTM_DELLINK, 0, key("no-such-link"))
	if err := c.Do(ctx, &b); err != nil {
		t.Fatal(err)
	}
	want := []string{"send", "true [18/1 17/2]", "sent", "read", "false [16/1]", "was read", "read", "false [2/2]", "was read"}
	if !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
	told = nil
	if err := c.Do(t.Context(), &b); err != nil || slices.ContainsFunc(told, func(s string) bool { return s[0] == 't' || s[0] == 'f' }) {
		t.Errorf("without a trace: %q, error %v", told, err)
	}
}

// TestTraceTwice calls two traces of a context in order.
func TestTraceTwice(t *testing.T) {
	c, _ := dialed(t)
	var told []string
	ctx := WithTrace(t.Context(), func(d Datagram) { told = append(told, fmt.Sprint("first ", d.Sent)) })
	ctx = WithTrace(ctx, func(d Datagram) { told = append(told, fmt.Sprint("second ", d.Sent)) })
	var b Batch
	b.Get(uapi.RTM_GETLINK, nil, key("lo"))
	if err := c.Do(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if want := []string{"first true", "second true", "first false", "second false"}; !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
}

// TestTracePanics at each of its calls: the Conn stays usable.
func TestTracePanics(t *testing.T) {
	c, _ := dialed(t)
	for at := range 3 {
		calls := 0
		ctx := WithTrace(t.Context(), func(Datagram) {
			if calls++; calls == at+1 {
				panic("trace")
			}
		})
		var b Batch
		b.Get(uapi.RTM_GETLINK, nil, key("lo"))
		b.Get(uapi.RTM_GETLINK, nil, key("lo"))
		func() {
			defer func() {
				if r := recover(); r != "trace" {
					t.Errorf("call %d: recovered %v", at, r)
				}
			}()
			_ = c.Do(ctx, &b)
		}()
		got := 0
		var again Batch
		again.Get(uapi.RTM_GETLINK, func(m wire.Message) { got = IndexIn(m) }, key("lo"))
		if err := c.Do(t.Context(), &again); err != nil || again.Err(0) != nil || got != 1 {
			t.Errorf("after a panic at call %d: index %d, errors %v, %v", at, got, err, again.Err(0))
		}
	}
}

// TestTraceFamily traces the look-up of a generic netlink family.
func TestTraceFamily(t *testing.T) {
	var told []string
	ctx := WithTrace(t.Context(), func(d Datagram) { told = append(told, fmt.Sprintf("%s %t %v", d.Family, d.Sent, seqs(d.Bytes))) })
	f, err := DialFamily(ctx, int(testutil.NetNS(t).Fd()), "nlctrl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if want := []string{"nlctrl true [16/1]", "nlctrl false [16/1]"}; !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
}

// TestTraceCut traces a datagram that does not fit the read buffer.
func TestTraceCut(t *testing.T) {
	c, _ := dialed(t)
	c.read = make([]byte, 100)
	var lengths []int
	ctx := WithTrace(t.Context(), func(d Datagram) {
		if !d.Sent {
			lengths = append(lengths, len(d.Bytes))
		}
	})
	var b Batch
	b.Get(uapi.RTM_GETLINK, nil, key("lo"))
	if err := c.Do(ctx, &b); err != nil || b.Err(0) != nil {
		t.Fatal(err, b.Err(0))
	}
	if len(lengths) != 2 || lengths[0] != 100 || lengths[1] <= 100 {
		t.Errorf("datagrams of %d bytes, want 100 and then all", lengths)
	}
}
