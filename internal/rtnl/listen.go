package rtnl

import "errors"

// OwnNetNS stands for the Listener's own namespace where an id is due.
const OwnNetNS = -1

// ErrOverrun says that the kernel dropped announcements, because those before
// had filled the receive buffer. It goes on dropping them until the buffer has
// been read empty.
var ErrOverrun = errors.New("announcements lost: the receive buffer of the netlink socket was full")

// Listening says how to listen.
type Listening struct {
	// AllNetNS listens to all namespaces that have an id in the Listener's own,
	// and to what becomes of these ids. It needs CAP_NET_BROADCAST.
	AllNetNS bool
	// Buffer is how many bytes of announcements may wait, at most; the system's
	// default if it is 0. Without CAP_NET_ADMIN the kernel grants no more than
	// net.core.rmem_max.
	Buffer int
}
