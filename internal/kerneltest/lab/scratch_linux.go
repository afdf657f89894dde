package lab

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// Scratch returns a Conn in a new namespace, and the namespace.
func Scratch(t testing.TB) (*iplink.Conn, *testutil.Lab) {
	t.Helper()
	l := testutil.NewLab(t)
	return testutil.Opened(l, iplink.Dial), l
}

// NetNS returns the namespace of a Lab for the library.
func NetNS(l *testutil.Lab) *iplink.NetNS {
	l.Helper()
	return testutil.OpenedBy(l, func() (*iplink.NetNS, error) { return iplink.NetNSAtPath(l.Path()) })
}

// InNetNS calls f with a Conn in the namespace.
func InNetNS[T any](t testing.TB, ns *os.File, f func(*iplink.Conn) (T, error)) (got T, err error) {
	t.Helper()
	testutil.In(t, ns, func() {
		var c *iplink.Conn
		if c, err = iplink.Dial(); err != nil {
			return
		}
		defer c.Close()
		got, err = f(c)
	})
	return got, err
}
