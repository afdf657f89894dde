// Package macsecnl is the generic netlink family macsec: requests that add, change
// and delete channels and associations, the checks of these requests, and the list
// of all links with their channels and associations.
//
// It uses the socket of package rtnl instead of package genl: requests contain keys,
// which must not leave copies in memory, and one message of the list may take 32
// KiB.
package macsecnl
