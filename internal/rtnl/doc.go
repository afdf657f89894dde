// Package rtnl is the route netlink socket: requests go out many in one send,
// and each gets its own answer.
//
// It sits on github.com/mdlayher/netlink, which opens the socket in the right
// namespace. It reads and writes beside it, because a buffer of its own for every
// message costs more than all the rest of a request, and a thread that the
// runtime's poller wakes for every answer is woken for nothing: it is there already.
package rtnl
