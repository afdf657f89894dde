package rtnl

import (
	"errors"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// DialGeneric opens a generic netlink socket in the network namespace that
// netns is a descriptor of, in the caller's if it is 0. It is for a family
// whose requests hold secrets, or whose lists need much room: a Batch is sent
// from its own memory, which the caller can clear, a refusal does not repeat
// the request, and every read offers the kernel more than it fills.
func DialGeneric(netns int) (*Conn, error) {
	c, err := dial(unix.NETLINK_GENERIC, netlink.Config{NetNS: netns})
	if err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(c.fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}
