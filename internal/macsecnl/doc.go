// Package macsecnl is the generic netlink family macsec: the requests that make,
// change and drop channels and associations, what they are checked for before
// they go out, and the list of all links with theirs.
//
// It sends by the socket of package rtnl rather than that of package genl:
// requests hold keys, which must leave no copies, and one message of the list
// may take 32 KiB.
package macsecnl
