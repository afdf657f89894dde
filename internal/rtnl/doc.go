// Package rtnl is the route netlink socket. Many requests go out in one send, and
// each gets its own answer.
//
// It uses github.com/mdlayher/netlink to open the socket in the right namespace. It
// does its own reading and writing for two reasons: a separate buffer for every
// message costs more than the rest of a request, and the runtime's poller would wake
// a thread for every answer, although the answer is already there.
package rtnl
