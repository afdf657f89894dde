package rtnl

import (
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// InNetNS calls f with the value that package netlink takes for a network namespace:
// a descriptor, or 0 for Here. If the descriptor itself is 0, f receives a
// duplicate.
func InNetNS(netns int, f func(config int) error) error {
	switch {
	case netns == Here:
		return f(0)
	case netns < 0:
		return unix.EBADF
	case netns > 0:
		return f(netns)
	}
	other, err := highfd.Dup(netns)
	if err != nil {
		return err
	}
	defer unix.Close(other)
	return f(other)
}
