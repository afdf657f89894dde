// Package rtnl is the route netlink socket: requests go out many in one send,
// and each gets its own answer.
//
// It sits on github.com/mdlayher/netlink, which opens the socket in the right
// namespace and integrates it with the runtime's poller, and reads and writes
// through its raw connection, because a buffer of its own for every message
// costs more than all the rest of a request.
package rtnl
