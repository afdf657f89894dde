package rtnl

import "context"

// Held is a Conn whose socket stays open until Release, even if the Conn is closed
// meanwhile. Exchanges continue to work, so that changes already begun can be
// undone.
type Held struct {
	*Conn
}

// Hold keeps the socket open. It returns os.ErrClosed if c is already closed.
func (c *Conn) Hold() (Held, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return Held{}, errClosed
	}
	c.users++
	return Held{c}, nil
}

// Release ends a Hold.
func (h Held) Release() {
	h.release()
}

// Do is Conn.Do, but works even if the Conn is closed.
func (h Held) Do(ctx context.Context, b *Batch) error {
	return h.do(ctx, b, true)
}

// Dump is Conn.Dump, but works even if the Conn is closed.
func (h Held) Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each Reply) error {
	_, err := dump(ctx, h.Do, typ, body, restart, each)
	return err
}
