package rtnl

import (
	"context"
	"time"
)

// Dump sends one request that many messages answer, and calls each for every
// one of them. When the kernel says that the list changed meanwhile, or when a part
// of it did not fit the read buffer, which grows then, it starts anew, after a call
// of restart.
func (c *Conn) Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each Reply) error {
	return dump(ctx, c.Do, typ, body, restart, each)
}

type doer func(context.Context, *Batch) error

func dump(ctx context.Context, do doer, typ uint16, body func([]byte) []byte, restart func(), each Reply) error {
	const attempts = 50
	for n := range attempts {
		restart()
		interrupted, err := dumpOnce(ctx, do, typ, body, each)
		if err != nil || !interrupted {
			return err
		}
		if err := sleep(ctx, time.Duration(n)*time.Millisecond); err != nil {
			return err
		}
	}
	return ErrInterrupted
}

func dumpOnce(ctx context.Context, do doer, typ uint16, body func([]byte) []byte, each Reply) (interrupted bool, err error) {
	var b Batch
	b.dump(typ, each, body)
	if err := do(ctx, &b); err != nil {
		return false, err
	}
	r := &b.requests[0]
	if r.cut {
		return true, nil
	}
	return r.changed, b.Err(0)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
