package rtnl

import (
	"context"
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
	c.SetTrace(func(d Datagram) {
		if d.Conn != c || d.Family != "" {
			t.Errorf("%v, family %q", d.Conn, d.Family)
		}
		told = append(told, fmt.Sprint(d.Sent, seqs(d.Bytes)))
	})
	var b Batch
	b.Get(uapi.RTM_GETLINK, nil, key("lo"))
	b.Write(uapi.RTM_DELLINK, 0, key("no-such-link"))
	if err := c.Do(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	want := []string{"send", "true [18/1 17/2]", "sent", "read", "false [16/1]", "was read", "read", "false [2/2]", "was read"}
	if !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
	told = nil
	c.SetTrace(nil)
	if err := c.Do(t.Context(), &b); err != nil || slices.ContainsFunc(told, func(s string) bool { return s[0] == 't' || s[0] == 'f' }) {
		t.Errorf("without a trace: %q, error %v", told, err)
	}
}

// TestTraceOfOther traces the sockets that a context reaches: those without a trace.
func TestTraceOfOther(t *testing.T) {
	traced, _ := dialed(t)
	second, _ := dialed(t)
	plain, _ := dialed(t)
	var told []string
	traced.SetTrace(func(d Datagram) { told = append(told, fmt.Sprint("first ", d.Sent)) })
	second.SetTrace(func(d Datagram) { told = append(told, fmt.Sprint("second ", d.Sent)) })
	for _, test := range []struct {
		on   *Conn
		ctx  context.Context
		want []string
	}{
		{plain, traced.Traced(t.Context()), []string{"first true", "first false"}},
		{second, traced.Traced(t.Context()), []string{"second true", "second false"}},
		{plain, second.Traced(traced.Traced(t.Context())), []string{"second true", "second false"}},
		{plain, plain.Traced(t.Context()), nil},
	} {
		told = nil
		var b Batch
		b.Get(uapi.RTM_GETLINK, nil, key("lo"))
		if err := test.on.Do(test.ctx, &b); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, test.want) {
			t.Errorf("%q, want %q", told, test.want)
		}
	}
}

// TestTracePanics at each of its calls: the Conn stays usable.
func TestTracePanics(t *testing.T) {
	c, _ := dialed(t)
	for at := range 3 {
		calls := 0
		c.SetTrace(func(Datagram) {
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
			_ = c.Do(t.Context(), &b)
		}()
		c.SetTrace(nil)
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
	c, _ := dialed(t)
	var told []string
	c.SetTrace(func(d Datagram) { told = append(told, fmt.Sprintf("%s %t %v", d.Family, d.Sent, seqs(d.Bytes))) })
	f, err := DialFamily(c.Traced(t.Context()), int(testutil.NetNS(t).Fd()), "nlctrl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := []string{"nlctrl true [16/1]", "nlctrl false [16/1]"}
	if !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
	if err := f.List(t.Context(), uapi.CTRL_CMD_GETFAMILY, wire.AppendString(nil, uapi.CTRL_ATTR_FAMILY_NAME, "nlctrl"), nil); err != nil {
		t.Fatal(err)
	}
	if want = append(want, "nlctrl true [16/2]", "nlctrl false [16/2]"); !slices.Equal(told, want) {
		t.Errorf("it lost its trace: %q, want %q", told, want)
	}
}

// TestTraceCut traces a datagram that does not fit the read buffer.
func TestTraceCut(t *testing.T) {
	c, _ := dialed(t)
	var names Batch
	for i := range 5 {
		names.Write(uapi.RTM_NEWLINKPROP, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, manyNames("lo", i))
	}
	do(t, c, &names)
	var lengths []int
	c.SetTrace(func(d Datagram) {
		if !d.Sent {
			lengths = append(lengths, len(d.Bytes))
		}
	})
	var b Batch
	b.Get(uapi.RTM_GETLINK, nil, key("lo"))
	if err := c.Do(t.Context(), &b); err != nil || b.Err(0) != nil {
		t.Fatal(err, b.Err(0))
	}
	if len(lengths) != 2 || lengths[0] >= 12000 || lengths[1] <= 12000 {
		t.Errorf("datagrams of %d bytes, want the beginning and then all of more than 12000", lengths)
	}
}
