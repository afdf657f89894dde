package genl

import "golang.org/x/sys/unix"

// drain reads and forgets all that is queued.
func (c *Conn) drain() error {
	raw, err := c.nl.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) {
		var b [1]byte // what does not fit is cut off
		for {
			_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_DONTWAIT)
			if err != nil && err != unix.ENOBUFS {
				return
			}
		}
	})
}
