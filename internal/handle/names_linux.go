package handle

import (
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// nameOf returns the name of a link in the socket's namespace, empty if there
// is none of that index.
func nameOf(rt *rtnl.Conn, index int) string {
	req, err := unix.NewIfreq("")
	if err != nil {
		return ""
	}
	req.SetUint32(uint32(index))
	if err := rt.Control(func(fd int) error { return unix.IoctlIfreq(fd, unix.SIOCGIFNAME, req) }); err != nil {
		return ""
	}
	return req.Name()
}
