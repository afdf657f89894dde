// Package wgnl encodes and decodes the generic netlink family wireguard: devices, peers
// and allowed IPs, and the requests that change them.
package wgnl
