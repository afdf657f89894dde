package rtnl

// A Point is a moment of an exchange.
type Point uint8

// The points before and after each send, and before and after the reading of each
// datagram.
const (
	BeforeSend Point = iota
	AfterSend
	BeforeReceive
	AfterReceive
)

// A Hook is called at each point of each exchange, so that tests can count exchanges
// and make them fail. An error replaces the operation that would have followed: the
// send, the read, or the data that was read. After a send it is ignored.
type Hook func(Point) error

// SetHook makes c call hook. c must not be in use.
func (c *Conn) SetHook(hook Hook) {
	c.hook = hook
}

// Hook returns the hook of c, for another socket of the same operation.
func (c *Conn) Hook() Hook {
	return c.hook
}

func (c *Conn) pass(p Point) error {
	if c.hook == nil {
		return nil
	}
	return c.hook(p)
}
