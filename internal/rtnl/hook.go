package rtnl

// A Point is a moment of an exchange.
type Point uint8

// The points: around a send, whatever it holds, and around the reading of each
// datagram.
const (
	BeforeSend Point = iota
	AfterSend
	BeforeReceive
	AfterReceive
)

// A Hook is called at each point of each exchange, so that tests can count them
// and make them go wrong. An error takes the place of what would have followed:
// the send, the reading, or what was read. After a send it is ignored.
type Hook func(Point) error

// SetHook makes c call hook; it must not be in use.
func (c *Conn) SetHook(hook Hook) {
	c.hook = hook
}

func (c *Conn) pass(p Point) error {
	if c.hook == nil {
		return nil
	}
	return c.hook(p)
}
