// Package teamnl is the encoding of the generic netlink family team: what a
// request for an option, and the lists of options and ports, look like.
package teamnl
