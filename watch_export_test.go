package iplink

import "context"

// ReceiveBuffer makes Watch ask for a receive buffer of so many bytes, for the
// system's default if it is 0.
func ReceiveBuffer(bytes int) Filter {
	return func(f *filter) { f.buffer = bytes }
}

// Differences names what Watch would report as changed, of links that keep the
// messages that they came in.
var Differences = changes

// Whole reads the link with an index, with the message that it comes in.
func (c *Conn) Whole(ctx context.Context, index int) (*Link, error) {
	return readIndex(ctx, c.rt, index)
}
