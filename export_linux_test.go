package iplink

import (
	"golang.org/x/sys/unix"
)

// LoseAnswers leaves the socket the smallest buffer for answers that the kernel has,
// which it does not know of.
func (c *Conn) LoseAnswers() error {
	return c.rt.Control(func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1) })
}

// SendSingly makes each request go out in a send of its own.
func (c *Conn) SendSingly() {
	c.rt.SetAnswerSpace(0)
}
