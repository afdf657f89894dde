package rtnl

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// queued returns how much of the receive buffer is taken, with the kernel's
// overhead (SK_MEMINFO_RMEM_ALLOC).
func queued(t *testing.T, c *Conn) int {
	t.Helper()
	var info [16]uint32
	size := uint32(unsafe.Sizeof(info))
	err := c.Control(func(fd int) error {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return int(info[0])
}

// manyNames is the body of a request that gives a link 20 alternative names, which take 2640
// bytes. They differ for each i.
func manyNames(link string, i int) func([]byte) []byte {
	return func(b []byte) []byte {
		b, at := wire.Begin(key(link)(b), uapi.IFLA_PROP_LIST|uapi.NLA_F_NESTED)
		for j := range 20 {
			b = wire.AppendString(b, uapi.IFLA_ALT_IFNAME, fmt.Sprintf("%d-%d-%s", i, j, strings.Repeat("x", 110)))
		}
		return wire.End(b, at)
	}
}

// TestRoom says that answers take no more of the receive buffer than what is
// set aside for them: acknowledgements, refusals with a text, and
// descriptions of links, short ones, and long ones of what the same batch set.
func TestRoom(t *testing.T) {
	c, ns := dialed(t)
	testutil.IP(t, ns, "link", "add", "bridge", "type", "bridge")
	testutil.IP(t, ns, "link", "add", "port", "master", "bridge", "up", "type", "veth", "peer", "name", "end")
	for what, fill := range map[string]func(*Batch, int){
		"acknowledgement": func(b *Batch, i int) { b.Write(uapi.RTM_NEWLINK, 0, group("end", 0x1234)) },
		"refusal":         func(b *Batch, i int) { b.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE, create("x", "no-such-kind", nil)) },
		"loopback":        func(b *Batch, i int) { b.Get(uapi.RTM_GETLINK, nil, key("lo")) },
		"bridge":          func(b *Batch, i int) { b.Get(uapi.RTM_GETLINK, nil, key("bridge")) },
		"port":            func(b *Batch, i int) { b.Get(uapi.RTM_GETLINK, nil, key("port")) },
		"many names": func(b *Batch, i int) {
			if i == 0 {
				for n := range 10 {
					b.Write(uapi.RTM_NEWLINKPROP, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, manyNames("end", n))
				}
				b.Get(uapi.RTM_GETLINK, nil, key("end"))
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			var b Batch
			for i := range 20 {
				fill(&b, i)
			}
			room, taken := 0, 0
			for i := range b.requests {
				room += b.requests[i].space()
			}
			c.SetHook(func(p Point) error {
				if p == AfterSend {
					taken = queued(t, c)
				}
				return nil
			})
			do(t, c, &b)
			t.Logf("%d bytes taken for %d requests, %d set aside", taken, b.Len(), room)
			if taken == 0 || taken > room {
				t.Error("that is wrong")
			}
		})
	}
}
