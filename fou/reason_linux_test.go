package fou

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/wire"
)

// listed is a kernel that lists ports, after an attempt that it interrupts.
type listed []Port

func (l listed) Dump(_ context.Context, _ uint16, _ func([]byte) []byte, restart func(), each rtnl.Reply) error {
	for range 2 {
		restart()
		for _, p := range l {
			each(wire.Message{Data: p.append([]byte{3, 1, 0, 0})})
		}
	}
	return nil
}

func TestReasons(t *testing.T) {
	c, have := &Conn{nl: new(rtnl.Family)}, listed{{Port: 0x1234, Protocol: 4}, {Port: 0x1235, Type: GUE, Local: netip.MustParseAddr("192.0.2.17"),
		Peer: netip.MustParseAddrPort("198.51.100.3:22136")}}
	local, peer := netip.MustParseAddr("192.0.2.99"), netip.MustParseAddrPort("198.51.100.3:22136")
	const exists, other = ": file already exists (there is such a port: Delete it before)", ": address already in use (another socket has it, or a port of fou with other addresses: choose another Port)"
	for _, r := range []struct {
		port  Port
		errno syscall.Errno
		is    error
		text  string
	}{
		{Port{Port: 0x1234, Type: GUE}, syscall.EADDRINUSE, fs.ErrExist, "port 4660" + exists},
		{Port{Port: 0x1234, Type: GUE}, syscall.EADDRINUSE, syscall.EADDRINUSE, "port 4660" + exists},
		{Port{Port: 0x1235, Type: GUE, Peer: peer}, syscall.EADDRINUSE, syscall.EEXIST, "port 4661" + exists},
		{Port{Port: 7, Type: GUE}, syscall.EALREADY, fs.ErrExist, "port 7" + exists},
		{Port{Port: 0x1234, Protocol: 4, Local: local}, syscall.EADDRINUSE, syscall.EADDRINUSE, "port 4660" + other},
		{Port{Port: 0x1236, Protocol: 4}, syscall.EADDRINUSE, syscall.EADDRINUSE, "port 4662" + other},
		{Port{Port: 7, Protocol: 4, Local: local}, syscall.EADDRNOTAVAIL, syscall.EADDRNOTAVAIL,
			"local: cannot assign requested address (192.0.2.99 is not an address of the namespace: add it to a link before, or leave Local out)"},
		{Port{Port: 7, Protocol: 4, Peer: peer}, syscall.ENETUNREACH, syscall.ENETUNREACH, "peer: network is unreachable (there is no route to 198.51.100.3: add one before)"},
		{Port{Port: 7, Protocol: 4, Family: IPv6}, syscall.EAFNOSUPPORT, syscall.EAFNOSUPPORT,
			"family: address family not supported by protocol (the kernel has no IPv6: leave Family out for IPv4)"},
		{Port{Port: 7, Protocol: 4}, syscall.EPERM, fs.ErrPermission, "port 7: operation not permitted (" + needsRoot + ")"},
		{Port{Port: 7, Protocol: 4}, syscall.ENOMEM, syscall.ENOMEM, "port 7: cannot allocate memory"},
	} {
		err := c.refused(t.Context(), have, &r.port, &rtnl.Errno{Errno: r.errno})
		if err.Error() != "fou add: "+r.text || !errors.Is(err, r.is) {
			t.Errorf("%v\nwant %s", err, r.text)
		}
		if taken := strings.Contains(r.text, exists); errors.Is(err, fs.ErrExist) != taken {
			t.Errorf("%v: fs.ErrExist is %v", err, !taken)
		}
	}
	err := failed(opOpen, "", fmt.Errorf("%w: %q", rtnl.ErrFamily, "fou"))
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "modprobe fou") {
		t.Errorf("%v", err)
	}
}

// TestList has the ports of the last attempt only, and the error of a message.
func TestList(t *testing.T) {
	c := &Conn{nl: new(rtnl.Family)}
	want := listed{{Port: 0x1234, Protocol: 4, DevIndex: 7}, {Port: 0x1235, Type: GUE, Family: IPv6, RemCsumNoPartial: true}}
	all, err := c.list(t.Context(), want)
	testutil.Must(t, err)
	if len(all) != 2 || all[0] != want[0] || all[1] != want[1] {
		t.Errorf("%+v, want %+v", all, want)
	}
	if _, err := c.list(t.Context(), cut{}); err == nil || !strings.Contains(err.Error(), "family 0 is unknown") {
		t.Errorf("a message without attributes: %v", err)
	}
}

// cut is a kernel that sends a message without attributes.
type cut struct{}

func (cut) Dump(_ context.Context, _ uint16, _ func([]byte) []byte, restart func(), each rtnl.Reply) error {
	restart()
	each(wire.Message{Data: []byte{3}})
	return nil
}
