package rtnl

import (
	"context"
	"errors"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func dialGeneric(netns int) (*Conn, error) {
	c, err := dial(unix.NETLINK_GENERIC, netns, netlink.Config{})
	if err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(c.fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func listenGeneric(ctx context.Context, netns int, how Listening, group uint32) (*Listener, error) {
	return listenTo(ctx, unix.NETLINK_GENERIC, netns, how, group)
}
