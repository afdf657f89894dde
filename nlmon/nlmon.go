// Package nlmon makes nlmon links, which show the netlink messages of their
// namespace to programs that capture packets. It also captures the messages, to a
// file for Wireshark or for the program itself.
//
// A capture contains secrets. Programs pass the keys of MACsec, IPsec and Wi-Fi to
// the kernel in netlink messages, and WireGuard's private keys go in both
// directions. Protect a capture like a key, and search it for keys before you attach
// it to a report.
package nlmon
