// Package genl is a generic netlink socket for one family such as team:
// requests that are acknowledged, requests that are answered, and the
// family's multicast groups.
//
// It adds to github.com/mdlayher/genetlink that every call heeds a context, that
// the socket is usable after a call was cancelled, and that the kernel's
// refusals are those of package rtnl, with the extended acknowledgement's text.
package genl
