package rtnl

import "errors"

// OwnNetNS stands for the Listener's own namespace in place of an id.
const OwnNetNS = -1

// ErrOverrun means that the kernel dropped announcements because the receive buffer
// was full. It continues to drop them until the buffer has been emptied.
var ErrOverrun = errors.New("announcements lost: the receive buffer of the netlink socket was full")

// Listening holds the options of a Listener.
type Listening struct {
	// AllNetNS listens to all namespaces that have an id in the Listener's own, and
	// to changes of these ids. It needs CAP_NET_BROADCAST.
	AllNetNS bool
	// Groups are multicast groups (RTNLGRP_*) to join besides those about links.
	Groups []uint32
	// Buffer is the maximum size of unread announcements in bytes; 0 is the system's
	// default. Without CAP_NET_ADMIN the kernel grants at most net.core.rmem_max.
	Buffer int
}
