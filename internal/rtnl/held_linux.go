package rtnl

import "context"

// Held is a Conn whose socket stays open, also when the Conn is closed
// meanwhile, until Release. Its exchanges go on, so that what was begun can be
// undone.
type Held struct {
	*Conn
}

// Hold keeps the socket open. It returns os.ErrClosed if c is closed already.
func (c *Conn) Hold() (Held, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return Held{}, errClosed
	}
	c.users++
	return Held{c}, nil
}

// Release ends what Hold began.
func (h Held) Release() {
	h.release()
}

// Do is Conn.Do, also when the Conn is closed.
func (h Held) Do(ctx context.Context, b *Batch) error {
	return h.do(ctx, b, true)
}

// Dump is Conn.Dump, also when the Conn is closed.
func (h Held) Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each Reply) error {
	_, err := dump(ctx, h.Do, typ, body, restart, each)
	return err
}
