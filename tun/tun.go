// Package tun makes tun and tap links: links whose packets a program reads and writes
// through files. Open opens these files.
//
// Route netlink does not make such links. Create makes them by ioctls on /dev/net/tun, in
// the namespace of the link, and everything else is as with other kinds. A trace shows no
// ioctls.
//
// If /dev/net/tun or the driver is missing, the error matches errors.ErrUnsupported. If
// the permissions of /dev/net/tun, a device cgroup or a missing CAP_NET_ADMIN forbid it,
// the error matches fs.ErrPermission. A link with the name is fs.ErrExist, and stays as it
// is.
//
// Update changes the settings of this package through a file that it opens for a moment.
// If the link has one queue and a program has it open, the error matches syscall.EBUSY.
package tun

import "github.com/iplink-go/iplink"

// Types: sorts of packets.
const (
	IP       = iplink.TunIP       // of a tun link: IP packets
	Ethernet = iplink.TunEthernet // of a tap link: Ethernet frames
)
