package amt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// Messages, RFC 7450, section 5.1: version 0 and the type.
const (
	discovery     = 1
	advertisement = 2
)

// TestDiscovery has a gateway find a relay: the messages of both are on the cable, and
// the gateway reports the relay.
func TestDiscovery(t *testing.T) {
	conn, left, right := lab.Cable(t, iplink.KindAMT)
	there := testutil.Opened(right, iplink.Dial)
	base := func() *amt.Builder { return amt.New("amt0").Dev("eth0").RelayPort(0x1234).Up() }
	gateway := base().Mode(amt.Gateway).GatewayPort(0x1234).Local(lab.Addr("192.0.2.1")).Discovery(lab.Addr("192.0.2.2"))
	lab.MustCreate(t, there, base().Mode(amt.Relay).MaxTunnels(7).Local(lab.Addr("192.0.2.2")))
	wire := right.Packets("eth0", unix.ETH_P_ALL)
	lab.MustCreate(t, conn, gateway)
	asked := message(t, wire, discovery, "192.0.2.2")
	answer := message(t, wire, advertisement, "192.0.2.1")
	if !bytes.Equal(asked[4:8], answer[4:8]) || !bytes.Equal(answer[8:12], lab.Addr("192.0.2.2").AsSlice()) {
		t.Errorf("asked % x, answer % x", asked, answer)
	}
	testutil.Eventually(t, "the gateway reports the relay", func() bool { return left.InfoData("amt0")["remote"] == "192.0.2.2" })
	l, err := conn.Get(t.Context(), "amt0")
	testutil.Must(t, err)
	if info, ok := amt.Info(l); !ok || info.Remote != lab.Addr("192.0.2.2") || info.Mode != amt.Gateway {
		t.Errorf("%+v", l.Info)
	}
	lab.Ensured(t, conn, gateway, false)
}

// message returns the next message of a type to an address, without the headers around
// it: Ethernet, IPv4 and UDP to port 0x1234.
func message(t *testing.T, wire int, typ byte, to string) []byte {
	t.Helper()
	frame := testutil.NextFrame(t, wire, func(b []byte) bool {
		return len(b) > 42 && b[23] == unix.IPPROTO_UDP && binary.BigEndian.Uint16(b[36:]) == 0x1234 && b[42] == typ &&
			bytes.Equal(b[30:34], lab.Addr(to).AsSlice())
	})
	return slices.Clone(frame[42:])
}

// TestMTU sets the MTU, which the kernel derives from that of Dev when it makes the link.
func TestMTU(t *testing.T) {
	conn, left, _ := lab.Cable(t, iplink.KindAMT)
	spec := amt.New("amt0").Mode(amt.Relay).Dev("eth0").Local(lab.Addr("192.0.2.1")).MTU(1281)
	lab.MustCreate(t, conn, spec)
	if got := left.Link("amt0")["mtu"]; got != 1281. {
		t.Errorf("MTU %v", got)
	}
	testutil.Must(t, conn.Delete(t.Context(), "eth0"))
	if got := left.Names(); slices.Contains(got, "amt0") {
		t.Errorf("without eth0 there are %v", got)
	}
}

// TestFaults is about the mistakes that only the kernel refuses.
func TestFaults(t *testing.T) {
	conn, ns, _ := lab.Cable(t, iplink.KindAMT)
	ns.IP("tuntap add mode tun name tun0")
	relay := func(name string) *amt.Builder {
		return amt.New(name).Mode(amt.Relay).Local(lab.Addr("192.0.2.1")).RelayPort(0x1234)
	}
	lab.MustCreate(t, conn, relay("a").Dev("eth0").Up())
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(relay("b").Dev("tun0").MTU(1281)), syscall.EINVAL, "dev: invalid argument (Invalid stream device type; an amt link sends through an Ethernet link)"},
		{create(relay("b").Dev("none")), syscall.ENODEV, `dev: no such device (there is no link "none"`},
		{create(relay("b").Dev("eth0").Up()), syscall.EADDRINUSE, "relay_port: address already in use (UDP port 4660 is taken by another socket, and both ends receive on it: give both another RelayPort)"},
		{create(relay("b").Dev("eth0").LinkNetNS(lab.NetNS(ns))), syscall.EINVAL, "link-netns: "},
		{lab.ErrorOf(conn.Update(t.Context(), amt.New("a").RelayPort(9))), iplink.ErrImmutable, "relay_port: "},
		{lab.ErrorOf(conn.Update(t.Context(), amt.New("a").Mode(amt.Gateway))), iplink.ErrImmutable, "mode: "},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.Names(); slices.Contains(got, "b") {
		t.Errorf("left behind: %v", got)
	}
}
