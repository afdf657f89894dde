package iplink

import "github.com/iplink-go/iplink/internal/rtnl"

// SetHook makes hook be called at each point of each exchange with the kernel,
// also on the sockets that the Conn opens in other namespaces.
func (c *Conn) SetHook(hook rtnl.Hook) {
	c.hook = hook
	c.rt.SetHook(hook)
}

// WithoutEcho makes the kernel pass for one before Linux 6.2, which nothing has
// been created with yet.
func (c *Conn) WithoutEcho() {
	c.echo = 0
	c.noEcho.Store(false)
}
