package xfrm_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/xfrm"
)

// key is for rfc4106(gcm(aes)): 16 bytes of AES key, and 4 bytes of salt.
const key = "0x000102030405060708090a0b0c0d0e0f10111213"

// ipsec gives one end the states and policies of a tunnel with a number.
func ipsec(ns *testutil.Lab, local, remote, in, out string, ifID uint32) {
	for _, s := range []struct{ dir, src, dst, spi string }{{"out", local, remote, out}, {"in", remote, local, in}} {
		ns.IP(strings.Fields(fmt.Sprintf("xfrm state add src %s dst %s proto esp spi %s mode tunnel if_id %#x aead rfc4106(gcm(aes)) %s 128",
			s.src, s.dst, s.spi, ifID, key))...)
		ns.IP(strings.Fields(fmt.Sprintf("xfrm policy add src 10.0.0.0/24 dst 10.0.0.0/24 dir %s if_id %#x tmpl src %s dst %s proto esp mode tunnel", s.dir, ifID, s.src, s.dst))...)
	}
}

// ends makes two namespaces with a cable between them and a tunnel of IPsec, number
// 0x1234.
func ends(t *testing.T) (conn *iplink.Conn, left, right *testutil.Lab) {
	t.Helper()
	conn, left, right = lab.Cable(t, iplink.KindXfrm)
	ipsec(left, "192.0.2.1", "192.0.2.2", "0x2222", "0x1111", 0x1234)
	ipsec(right, "192.0.2.2", "192.0.2.1", "0x1111", "0x2222", 0x1234)
	return conn, left, right
}

// TestPacket sends a datagram through the tunnel: it arrives, and on the cable there is
// ESP. After a change of the number, none arrives.
func TestPacket(t *testing.T) {
	conn, left, right := ends(t)
	there := testutil.Opened(right, iplink.Dial)
	lab.MustCreate(t, conn, xfrm.New("x").IfID(0x1234).Dev("eth0").Addr(lab.Prefix("10.0.0.1/24")).Up())
	lab.MustCreate(t, there, xfrm.New("x").IfID(0x1234).Addr(lab.Prefix("10.0.0.2/24")).Up())
	inbox, to := right.Inbox("udp4"), lab.Addr("10.0.0.2")
	wire := right.Packets("eth0", unix.ETH_P_ALL)
	arrives := func(text string, within time.Duration) bool {
		left.Send(testutil.Datagram{To: to, Text: text})
		_, ok := testutil.Arrives(t, inbox, text, within)
		return ok
	}
	if !arrives("through ESP", 5*time.Second) {
		t.Fatal("the datagram has not arrived")
	}
	esp := testutil.NextFrame(t, wire, func(b []byte) bool { return len(b) > 42 && b[12] == 8 && b[13] == 0 && b[23] == unix.IPPROTO_ESP })
	if spi := binary.BigEndian.Uint32(esp[34:]); spi != 0x1111 || strings.Contains(string(esp), "through ESP") {
		t.Errorf("ESP % x", esp)
	}
	lab.Ensured(t, conn, xfrm.New("x").IfID(0x4321), false, "if_id")
	if got := left.Link("x"); left.InfoData("x")["if_id"] != "0x4321" || got["link"] != "eth0" {
		t.Errorf("after the change: %v", got)
	}
	if arrives("elsewhere", 200*time.Millisecond) {
		t.Error("a datagram arrives although no state has the number")
	}
	lab.Updated(t, conn, xfrm.New("x").IfID(0x1234).Dev("eth0"))
	if !arrives("again", 5*time.Second) {
		t.Error("the datagram has not arrived after the number was right again")
	}
}

// TestExternal sends a datagram by a route that has the number of the tunnel.
func TestExternal(t *testing.T) {
	conn, left, right := ends(t)
	lab.MustCreate(t, conn, xfrm.New("x").External().Addr(lab.Prefix("10.0.0.1/24")).Up())
	lab.MustCreate(t, testutil.Opened(right, iplink.Dial), xfrm.New("x").IfID(0x1234).Addr(lab.Prefix("10.0.0.2/24")).Up())
	inbox, to := right.Inbox("udp4"), lab.Addr("10.0.0.2")
	for _, c := range []struct {
		ifID    string
		arrives bool
		within  time.Duration
	}{{"0x4321", false, 300 * time.Millisecond}, {"0x1234", true, 5 * time.Second}} {
		left.IP("route replace 10.0.0.2/32 dev x encap xfrm if_id " + c.ifID)
		conn := left.Send(testutil.Datagram{To: to, Text: c.ifID})
		from, ok := testutil.Arrives(t, inbox, c.ifID, c.within)
		if ok != c.arrives {
			t.Fatalf("with %s the datagram arrives: %v", c.ifID, ok)
		}
		if ok {
			_, err := inbox.WriteTo([]byte("<answer>"), from)
			testutil.Must(t, err)
			if _, ok := testutil.Arrives(t, conn, "<answer>", c.within); !ok {
				t.Error("the answer has not arrived")
			}
		}
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	conn, ns, _ := ends(t)
	lab.MustCreate(t, conn, xfrm.New("a").IfID(0x1234).Dev("eth0"), xfrm.New("x").External())
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	b := func() *xfrm.Builder { return xfrm.New("b").IfID(0x4321) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(xfrm.New("b")), fs.ErrInvalid, "if_id: invalid argument (there is no default for it: set IfID, or External)"},
		{create(xfrm.New("b").IfID(0)), fs.ErrInvalid, "if_id: invalid argument (0 is not in 1…4294967295)"},
		{create(b().External()), fs.ErrInvalid, "if_id: invalid argument (cannot go with External"},
		{create(xfrm.New("b").External().Dev("eth0")), fs.ErrInvalid, "dev: invalid argument (cannot go with External"},
		{create(b().Address(lab.MAC)), fs.ErrInvalid, "address: "},
		{create(b().Parent("eth0")), fs.ErrInvalid, "link: "},
		{create(b().Dev("eth7")), fs.ErrNotExist, `dev: `},
		{create(b().MTU(67)), fs.ErrInvalid, "mtu: "},
		{create(xfrm.New("b").IfID(0x1234)), syscall.EEXIST, `if_id: file exists ("a" has 0x1234 already`},
		{create(xfrm.New("b").External()), syscall.EEXIST, `external: file exists ("x" is External already`},
		{update(xfrm.New("a").Dev("lo")), iplink.ErrImmutable, "dev: "},
		{update(xfrm.New("x").IfID(7)), iplink.ErrImmutable, "if_id: "},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.Names(); len(got) != 4 {
		t.Errorf("links %v", got)
	}
}
