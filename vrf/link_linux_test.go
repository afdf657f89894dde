package vrf_test

import (
	"errors"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vrf"
)

// domains makes two VRFs with a port each. The ports have the same address, and so have
// the hosts behind them.
func domains(t *testing.T) (here *testutil.Lab, hosts map[string]*testutil.Lab) {
	t.Helper()
	testutil.Need(t, iplink.KindVRF)
	conn, here := lab.Scratch(t)
	hosts = map[string]*testutil.Lab{}
	for table, name := range []string{"red", "blue"} {
		hosts[name] = testutil.NewLab(t)
		lab.MustCreate(t, conn, vrf.New(name).Table(uint32(0x1234+table)).Up(),
			veth.New("to-"+name).Master(name).Addr(lab.Prefix("10.0.0.1/24")).Up().
				Peer(veth.New("eth0").NetNS(lab.NetNS(hosts[name])).Addr(lab.Prefix("10.0.0.2/24")).Up()))
	}
	return here, hosts
}

// TestOverlap sends from one address to another in each VRF: only the host of that VRF
// may receive it.
func TestOverlap(t *testing.T) {
	here, hosts := domains(t)
	const port = 0x1234
	inbox := map[string]net.PacketConn{}
	for name, host := range hosts {
		host.In(func() {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(10, 0, 0, 2), Port: port})
			testutil.Must(t, err)
			inbox[name] = conn
		})
		t.Cleanup(func() { inbox[name].Close() })
	}
	for _, name := range []string{"red", "blue", "red"} {
		here.In(func() {
			dialer := net.Dialer{Control: boundTo(name)}
			conn, err := dialer.DialContext(t.Context(), "udp4", "10.0.0.2:4660")
			testutil.Must(t, err)
			defer conn.Close()
			_, err = conn.Write([]byte(name))
			testutil.Must(t, err)
		})
		testutil.Must(t, inbox[name].SetReadDeadline(time.Now().Add(5*time.Second)))
		b := make([]byte, 64)
		n, _, err := inbox[name].ReadFrom(b)
		if err != nil || string(b[:n]) != name {
			t.Errorf("%s: %q, error %v", name, b[:n], err)
		}
	}
	for name, table := range map[string]string{"red": "4660", "blue": "4661"} {
		if got := here.IP("route show table " + table); !strings.Contains(got, "10.0.0.0/24 dev to-"+name) {
			t.Errorf("table %s has %q", table, got)
		}
	}
	if out, err := here.Run("ip", "route", "get", "10.0.0.2"); err == nil {
		t.Errorf("outside of the VRFs there is a route: %s", out)
	}
}

// boundTo returns a function that binds a socket to a link.
func boundTo(link string) func(string, string, syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) (err error) {
		fault := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), link) })
		return errors.Join(fault, err)
	}
}

// TestJoin moves a link with addresses from one VRF to another, which takes its IPv6
// addresses: Ensure restores them.
func TestJoin(t *testing.T) {
	testutil.Need(t, iplink.KindVRF)
	conn, ns := lab.Scratch(t)
	spec := func() *veth.Builder {
		return veth.New("t0").Up().Addr(lab.Prefix("2001:db8::17/64"), lab.Prefix("192.0.2.17/24"))
	}
	lab.MustCreate(t, conn, vrf.New("red").Table(0x1234).Up(), vrf.New("blue").Table(0x4321).Up(), spec().Peer(veth.New("t1").Up()))
	for _, c := range []struct {
		master string
		table  uint32
	}{{"red", 0x1234}, {"blue", 0x4321}} {
		lab.Ensured(t, conn, spec().Master(c.master), false, "master")
		lab.Ensured(t, conn, spec().Master(c.master), false)
		if got := ns.Addrs("t0"); !slices.Contains(got, "2001:db8::17/64") || !slices.Contains(got, "192.0.2.17/24") {
			t.Errorf("in %s it has %v", c.master, got)
		}
		l, err := conn.Get(t.Context(), "t0")
		testutil.Must(t, err)
		if port, ok := vrf.PortInfo(l); !ok || port.Table != c.table {
			t.Errorf("in %s: %+v", c.master, l.PortInfo)
		}
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	testutil.Need(t, iplink.KindVRF)
	conn, ns := lab.Scratch(t)
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	lab.MustCreate(t, conn, vrf.New("red").Table(0x1234))
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(vrf.New("blue")), fs.ErrInvalid, "create vrf blue: table: invalid argument (there is no default for it)"},
		{create(vrf.New("blue").Table(0)), fs.ErrInvalid, "create vrf blue: table: invalid argument (0 is not in 1…4294967295)"},
		{create(vrf.New("blue").Table(7).MTU(1279)), fs.ErrInvalid, "create vrf blue: mtu: invalid argument (1279 is not in 1280…65575)"},
		{create(vrf.New("blue").Table(7).Parent("red")), fs.ErrInvalid, "create vrf blue: link: invalid argument (a vrf sits on no other link)"},
		{create(vrf.New("blue").Table(7).Master("red")), syscall.EINVAL,
			"create vrf blue: invalid argument (Can not enslave an L3 master device to a VRF)"},
		{update(vrf.New("red").Table(0x4321)), iplink.ErrImmutable, "update vrf red: table: cannot change on a link that exists (table: have 4660, want 17185)"},
		{update(iplink.Device("lo").Master("red")), syscall.EOPNOTSUPP, ""},
	} {
		if !errors.Is(c.err, c.is) || c.text != "" && c.err.Error() != c.text {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.InfoData("red")["table"]; got != 4660. || len(ns.Names()) != 2 {
		t.Errorf("table %v, links %v", got, ns.Names())
	}
}

// TestStrict makes a second VRF for a table where each VRF has a table of its own.
func TestStrict(t *testing.T) {
	testutil.Need(t, iplink.KindVRF)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, vrf.New("red").Table(7), vrf.New("blue").Table(7))
	testutil.Must(t, conn.Delete(t.Context(), "blue"))
	if out, err := ns.Run("sh", "-c", "echo 1 >/proc/sys/net/vrf/strict_mode"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, err := conn.Create(t.Context(), vrf.New("blue").Table(7))
	if !errors.Is(err, syscall.EBUSY) || !strings.Contains(err.Error(), "Table is used by another VRF") {
		t.Error(err)
	}
}
