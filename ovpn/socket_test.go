package ovpn

import (
	"os"
	"syscall"
)

// A closedSocket is a socket that was closed.
type closedSocket struct{}

func (*closedSocket) SyscallConn() (syscall.RawConn, error) { return nil, os.ErrClosed }
