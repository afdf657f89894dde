// Package nlmon makes nlmon links, which show the netlink messages of their
// namespace to programs that capture packets, and captures them: to a file that
// Wireshark reads, or for the program itself.
//
// A capture holds secrets. Programs give the kernel the keys of MACsec, IPsec and
// Wi-Fi in netlink messages, and WireGuard's private keys go both ways. Keep a
// capture as you keep keys, and do not attach one to a report before you have
// looked for them.
package nlmon
