package lab

import (
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
)

// InMPLS reads the labels of MPLS around datagrams in a tunnel that takes no other packets.
func InMPLS[B TunnelBuilder[B]](t *testing.T, k Tunnel[B]) {
	testutil.NeedModule(t, "mpls_router")
	testutil.NeedModule(t, "mpls_iptunnel")
	const there, back = 0x12345, 0x54321
	e := k.Connect(t, as, as)
	label(e.Left, k.inner(2).Addr().String(), there, back)
	label(e.Right, k.inner(1).Addr().String(), back, there)
	outer, packet := e.Through(testutil.Datagram{})
	if got := binary.BigEndian.Uint32(packet) >> 12; outer.Protocol != unix.IPPROTO_MPLS || got != there {
		t.Errorf("protocol %d, label %#x, want MPLS, %#x", outer.Protocol, got, there)
	}
}

// label makes an end send packets to an address with a label, and take those with another.
func label(ns *testutil.Lab, to string, out, in int) {
	ns.Helper()
	line := fmt.Sprintf("cd /proc/sys/net/mpls && echo 1048575 >platform_labels && echo 1 >conf/%s/input", TunnelName)
	if fault := testutil.Shell(ns, ns.File, line); fault != "" {
		ns.Fatal(fault)
	}
	ns.IP("link set lo up")
	ns.IP(fmt.Sprintf("-f mpls route add %d dev lo", in))
	ns.IP(fmt.Sprintf("route add %s/32 encap mpls %d dev %s", to, out, TunnelName))
}
