package vti_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
)

// key is for rfc4106(gcm(aes)): 16 bytes of AES key, and 4 bytes of salt.
const key = "0x000102030405060708090a0b0c0d0e0f10111213"

// A plan has the addresses of a tunnel between two namespaces.
type plan struct {
	kind        string
	left, right string // of the ends
	inner       string // the prefix inside, with %d for a host
	bits        int
	isESP       func(frame []byte) bool
}

var over4 = plan{iplink.KindVTI, "192.0.2.1", "192.0.2.2", "10.0.0.%d", 24,
	func(b []byte) bool { return len(b) > 42 && b[12] == 8 && b[13] == 0 && b[23] == unix.IPPROTO_ESP }}

var over6 = plan{iplink.KindVTI6, "2001:db8::1", "2001:db8::2", "2001:db8:1::%d", 64,
	func(b []byte) bool { return len(b) > 62 && b[12] == 0x86 && b[13] == 0xdd && b[20] == unix.IPPROTO_ESP }}

func (p plan) host(n int) netip.Prefix {
	return netip.PrefixFrom(lab.Addr(fmt.Sprintf(p.inner, n)), p.bits)
}

// ipsec gives one end the states and policies of a tunnel with a mark.
func (p plan) ipsec(ns *testutil.Lab, local, remote, in, out string, mark uint32) {
	inner := p.host(1).Masked()
	for _, s := range []struct{ dir, src, dst, spi string }{{"out", local, remote, out}, {"in", remote, local, in}} {
		ns.IP(strings.Fields(fmt.Sprintf("xfrm state add src %s dst %s proto esp spi %s mode tunnel mark %#x mask 0xffffffff aead rfc4106(gcm(aes)) %s 128",
			s.src, s.dst, s.spi, mark, key))...)
		ns.IP(strings.Fields(fmt.Sprintf("xfrm policy add src %v dst %v dir %s mark %#x mask 0xffffffff tmpl src %s dst %s proto esp mode tunnel",
			inner, inner, s.dir, mark, s.src, s.dst))...)
	}
}

// ends makes two namespaces with a cable between them, and IPsec with the mark 0x1234.
func (p plan) ends(t *testing.T) (conn *iplink.Conn, left, right *testutil.Lab) {
	t.Helper()
	conn, left, right = lab.Cable(t, p.kind)
	p.ipsec(left, p.left, p.right, "0x2222", "0x1111", 0x1234)
	p.ipsec(right, p.right, p.left, "0x1111", "0x2222", 0x1234)
	return conn, left, right
}

// TestPacket sends a datagram through a tunnel: it arrives, and on the cable there is ESP.
// With another OKey, none arrives.
func TestPacket(t *testing.T) {
	t.Run("vti", func(t *testing.T) {
		ends := func(local, remote string) *vti.Builder {
			return vti.New("v").Local(lab.Addr(local)).Remote(lab.Addr(remote))
		}
		over4.packet(t, ends(over4.left, over4.right).Key(0x1234).Addr(over4.host(1)).MTU(1333).Up(), ends(over4.right, over4.left).Key(0x1234).Addr(over4.host(2)).Up(),
			vti.New("v").OKey(0x4321), vti.New("v").OKey(0x1234))
	})
	t.Run("vti6", func(t *testing.T) {
		ends := func(local, remote string) *vti6.Builder {
			return vti6.New("v").Local(lab.Addr(local)).Remote(lab.Addr(remote))
		}
		over6.packet(t, ends(over6.left, over6.right).Key(0x1234).Addr(over6.host(1)).MTU(1333).Up(), ends(over6.right, over6.left).Key(0x1234).Addr(over6.host(2)).Up(),
			vti6.New("v").OKey(0x4321), vti6.New("v").OKey(0x1234))
	})
}

// inbox returns a socket at the right end inside the tunnel, once its address is usable.
func (p plan) inbox(t *testing.T, far *testutil.Lab) (inbox net.PacketConn, port string) {
	t.Helper()
	port = netip.AddrPortFrom(p.host(2).Addr(), 4660).String()
	// An address of IPv6 is usable only after a while.
	testutil.Eventually(t, "a socket on "+port, func() bool {
		var err error
		far.In(func() { inbox, err = net.ListenPacket("udp", port) })
		return err == nil
	})
	t.Cleanup(func() { inbox.Close() })
	return inbox, port
}

// sender returns a function that sends a text through the tunnel up to so many times,
// until it arrives.
func (p plan) sender(t *testing.T, left, far *testutil.Lab) (passes func(text string, attempts int) bool) {
	t.Helper()
	inbox, port := p.inbox(t, far)
	return func(text string, attempts int) bool {
		for range attempts {
			left.In(func() { send(port, text) })
			if arrives(t, inbox, text) {
				return true
			}
		}
		return false
	}
}

// packet makes both ends, and sends datagrams between them before and after the changes.
func (p plan) packet(t *testing.T, here, there, wrong, right iplink.Spec) {
	conn, left, far := p.ends(t)
	lab.MustCreate(t, conn, here)
	lab.MustCreate(t, testutil.Opened(far, iplink.Dial), there)
	passes := p.sender(t, left, far)
	wire := far.Packets("eth0", unix.ETH_P_ALL)
	if !passes("through ESP", 100) {
		t.Fatal("the datagram has not arrived")
	}
	if esp := testutil.NextFrame(t, wire, p.isESP); strings.Contains(string(esp), "through ESP") {
		t.Errorf("ESP % x", esp)
	}
	lab.Updated(t, conn, wrong)
	if passes("elsewhere", 2) {
		t.Error("a datagram arrives although no state has the mark")
	}
	if got := left.Link("v"); left.InfoData("v")["okey"] != "0.0.67.33" || left.InfoData("v")["ikey"] != "0.0.18.52" || got["mtu"] != float64(1333) {
		t.Errorf("after the change: %v", got)
	}
	lab.Updated(t, conn, right)
	if !passes("again", 100) {
		t.Error("the datagram has not arrived after the mark was right again")
	}
}

// send sends a datagram. The system may refuse it while the tunnel is not ready.
func send(to, text string) {
	out, err := net.Dial("udp", to)
	if err != nil {
		return
	}
	defer out.Close()
	_, _ = out.Write([]byte(text))
}

// arrives reports whether a datagram arrives within 100 ms.
func arrives(t *testing.T, inbox net.PacketConn, text string) bool {
	testutil.Must(t, inbox.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
	b := make([]byte, 64)
	for {
		n, _, err := inbox.ReadFrom(b)
		if err != nil || string(b[:n]) == text {
			return err == nil
		}
	}
}

// TestSameEnds names the tunnel that has the wanted ends already.
func TestSameEnds(t *testing.T) {
	testutil.Need(t, iplink.KindVTI)
	testutil.Need(t, iplink.KindVTI6)
	conn, ns := lab.Scratch(t)
	ns.IP("link add eth0 type veth peer name eth1")
	four := func(name string) *vti.Builder {
		return vti.New(name).Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.7"))
	}
	six := func(name string) *vti6.Builder {
		return vti6.New(name).Local(lab.Addr("2001:db8::1")).Remote(lab.Addr("2001:db8::7"))
	}
	lab.MustCreate(t, conn, four("a"), six("b"), four("c").Dev("eth0"))
	for want, s := range map[string]iplink.Spec{
		`create vti x: remote: file exists ("a" has the same Local, Remote and Dev already)`: four("x").Key(7),
		`create vti6 x: remote: file exists ("b" has the same Local and Remote already)`:     six("x").Key(7),
		`create vti6 y: remote: file exists ("b" has the same Local and Remote already)`:     six("y").Dev("eth0"),
	} {
		if err := lab.ErrorOf(conn.Create(t.Context(), s)); err == nil || err.Error() != want || !errors.Is(err, syscall.EEXIST) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	for _, name := range []string{"ip_vti0", "ip6_vti0"} {
		l, err := conn.Get(t.Context(), name)
		if errors.Is(err, fs.ErrNotExist) { // as the sysctl fb_tunnels_only_for_init_net has it
			continue
		}
		testutil.Must(t, err)
		if !l.Fallback() {
			t.Errorf("%s is %+v", name, l)
		}
	}
}
