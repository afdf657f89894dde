package bareudp_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// TestPacket sends IPv4 in UDP, and IPv6 in a link for both. The route gives the outer
// header, and the link the UDP header.
func TestPacket(t *testing.T) {
	for _, c := range []struct {
		to         netip.Addr
		inner      [2]string
		multiProto bool
		first      byte // of the inner packet
	}{
		{lab.Inner4, [2]string{"10.0.0.1/32", "10.0.0.2/32"}, false, 0x45},
		{lab.Inner6, [2]string{"2001:db8:1::1/128", "2001:db8:1::2/128"}, true, 0x62}, // and the high bits of a traffic class
	} {
		e := lab.NewEnds(t, iplink.KindBareUDP, c.to)
		for i, conn := range []*iplink.Conn{e.Here, e.There} {
			b := bareudp.New(lab.TunnelName).Port(0x1234).EtherType(bareudp.IPv4).SourcePortMin(0xfedc).Addr(lab.Prefix(c.inner[i])).Up()
			if c.multiProto {
				b.MultiProto()
			}
			lab.MustCreate(t, conn, b)
		}
		e.Encapsulate(false, "")
		e.Right.IP("route add " + c.inner[0] + " encap ip dst 192.0.2.1 src 192.0.2.2 dev " + lab.TunnelName)
		udp := e.WantsEncapsulated(unix.IPPROTO_UDP)
		if binary.BigEndian.Uint16(udp) < 0xfedc || binary.BigEndian.Uint16(udp[2:]) != 0x1234 || udp[8] != c.first {
			t.Errorf("UDP % x", udp[:min(len(udp), 16)])
		}
	}
}

// TestElsewhere puts the link into a namespace without a cable: its socket stays in that
// of the Conn.
func TestElsewhere(t *testing.T) {
	testutil.Need(t, iplink.KindBareUDP)
	conn, ns := lab.Scratch(t)
	inner := testutil.NewLab(t)
	spec := func() *bareudp.Builder {
		return bareudp.New("bu0").Port(0x1234).EtherType(bareudp.MPLSUnicast).NetNS(lab.NetNS(inner)).Up()
	}
	lab.MustCreate(t, conn, spec())
	lab.Ensured(t, conn, spec(), false)
	if there := inner.InfoData("bu0")["dstport"]; there != 4660. {
		t.Errorf("dstport %v", there)
	}
	if table, err := ns.Proc("udp6"); err != nil || !strings.Contains(table, ":1234 ") {
		t.Errorf("no socket at port 0x1234: %v\n%s", err, table)
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	testutil.Need(t, iplink.KindBareUDP)
	conn, ns := lab.Scratch(t)
	b := func(port uint16) *bareudp.Builder { return bareudp.New("b").Port(port).EtherType(bareudp.IPv6) }
	lab.MustCreate(t, conn, bareudp.New("a").Port(0x1234).EtherType(bareudp.IPv4), vxlan.New("v").VNI(7).Port(4789).Up())
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(b(0x1234)), syscall.EBUSY, `dstport: device or resource busy (Another bareudp device using the same port already exists; "a" has UDP port 4660: another Port makes room`},
		{create(b(4789).Up()), syscall.EADDRINUSE, `dstport: address already in use (UDP port 4789 is taken by "v"`},
		{create(b(0)), fs.ErrInvalid, "dstport: "},
		{update(bareudp.New("a").Port(9)), iplink.ErrImmutable, "dstport: "},
		{update(bareudp.New("a").MultiProto()), iplink.ErrImmutable, "multiproto: "},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.Names(); slices.Contains(got, "b") {
		t.Errorf("left behind: %v", got)
	}
	recreated := lab.Ensured(t, conn, bareudp.New("a").Port(9).EtherType(bareudp.IPv4).Recreate(), false, "dstport")
	if !recreated.Recreated || ns.InfoData("a")["dstport"] != 9. {
		t.Errorf("%+v, %v", recreated, ns.InfoData("a"))
	}
}
