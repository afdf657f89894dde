package team

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// listenControl binds a socket that only its owner may use. It gets its mode before it
// has a name.
func listenControl(path string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var inner error
		err := raw.Control(func(fd uintptr) { inner = syscall.Fchmod(int(fd), 0o700) })
		return errors.Join(err, inner)
	}}
	l, err := config.Listen(context.Background(), "unixpacket", path)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	return l, nil
}
