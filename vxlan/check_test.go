package vxlan

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/openlink"
)

// TestRefused is about what is refused before anything is sent: the VXLAN has no
// socket.
func TestRefused(t *testing.T) {
	v := &VXLAN{link: &openlink.Handle{Kind: iplink.KindVXLAN, Name: "vx0", Index: 77}}
	mac := net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	addr := netip.MustParseAddr
	add := func(e fdb.Entry) func(context.Context) error {
		return func(ctx context.Context) error { return v.AddFDB(ctx, e) }
	}
	flush := func(f fdb.Filter) func(context.Context) error {
		return func(ctx context.Context) error { return v.FlushFDB(ctx, f) }
	}
	vnis := func(n ...VNIs) func(context.Context) error {
		return func(ctx context.Context) error { return v.AddVNIs(ctx, n...) }
	}
	for _, c := range []struct {
		call func(context.Context) error
		want string
	}{
		{add(fdb.Entry{}), "fdb add vxlan vx0: mac: invalid argument (an Ethernet address of 6 bytes is due, this has 0)"},
		{add(fdb.Entry{MAC: mac, PortIndex: 78}), "fdb add vxlan vx0: port: invalid argument (entries of this link lead to no other: Dst is the other end)"},
		{add(fdb.Entry{MAC: mac, PortIndex: -78}), "fdb add vxlan vx0: port: invalid argument (-78 is not an interface index)"},
		{add(fdb.Entry{MAC: mac, Flags: fdb.Master}), "fdb add vxlan vx0: flags: invalid argument (entries of the bridge are made with the bridge opened)"},
		{add(fdb.Entry{MAC: mac, VLAN: 7}), "fdb add vxlan vx0: vlan: invalid argument (a VXLAN link has networks instead: src_vni)"},
		{add(fdb.Entry{MAC: mac, VNI: 1 << 24}), "fdb add vxlan vx0: vni: invalid argument (16777216 is not in 1…16777215)"},
		{add(fdb.Entry{MAC: mac, SrcVNI: 1 << 24}), "fdb add vxlan vx0: src_vni: invalid argument (16777216 is not in 1…16777215)"},
		{add(fdb.Entry{MAC: mac, NextHop: 5, Dst: addr("192.0.2.1")}), "fdb add vxlan vx0: nhid: invalid argument (a nexthop comes in place of dst, port, vni and via)"},
		{add(fdb.Entry{MAC: mac, Dst: addr("::ffff:192.0.2.1")}),
			"fdb add vxlan vx0: dst: invalid argument (::ffff:192.0.2.1 is an IPv4 address in IPv6 clothes: Unmap it)"},
		{add(fdb.Entry{MAC: mac, Dst: addr("fe80::1%eth0")}),
			"fdb add vxlan vx0: dst: invalid argument (the zone of fe80::1%eth0 cannot be told to the kernel: name the link with via)"},
		{add(fdb.Entry{MAC: mac, State: fdb.Stale}), "fdb add vxlan vx0: state: invalid argument (stale is not a state that an entry can be given)"},
		{flush(fdb.Filter{VLAN: 7}), "fdb flush vxlan vx0: vlan: invalid argument (a VXLAN link has networks instead: src_vni)"},
		{flush(fdb.Filter{ViaIndex: 7}), "fdb flush vxlan vx0: via: invalid argument (the kernel cannot choose by it)"},
		{flush(fdb.Filter{Flags: fdb.Sticky}), "fdb flush vxlan vx0: flags: invalid argument (the kernel cannot choose by sticky)"},
		{flush(fdb.Filter{Flags: fdb.Router, Without: fdb.Router}), "fdb flush vxlan vx0: flags: invalid argument (router is asked for and excluded)"},
		{vnis(VNIs{First: 7}, VNIs{}), "vni add vxlan vx0: vni: invalid argument (0 is not in 1…16777215)"},
		{vnis(VNIs{First: 7, Last: 6}), "vni add vxlan vx0: vni: invalid argument (the range ends with 6, which is not in 7…16777215)"},
		{vnis(VNIs{First: 7, Last: 1 << 24}), "vni add vxlan vx0: vni: invalid argument (the range ends with 16777216, which is not in 7…16777215)"},
		{vnis(VNIs{First: 7, Last: 8, Group: addr("239.1.2.3")}), "vni add vxlan vx0: group: invalid argument (a range has none: add the networks one by one)"},
		{vnis(VNIs{First: 7, Group: addr("0.0.0.0")}), "vni add vxlan vx0: group: invalid argument (0.0.0.0 cannot be told to the kernel)"},
	} {
		err := c.call(t.Context())
		if err == nil || err.Error() != c.want || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func FuzzVNIs(f *testing.F) {
	f.Add(new(VNIs{First: 0x1234, Group: netip.MustParseAddr("239.1.2.3")}).append(nil)[4:])
	f.Add(new(VNIs{First: 0x1234, Last: 0x1236}).append(nil)[4:])
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ok := parseVNIs(data)
		if ok && n.String() == "" || !ok && n != (VNIs{}) {
			t.Errorf("%+v, %v from % x", n, ok, data)
		}
	})
}
