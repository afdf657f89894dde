// Package teamnl encodes and decodes the generic netlink family team: requests for
// options, and the lists of options and ports.
package teamnl
