package main

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// rawConn is the floor: a blocking socket without any abstraction.
type rawConn struct {
	fd      int
	buf     []byte
	perSend int // number of messages in one send; their answers must fit into the buffer
}

// dialRaw opens a rawConn in the thread's namespace.
func dialRaw() (*rawConn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	c := &rawConn{fd: fd, buf: make([]byte, 64<<10)}
	err = errors.Join(unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}), c.enlarge())
	return c, errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1))
}

// bufferSize is the requested size of the floor's socket buffers in bytes.
const bufferSize = 32 << 20

// enlarge enlarges the buffers of the socket. The root user of a user namespace is
// limited to net.core.rmem_max and wmem_max.
func (c *rawConn) enlarge() error {
	c.perSend = 4000
	for _, size := range []struct{ option, force int }{{unix.SO_RCVBUF, unix.SO_RCVBUFFORCE}, {unix.SO_SNDBUF, unix.SO_SNDBUFFORCE}} {
		err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, size.force, bufferSize)
		if errors.Is(err, unix.EPERM) {
			err = unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, size.option, bufferSize)
		}
		if err != nil {
			return err
		}
		bytes, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, size.option)
		if err != nil {
			return err
		}
		c.perSend = min(c.perSend, bytes/1024) // an acknowledgement takes 768 bytes
	}
	return nil
}

// mayForce reports whether the program may exceed net.core.rmem_max.
func mayForce() bool {
	c, err := dialRaw()
	if err != nil {
		return false
	}
	defer c.close()
	return unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferSize) == nil
}

func (c *rawConn) close() error {
	return unix.Close(c.fd)
}

// messages is a sequence of requests with one acknowledgement each.
type messages struct {
	bytes []byte
	ends  []int
}

// add appends a request.
func (m *messages) add(typ, flags uint16, body func([]byte) []byte) {
	b, at := wire.BeginMessage(m.bytes, typ, flags|uapi.NLM_F_REQUEST)
	m.bytes = wire.EndMessage(body(b), at)
	m.ends = append(m.ends, len(m.bytes))
}

// write adds a request with an acknowledgement.
func (m *messages) write(typ, flags uint16, body func([]byte) []byte) {
	m.add(typ, flags|uapi.NLM_F_ACK, body)
}

// pipeline sends many messages at a time and waits for all acknowledgements.
func (c *rawConn) pipeline(m *messages) error { return c.sendMany(m, c.perSend) }

// read is pipeline for requests that read links, whose descriptions take more room than
// acknowledgements.
func (c *rawConn) read(m *messages) error { return c.sendMany(m, max(1, c.perSend/8)) }

// sendMany sends some messages at a time, and waits for their answers.
func (c *rawConn) sendMany(m *messages, most int) error {
	at := 0
	for i := 0; i < len(m.ends); i += most {
		last := min(i+most, len(m.ends))
		if err := c.send(m.bytes[at:m.ends[last-1]]); err != nil {
			return err
		}
		at = m.ends[last-1]
		if err := c.acks(last - i); err != nil {
			return err
		}
	}
	return nil
}

// singly sends one message at a time.
func (c *rawConn) singly(m *messages) error {
	at := 0
	for _, end := range m.ends {
		if err := c.send(m.bytes[at:end]); err != nil {
			return err
		}
		at = end
		if err := c.acks(1); err != nil {
			return err
		}
	}
	return nil
}

func (c *rawConn) send(b []byte) error {
	_, err := unix.Write(c.fd, b)
	return err
}

// acks reads n acknowledgements, or as many descriptions of links.
func (c *rawConn) acks(n int) error {
	for n > 0 {
		read, err := unix.Read(c.fd, c.buf)
		if err != nil {
			return err
		}
		for b := c.buf[:read]; len(b) >= wire.HeaderLen; b = b[wire.Align(int(wire.Order.Uint32(b))):] {
			if code := int32(wire.Order.Uint32(b[wire.HeaderLen:])); code != 0 && wire.Order.Uint16(b[4:]) == uapi.NLMSG_ERROR {
				return fmt.Errorf("request refused: %w", syscall.Errno(-code))
			}
			n--
		}
	}
	return nil
}

// get sends a request and reads the datagram with the answer.
func (c *rawConn) get(request []byte) error {
	if err := c.send(request); err != nil {
		return err
	}
	n, err := unix.Read(c.fd, c.buf)
	if err == nil && wire.Order.Uint16(c.buf[4:n]) == uapi.NLMSG_ERROR {
		err = errors.New("no such link")
	}
	return err
}

// dump sends a request and reads the complete answer without decoding it.
func (c *rawConn) dump(request []byte) error {
	if err := c.send(request); err != nil {
		return err
	}
	for {
		n, err := unix.Read(c.fd, c.buf)
		if err != nil {
			return err
		}
		if wire.Order.Uint16(c.buf[4:n]) == uapi.NLMSG_DONE {
			return nil
		}
		if wire.Order.Uint16(c.buf[n-20+4:n]) == uapi.NLMSG_DONE && wire.Order.Uint32(c.buf[n-20:]) == 20 {
			return nil
		}
	}
}

// each calls f with every message in the answer to a list request.
func (c *rawConn) each(request []byte, f func(wire.Message)) error {
	if err := c.send(request); err != nil {
		return err
	}
	for done := false; !done; {
		n, err := unix.Read(c.fd, c.buf)
		if err != nil {
			return err
		}
		for m, err := range wire.Messages(c.buf[:n]) {
			switch {
			case err != nil:
				return err
			case m.Type == uapi.NLMSG_DONE:
				done = true
			default:
				f(m)
			}
		}
	}
	return nil
}
