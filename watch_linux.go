package iplink

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// listen opens a Listener in the Conn's namespace. Entering a namespace, or even
// finding the namespace of a socket, needs privileges that watching does not need.
// So listen first checks whether the calling thread is in that namespace already.
func (c *Conn) listen(ctx context.Context, how rtnl.Listening) (*rtnl.Listener, error) {
	here, err := rtnl.Listen(ctx, rtnl.Here, how)
	if err == nil {
		if sameNetNS(c.rt.Control, here.Control) {
			return here, nil
		}
		here.Close()
	}
	ns, nsErr := c.netns()
	if nsErr != nil {
		return nil, errors.Join(err, nsErr)
	}
	return ns.listen(ctx, how)
}

// control calls a function with the descriptor of a socket.
type control func(func(fd int) error) error

// sameNetNS reports whether two sockets belong to one namespace, as far as can be
// determined.
func sameNetNS(a, b control) bool {
	x, err := netNSCookie(a)
	if err != nil {
		return false
	}
	y, err := netNSCookie(b)
	return err == nil && x == y
}

// netNSCookie returns the number of a socket's namespace, which is never reused for
// another namespace.
func netNSCookie(c control) (cookie uint64, err error) {
	err = c(func(fd int) (err error) {
		cookie, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
		return err
	})
	return cookie, err
}
