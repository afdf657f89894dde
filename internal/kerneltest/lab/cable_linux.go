package lab

import (
	"fmt"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// Cable makes two namespaces with a cable between them, on a kernel that has links of a
// kind, and a Conn in the first. The ends of the cable are eth0, with the addresses
// 192.0.2.1 and 2001:db8::1 on the left, 192.0.2.2 and 2001:db8::2 on the right.
func Cable(t testing.TB, kind string) (conn *iplink.Conn, left, right *testutil.Lab) {
	t.Helper()
	testutil.Need(t, kind)
	conn, left = Scratch(t)
	right = testutil.NewLab(t)
	left.Batch("link add eth0 type veth peer name eth0 netns " + right.Path())
	for i, ns := range []*testutil.Lab{left, right} {
		ns.Batch(fmt.Sprintf("address add 192.0.2.%d/24 dev eth0", 1+i),
			fmt.Sprintf("address add 2001:db8::%d/64 dev eth0 nodad", 1+i), "link set dev eth0 up")
	}
	return conn, left, right
}
