package lab

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// Socket returns the socket of a Conn, as the packages of the kinds get it. The sockets that
// the Conn opens in other namespaces have the hook of this one.
func Socket(c *iplink.Conn) *rtnl.Conn {
	return own.At([]iplink.OpenOption{iplink.On(c)}).Socket
}

// SendSingly makes each request of a Conn go out in a send of its own.
func SendSingly(c *iplink.Conn) {
	Socket(c).SetAnswerSpace(0)
}

// CountSends returns how often c has sent.
func CountSends(c *iplink.Conn) *int {
	sends := new(int)
	Socket(c).SetHook(func(p rtnl.Point) error {
		if p == rtnl.BeforeSend {
			*sends++
		}
		return nil
	})
	return sends
}
