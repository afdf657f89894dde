package rmnet_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/rmnet"
)

// TestPacket sends packets of a channel over a cable, where they have the header of the
// protocol in place of one of Ethernet, and then of another channel.
func TestPacket(t *testing.T) {
	e := lab.NewEnds(t, iplink.KindRMNet, lab.Inner4)
	for i, conn := range []*iplink.Conn{e.Here, e.There} {
		addr := lab.Prefix([]string{"10.0.0.1/24", "10.0.0.2/24"}[i])
		made := lab.MustCreate(t, conn, rmnet.New(lab.TunnelName).Parent("eth0").MuxID(0x21).Addr(addr).Up())
		if made[0].Type != iplink.HardwareRawIP || made[0].MTU != 1496 {
			t.Errorf("type %v, MTU %d", made[0].Type, made[0].MTU)
		}
	}
	for _, number := range []uint16{0x21, 0xfe} {
		for _, conn := range []*iplink.Conn{e.Here, e.There} {
			lab.Ensured(t, conn, rmnet.New(lab.TunnelName).Parent("eth0").MuxID(number).Up(), false, differs(number)...)
		}
		frame := e.Frame(testutil.Datagram{})
		if frame[1] != byte(number) || int(binary.BigEndian.Uint16(frame[2:])) != len(frame)-4 || frame[4] != 0x45 {
			t.Errorf("channel %#x: % x", number, frame)
		}
	}
}

// differs returns the settings that change with the number of the channel.
func differs(number uint16) []string {
	if number == 0x21 {
		return nil
	}
	return []string{"mux_id"}
}

// TestShared makes a second link on a parent, which resets the settings of the first one
// that belong to the parent.
func TestShared(t *testing.T) {
	conn, ns, _ := lab.Cable(t, iplink.KindRMNet)
	first := func() *rmnet.Builder {
		return rmnet.New("r1").Parent("eth0").MuxID(0x21).IngressCommands(true).EgressChecksumV4(true)
	}
	second := func() *rmnet.Builder { return rmnet.New("r2").Parent("eth0").MuxID(0x22) }
	lab.MustCreate(t, conn, first())
	lab.Updated(t, conn, rmnet.New("r1").IngressDeaggregation(false))
	lab.MustCreate(t, conn, second())
	l, err := conn.Get(t.Context(), "r1")
	testutil.Must(t, err)
	if info, ok := rmnet.Info(l); !ok || *info != (iplink.RMNetInfo{MuxID: 0x21, IngressDeaggregation: true}) {
		t.Errorf("%+v", l.Info)
	}
	lab.Ensured(t, conn, first(), false, "ingress-commands", "egress-mapv4-checksum")
	changes, err := conn.Ensure(t.Context(), first(), second())
	if err != nil || changes[0].Changed() || changes[1].Changed() {
		t.Errorf("%v, error %v", changes, err)
	}
	for _, name := range []string{"r1", "r2"} { // less the headers
		if got := ns.Link(name)["mtu"]; got != 1492. {
			t.Errorf("%s: MTU %v", name, got)
		}
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	conn, ns, _ := lab.Cable(t, iplink.KindRMNet)
	ns.Batch("link add br0 type bridge", "link add p0 type veth peer name p1", "link set dev p0 master br0")
	lab.MustCreate(t, conn, rmnet.New("a").Parent("eth0").MuxID(7), rmnet.New("c").Parent("eth0").MuxID(8).MTU(1281))
	if got := ns.Link("c")["mtu"]; got != 1281. {
		t.Errorf("MTU %v", got)
	}
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(rmnet.New("b").Parent("eth0").MuxID(7)), syscall.EBUSY, `"a" has 7 on this parent: another MuxID makes room`},
		{update(rmnet.New("c").MuxID(7)), syscall.EINVAL, `"a" has 7 on this parent: another MuxID makes room`},
		{create(rmnet.New("b").Parent("p0").MuxID(7)), syscall.EBUSY, "the parent is a port of a bridge"},
		{create(rmnet.New("b").Parent("eth0").MuxID(9).MTU(1497)), syscall.EINVAL, "mtu: invalid argument (1497 is more than 1496, what the parent's 1500 leaves"},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.Names(); slices.Contains(got, "b") {
		t.Errorf("left behind: %v", got)
	}
}
