package rtnl

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// body returns a body of n bytes.
func body(n int) func([]byte) []byte {
	return func(b []byte) []byte { return append(b, make([]byte, n)...) }
}

func TestBatch(t *testing.T) {
	var b Batch
	for range 2 { // The second time after Reset.
		write := b.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE, func(b []byte) []byte { return append(b, 0xa1, 0xa2, 0xa3, 0xa4) })
		get := b.Get(uapi.RTM_GETLINK, nil, body(16))
		dump := b.dump(uapi.RTM_GETLINK, nil, body(0))
		b.number(0, 3, 0x1234)
		for i, want := range []wire.Header{
			{Len: 20, Type: uapi.RTM_NEWLINK, Flags: uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | uapi.NLM_F_CREATE, Seq: 0x1234},
			{Len: 32, Type: uapi.RTM_GETLINK, Flags: uapi.NLM_F_REQUEST, Seq: 0x1235},
			{Len: 16, Type: uapi.RTM_GETLINK, Flags: uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, Seq: 0x1236},
		} {
			for m, err := range wire.Messages(b.Bytes(i)) {
				if m.Header != want || err != nil {
					t.Errorf("request %d: %+v, error %v; want %+v", i, m.Header, err, want)
				}
			}
		}
		if write != 0 || get != 1 || dump != 2 || b.Len() != 3 || string(b.Bytes(0)[16:]) != "\xa1\xa2\xa3\xa4" {
			t.Errorf("requests %d, %d, %d of %d; body % x", write, get, dump, b.Len(), b.Bytes(0)[16:])
		}
		b.Reset()
	}
}

func TestBatchAllocates(t *testing.T) {
	var b Batch
	fill := func() {
		b.Reset()
		for range 100 {
			b.Write(uapi.RTM_SETLINK, 0, func(b []byte) []byte { return wire.AppendU32(b, uapi.IFLA_MTU, 0x1234) })
		}
	}
	fill()
	if n := testing.AllocsPerRun(10, fill); n != 0 {
		t.Errorf("%v allocations in a batch that is used again, want none", n)
	}
}

// TestFit says how many requests go out in one send.
func TestFit(t *testing.T) {
	acks := func(n, bytes int) (b Batch) {
		for range n {
			b.Write(uapi.RTM_SETLINK, 0, body(bytes))
		}
		return b
	}
	gets := func(n int) (b Batch) {
		for range n {
			b.Get(uapi.RTM_GETLINK, nil, body(16))
		}
		return b
	}
	mixed := acks(2, 16)
	mixed.Get(uapi.RTM_GETLINK, nil, body(16))
	mixed.Write(uapi.RTM_SETLINK, 0, body(16))
	removals := func(n int) (b Batch) {
		for range n {
			b.Write(uapi.RTM_DELLINK, 0, body(16))
		}
		return b
	}
	together := acks(4*sendWork, 16)
	together.Together()
	// What one answer of each sort takes.
	short, long := acks(1, 16), gets(1)
	ack, reply := short.requests[0].space(), long.requests[0].space()
	const much, k = 1 << 30, 1 << 10
	for _, c := range []struct {
		name              string
		b                 Batch
		from, room, bytes int
		want              int
	}{
		{"room for all", acks(5, 16), 0, 5 * ack, much, 5},
		{"room for three", acks(5, 16), 0, 4*ack - 1, much, 3},
		{"from the third", acks(5, 16), 2, 2 * ack, much, 4},
		{"room for none", acks(5, 16), 0, 0, much, 1},
		{"room for none, last", acks(5, 16), 4, 0, much, 5},
		{"descriptions", gets(5), 0, 3 * reply, much, 3},
		{"both", mixed, 0, 2*ack + reply, much, 3},
		{"all but the description", mixed, 0, 2*ack + reply - 1, much, 2},
		{"as long as a send may be", acks(3, 64*k-16), 0, much, 128 * k, 2},
		{"too long for one send", acks(3, 64*k-15), 0, much, 128 * k, 1},
		{"too long by itself", acks(2, 200*k), 0, much, 128 * k, 1},
		{"long, from the second", acks(4, 64*k-16), 1, much, 128 * k, 3},
		{"as much as a send may cost", acks(sendWork, 16), 0, much, much, sendWork},
		{"more than a send may cost", acks(4*sendWork, 16), 7, much, much, 7 + sendWork},
		{"removals", removals(4 * sendWork), 0, much, much, sendWork / removalWork},
		{"what costs little", gets(4 * sendWork), 0, much, much, 4 * sendWork},
		{"together", together, 0, much, much, 4 * sendWork},
		{"together without room", together, 0, 2 * ack, much, 2},
	} {
		if got := c.b.fit(c.from, c.room, c.bytes); got != c.want {
			t.Errorf("%s: up to %d, want %d", c.name, got, c.want)
		}
	}
	if reply < 3*k || ack < 832 {
		t.Errorf("%d bytes for a description, %d for an acknowledgement", reply, ack)
	}
}

// answer returns a message, padded.
func answer(typ, flags uint16, seq uint32, data []byte) []byte {
	b, at := wire.BeginMessage(nil, typ, flags)
	b = wire.EndMessage(append(b, data...), at)
	wire.SetSeq(b, seq)
	return append(b, make([]byte, wire.Align(len(b))-len(b))...)
}

// code is the payload of an acknowledgement or the end of a dump.
func code(n int32) []byte {
	return wire.Order.AppendUint32(nil, uint32(n))
}

const (
	refused = -int32(syscall.EINVAL)
	busy    = -int32(syscall.EBUSY)
)

// TestDeliver hands requests 1 and 2 of four what is theirs, and nothing else
// to anybody.
func TestDeliver(t *testing.T) {
	const base = 0xfffffffe // so that sequence numbers wrap within the batch
	var b Batch
	var got []string
	reply := func(m wire.Message) { got = append(got, string(m.Data)) }
	b.Write(uapi.RTM_SETLINK, 0, body(0))
	b.Write(uapi.RTM_SETLINK, 0, body(0))
	b.Get(uapi.RTM_GETLINK, reply, body(0))
	b.Get(uapi.RTM_GETLINK, reply, body(0))
	b.markSent(0, 4)
	b.deliver(slices.Concat(
		answer(uapi.NLMSG_ERROR, 0, base-1, code(refused)),          // to an earlier batch
		answer(uapi.NLMSG_ERROR, 0, 0x12345678, code(refused)),      // to nobody
		answer(uapi.NLMSG_ERROR, 0, base, code(refused)),            // before the range
		answer(uapi.RTM_NEWLINK, 0, 1, []byte("behind the range")),  //
		answer(uapi.RTM_NEWLINK, 0, 2, []byte("behind the batch")),  //
		answer(uapi.RTM_NEWLINK, 0, 0, []byte("the third's")),       // which began at base+2
		answer(uapi.RTM_NEWLINK, 0, 0, []byte("the third's again")), // it has its answer
		answer(uapi.NLMSG_ERROR, 0, base+1, code(busy)),             // the second's
		answer(uapi.NLMSG_ERROR, 0, base+1, code(0)),                // it has its answer
	), 1, 3, base)
	if b.requests[0].state != sent || b.requests[3].state != sent {
		t.Errorf("outside of the range: %+v, %+v", b.requests[0], b.requests[3])
	}
	if !errors.Is(b.Err(1), syscall.EBUSY) || b.Err(2) != nil || b.pending(1, 3) || !b.pending(0, 4) {
		t.Errorf("in the range: %v, %v", b.Err(1), b.Err(2))
	}
	if !slices.Equal(got, []string{"the third's"}) {
		t.Errorf("replies %q", got)
	}
}

// TestDeliverDump ends with NLMSG_DONE, in whatever datagram it comes.
func TestDeliverDump(t *testing.T) {
	for name, c := range map[string]struct {
		last []byte
		want error
	}{
		"complete":         {answer(uapi.NLMSG_DONE, 0, 7, code(0)), nil},
		"without a code":   {answer(uapi.NLMSG_DONE, 0, 7, nil), nil},
		"given up":         {answer(uapi.NLMSG_DONE, 0, 7, code(busy)), syscall.EBUSY},
		"refused":          {answer(uapi.NLMSG_ERROR, 0, 7, code(refused)), syscall.EINVAL},
		"without an errno": {answer(uapi.NLMSG_ERROR, 0, 7, nil), wire.ErrTruncated},
	} {
		var b Batch
		replies := 0
		b.dump(uapi.RTM_GETLINK, func(m wire.Message) { replies++ }, body(0))
		b.markSent(0, 1)
		part := answer(uapi.RTM_NEWLINK, uapi.NLM_F_MULTI, 7, []byte("link"))
		b.deliver(slices.Concat(part, part), 0, 1, 7)
		if !b.pending(0, 1) || replies != 2 {
			t.Errorf("%s: after 2 links %d replies, pending %v", name, replies, b.pending(0, 1))
		}
		b.deliver(slices.Concat(part, c.last, part), 0, 1, 7)
		if !errors.Is(b.Err(0), c.want) || b.pending(0, 1) {
			t.Errorf("%s: %v, want %v", name, b.Err(0), c.want)
		}
	}
}

// TestDeliverList has one message answer a request that many may answer, or many
// which a last one ends.
func TestDeliverList(t *testing.T) {
	one, part := answer(0x1234, 0, 7, []byte("port")), answer(0x1234, uapi.NLM_F_MULTI, 7, []byte("port"))
	for name, c := range map[string]struct {
		datagrams [][]byte
		replies   int
		want      error
	}{
		"one":     {[][]byte{one}, 1, nil},
		"more":    {[][]byte{slices.Concat(one, one)}, 1, nil},
		"many":    {[][]byte{slices.Concat(part, part), part, answer(uapi.NLMSG_DONE, uapi.NLM_F_MULTI, 7, code(0))}, 3, nil},
		"broken":  {[][]byte{part, answer(uapi.NLMSG_DONE, uapi.NLM_F_MULTI, 7, code(busy))}, 1, syscall.EBUSY},
		"refused": {[][]byte{answer(uapi.NLMSG_ERROR, 0, 7, code(refused))}, 0, syscall.EINVAL},
	} {
		var b Batch
		replies := 0
		b.list(0x1234, func(m wire.Message) { replies++ }, body(0))
		b.markSent(0, 1)
		for _, datagram := range c.datagrams {
			if !b.pendingSingles(0, 1) {
				t.Errorf("%s: answered before the last datagram", name)
			}
			b.deliver(datagram, 0, 1, 7)
		}
		if !errors.Is(b.Err(0), c.want) || b.pending(0, 1) || replies != c.replies {
			t.Errorf("%s: %v after %d replies, want %v after %d", name, b.Err(0), replies, c.want, c.replies)
		}
	}
}

// TestDeliverBroken takes what lies before a broken length.
func TestDeliverBroken(t *testing.T) {
	var b Batch
	b.Write(uapi.RTM_SETLINK, 0, body(0))
	b.Write(uapi.RTM_SETLINK, 0, body(0))
	b.markSent(0, 2)
	whole := slices.Concat(answer(uapi.NLMSG_ERROR, 0, 7, code(0)), answer(uapi.NLMSG_ERROR, 0, 8, code(0)))
	b.deliver(whole[:len(whole)-1], 0, 2, 7)
	if b.requests[0].state != answered || b.requests[1].state != sent {
		t.Errorf("%+v", b.requests)
	}
}

// TestErr says what became of requests by how far they have come.
func TestErr(t *testing.T) {
	cause := errors.New("cause")
	var b Batch
	for range 4 {
		b.Write(uapi.RTM_SETLINK, 0, body(0))
	}
	if err := b.Err(3); err == nil {
		t.Error("what was never sent counts as done")
	}
	b.markSent(0, 3)
	b.requests[0].finish(nil)
	b.failUnsent(cause)
	for i, want := range []error{nil, ErrLost, ErrLost, cause} {
		if err := b.Err(i); !errors.Is(err, want) {
			t.Errorf("request %d: %v, want %v", i, err, want)
		}
	}
	b.failLost(0, 2)
	if b.Err(0) != nil || b.pending(0, 2) || !b.pending(0, 4) {
		t.Errorf("%+v", b.requests)
	}
}
