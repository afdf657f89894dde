package geneve_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// etherType is that of frames for local experiments, 0x88b5.
const etherType = 0x88b5

// TestOuterHeader sends a frame through a tunnel, and reads on the cable the headers
// around it.
func TestOuterHeader(t *testing.T) {
	conn, left, right := lab.Cable(t, iplink.KindGeneve)
	there := testutil.Opened(right, iplink.Dial)
	tunnel := func() *geneve.Builder { return geneve.New("gnv0").VNI(0x123456).Port(0x1234).Up() }
	lab.MustCreate(t, conn, tunnel().Remote(lab.Addr("192.0.2.2")).TTL(17).TOS(0x14).DF(geneve.DFSet).UDPChecksum(true))
	lab.MustCreate(t, there, tunnel().Remote(lab.Addr("192.0.2.1")))
	wire, in, out := right.Packets("eth0", unix.ETH_P_ALL), right.Packets("gnv0", unix.ETH_P_ALL), left.Packets("gnv0", unix.ETH_P_ALL)
	for _, want := range []struct {
		ttl, tos, df byte
		change       *geneve.Builder
	}{
		{17, 0x14, 0x40, nil},
		{33, 0x28, 0, geneve.New("gnv0").TTL(33).TOS(0x28).DF(geneve.DFUnset)},
	} {
		if want.change != nil {
			lab.Updated(t, conn, want.change)
		}
		frame := slices.Concat([]byte{2, 0, 0, 0, 0x12, want.ttl, 2, 0, 0, 0, 0x43, 0x21},
			binary.BigEndian.AppendUint16(nil, etherType), make([]byte, 46))
		_, err := unix.Write(out, frame)
		testutil.Must(t, err)
		outer := testutil.NextFrame(t, wire, func(b []byte) bool { return bytes.HasSuffix(b, frame) })
		ip, udp, header := outer[14:34], outer[34:42], outer[42:50]
		if ip[8] != want.ttl || ip[1] != want.tos || ip[6] != want.df || ip[9] != 17 {
			t.Errorf("IPv4 % x, want TTL %d, TOS %#x, flags %#x", ip, want.ttl, want.tos, want.df)
		}
		if binary.BigEndian.Uint16(udp[2:]) != 0x1234 || binary.BigEndian.Uint16(udp[6:]) == 0 {
			t.Errorf("UDP % x", udp)
		}
		if binary.BigEndian.Uint32(header[4:])>>8 != 0x123456 || binary.BigEndian.Uint16(header[2:]) != 0x6558 {
			t.Errorf("GENEVE % x", header)
		}
		testutil.NextFrame(t, in, func(b []byte) bool { return slices.Equal(b, frame) })
	}
}

// TestElsewhere puts the link into a namespace without a cable: its socket stays in that
// of the Conn.
func TestElsewhere(t *testing.T) {
	conn, _, right := lab.Cable(t, iplink.KindGeneve)
	inner := testutil.NewLab(t)
	lab.MustCreate(t, conn, geneve.New("gnv0").VNI(0x123).Remote(lab.Addr("192.0.2.2")).NetNS(lab.NetNS(inner)).Up())
	lab.Ensured(t, conn, geneve.New("gnv0").VNI(0x123).Remote(lab.Addr("192.0.2.2")).NetNS(lab.NetNS(inner)), false)
	lab.MustCreate(t, testutil.Opened(right, iplink.Dial), geneve.New("gnv0").VNI(0x123).Remote(lab.Addr("192.0.2.1")).Up())
	in, out := right.Packets("gnv0", unix.ETH_P_ALL), inner.Packets("gnv0", unix.ETH_P_ALL)
	frame := slices.Concat(lab.MAC, lab.OtherMAC, binary.BigEndian.AppendUint16(nil, etherType), make([]byte, 46))
	_, err := unix.Write(out, frame)
	testutil.Must(t, err)
	testutil.NextFrame(t, in, func(b []byte) bool { return slices.Equal(b, frame) })
}

// TestChange changes settings beside which the kernel changes others.
func TestChange(t *testing.T) {
	conn, ns, _ := lab.Cable(t, iplink.KindGeneve)
	lab.MustCreate(t, conn, geneve.New("a").VNI(7).Remote(lab.Addr("192.0.2.7")).MTU(1281).TTL(17),
		geneve.New("b").VNI(8).Remote(lab.Addr("2001:db8::7")).UDPZeroCSum6Tx(true).UDPZeroCSum6Rx(true))
	lab.Updated(t, conn, geneve.New("a").Remote(lab.Addr("192.0.2.8")))
	if l := ns.Link("a"); l["mtu"] != 1281. || ns.InfoData("a")["remote"] != "192.0.2.8" || ns.InfoData("a")["ttl"] != 17. {
		t.Errorf("after a change of the remote: %v", l)
	}
	lab.Updated(t, conn, geneve.New("a").TTLInherit())
	lab.Ensured(t, conn, geneve.New("a").TTL(17), false, "ttl inherit")
	if got := ns.InfoData("a"); got["ttl"] != 17. {
		t.Errorf("after TTL: %v", got)
	}
	lab.Ensured(t, conn, geneve.New("a").TTL(17), false)
	_, err := conn.Update(t.Context(), geneve.New("b").Remote(lab.Addr("2001:db8::8")))
	if got := ns.InfoData("b"); !errors.Is(err, iplink.ErrImmutable) || got["udp_zero_csum6_tx"] != true || got["udp_zero_csum6_rx"] != true {
		t.Errorf("a change of the remote: %v, error %v", got, err)
	}
	spec := geneve.New("b").VNI(8).Remote(lab.Addr("2001:db8::8")).UDPZeroCSum6Tx(true).UDPZeroCSum6Rx(true)
	if change := lab.Ensured(t, conn, spec.Recreate(), false, "remote"); !change.Recreated {
		t.Errorf("%+v", change)
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	conn, ns, _ := lab.Cable(t, iplink.KindGeneve)
	lab.MustCreate(t, conn, geneve.New("a").VNI(7).Remote(lab.Addr("192.0.2.7")), geneve.New("x").External().Port(0x1234),
		vxlan.New("v").VNI(7).Port(4789).Up())
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	b := func() *geneve.Builder { return geneve.New("b").VNI(8).Remote(lab.Addr("192.0.2.8")) }
	six := func() *geneve.Builder { return geneve.New("b").VNI(8).Remote(lab.Addr("2001:db8::8")) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(geneve.New("b")), fs.ErrInvalid, "id: "},
		{create(geneve.New("b").VNI(1 << 24)), fs.ErrInvalid, "id: "},
		{create(geneve.New("b").External().VNI(7)), fs.ErrInvalid, "id: invalid argument (cannot go with External"},
		{create(geneve.New("b").External().Remote(lab.Addr("192.0.2.8"))), fs.ErrInvalid, "remote: "},
		{create(geneve.New("b").VNI(7).Remote(lab.Addr("239.1.2.3"))), fs.ErrInvalid, "remote: "},
		{create(geneve.New("b").VNI(7).Remote(lab.Addr("fe80::7"))), fs.ErrInvalid, "remote: "},
		{create(b().Local(lab.Addr("2001:db8::1"))), fs.ErrInvalid, "local: "},
		{create(b().Label(0x1234)), fs.ErrInvalid, "flowlabel: "},
		{create(b().UDPZeroCSum6Tx(true)), fs.ErrInvalid, "udp6zerocsumtx: "},
		{create(b().UDPZeroCSum6Rx(false)), fs.ErrInvalid, "udp6zerocsumrx: "},
		{create(six().UDPChecksum(true)), fs.ErrInvalid, "udpcsum: "},
		{create(b().PortRange(7, 6)), fs.ErrInvalid, "port_range: "},
		{create(b().InnerProtoInherit().Address(lab.MAC)), fs.ErrInvalid, "address: "},
		{create(b().Port(4789).Up()), syscall.EADDRINUSE, `dstport: address already in use (UDP port 4789 is taken by "v"`},
		{create(geneve.New("b").VNI(7).Remote(lab.Addr("192.0.2.7"))), syscall.EBUSY, "id: device or resource busy (another geneve link has VNI 7"},
		{update(geneve.New("a").Remote(lab.Addr("2001:db8::7"))), iplink.ErrImmutable, "remote: "},
		{update(geneve.New("a").VNI(9)), iplink.ErrImmutable, "id: "},
		{update(geneve.New("x").TTL(7)), iplink.ErrImmutable, "ttl: "},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.Names(); slices.Contains(got, "b") {
		t.Errorf("left behind: %v", got)
	}
}
