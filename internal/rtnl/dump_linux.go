package rtnl

import (
	"context"
	"time"
)

// Dump sends one request that is answered by many messages, and calls each for every
// message. It calls restart before each attempt. It tries again if the kernel
// reports that the list changed meanwhile, or if part of the list did not fit the
// read buffer, which has grown by then.
func (c *Conn) Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each Reply) error {
	_, err := dump(ctx, c.Do, typ, body, restart, each)
	return err
}

type doer func(context.Context, *Batch) error

// dump also reports whether the kernel reserved room for a vast link.
func dump(ctx context.Context, do doer, typ uint16, body func([]byte) []byte, restart func(), each Reply) (vast bool, err error) {
	const attempts = 50
	for n := range attempts {
		restart()
		r, err := dumpOnce(ctx, do, typ, body, each)
		if err != nil || !r.changed && !r.cut {
			return r.vast, err
		}
		if err := sleep(ctx, time.Duration(n)*time.Millisecond); err != nil {
			return false, err
		}
	}
	return false, ErrInterrupted
}

// dumpOnce returns the request with its result.
func dumpOnce(ctx context.Context, do doer, typ uint16, body func([]byte) []byte, each Reply) (request, error) {
	var b Batch
	b.dump(typ, each, body)
	err := do(ctx, &b)
	if r := b.requests[0]; err != nil || r.cut {
		return r, err
	}
	return b.requests[0], b.Err(0)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
