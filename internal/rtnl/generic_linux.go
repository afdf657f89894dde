package rtnl

import (
	"context"

	"golang.org/x/sys/unix"
)

func dialGeneric(netns int) (*Conn, error) {
	return dial(unix.NETLINK_GENERIC, netns, unix.NETLINK_EXT_ACK, unix.NETLINK_CAP_ACK)
}

func listenGeneric(ctx context.Context, netns int, how Listening, group uint32) (*Listener, error) {
	return listenTo(ctx, unix.NETLINK_GENERIC, netns, how, group)
}
