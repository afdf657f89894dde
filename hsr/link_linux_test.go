package hsr_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/veth"
)

// TestRing pulls a cable out of a ring of three nodes, and puts it back: no datagram is
// lost, and none arrives twice.
func TestRing(t *testing.T) {
	t.Parallel()
	all := network(t, 3, ring, version1)
	known(t, opened(all[1], "hsr0"), mac(all[0], "hsr0"))
	s := newStream(t, all[0], all[1])
	s.through(func() { all[0].IP("link set dev eth1 down") })
	s.through(func() { all[0].IP("link set dev eth1 up") })
}

// TestPRP takes one of two networks down, and then the other one.
func TestPRP(t *testing.T) {
	t.Parallel()
	var lans *testutil.Lab
	all := network(t, 2, func(hosts []*testutil.Lab) {
		lans = testutil.NewLab(t)
		for i := range 2 {
			lans.IP(fmt.Sprintf("link add lan%d up type bridge", i))
			for j, host := range hosts {
				port := fmt.Sprintf("port%d%d", i, j)
				cable(lans, port, host, fmt.Sprintf("eth%d", i))
				lans.IP(fmt.Sprintf("link set dev %s master lan%d", port, i))
			}
		}
	}, func(_ int, b *hsr.Builder) *hsr.Builder { return b.Protocol(hsr.PRP) })
	s := newStream(t, all[0], all[1])
	s.through(func() { lans.IP("link set dev lan0 down") })
	lans.IP("link set dev lan0 up")
	s.settle()
	s.through(func() { lans.IP("link set dev lan1 down") })
}

// TestRedBox has a host without HSR send into a ring, over the interlink of a node.
func TestRedBox(t *testing.T) {
	t.Parallel()
	var host *testutil.Lab
	all := network(t, 2, func(nodes []*testutil.Lab) {
		ring(nodes)
		host = testutil.NewLab(t)
		cable(nodes[0], "eth2", host, "eth0")
		host.IP("address add 10.0.0.3/24 dev eth0")
	}, func(i int, b *hsr.Builder) *hsr.Builder {
		if i == 0 {
			b.Interlink("eth2")
		}
		return b.Version(1)
	})
	s := newStream(t, host, all[1])
	s.through(func() { all[0].IP("link set dev eth1 down") })
}

// TestVersion reads supervision frames: their EtherTypes, address and version.
func TestVersion(t *testing.T) {
	t.Parallel()
	testutil.Need(t, iplink.KindHSR)
	conn, ns := lab.Scratch(t)
	ns.Batch("link add eth0 up type dummy", "link add eth1 up type dummy")
	wire := ns.Packets("eth1", unix.ETH_P_ALL)
	group := []byte{0x01, 0x15, 0x4e, 0x00, 0x01, 0x71}
	for version, want := range []uint32{0x88fb0000, 0x88fb0001} { // of 2010 and of 2012
		lab.MustCreate(t, conn, hsr.New("hsr0").Slave1("eth0").Slave2("eth1").Supervision(0x71).Version(uint8(version)).Up())
		frame := testutil.NextFrame(t, wire, func(b []byte) bool { return len(b) > 22 && slices.Equal(b[:6], group) })
		body := frame[12:]
		if version == 1 {
			if tag := binary.BigEndian.Uint16(body); tag != 0x892f {
				t.Errorf("the EtherType is %#x", tag)
			}
			body = body[6:]
		}
		if got := binary.BigEndian.Uint32(body) &^ 0xf000; got != want { // without the path
			t.Errorf("version %d sends % x", version, frame)
		}
		testutil.Must(t, conn.Delete(t.Context(), "hsr0"))
		each(wire, func([]byte) {})
	}
}

// each calls f for the frames that have arrived at a socket.
func each(fd int, f func([]byte)) {
	b := make([]byte, 2048)
	for {
		n, _, err := unix.Recvfrom(fd, b, unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		f(b[:n])
	}
}

// bad are requests for links with ports that the kernel refuses.
func bad() []*iplink.RawLink {
	attrs := func(ports ...uint32) (b []byte) {
		for i, index := range ports {
			b = append(b, 8, 0, []byte{uapi.IFLA_HSR_SLAVE1, uapi.IFLA_HSR_SLAVE2, uapi.IFLA_HSR_INTERLINK}[i], 0)
			b = binary.NativeEndian.AppendUint32(b, index)
		}
		return b
	}
	var all []*iplink.RawLink
	for _, b := range [][]byte{nil, attrs(77), attrs(77, 77), attrs(77, 0x1234), attrs(0x1234, 78), attrs(77, 1), attrs(77, 79), attrs(77, 80), attrs(77, 81),
		attrs(77, 78, 77), attrs(77, 78, 1), append(attrs(77, 78), 5, 0, uapi.IFLA_HSR_VERSION, 0, 2, 0, 0, 0), append(attrs(77, 78), 5, 0, uapi.IFLA_HSR_PROTOCOL, 0, 2, 0, 0, 0)} {
		r := iplink.Raw(iplink.KindHSR, "b")
		if len(b) > 0 {
			r.Attrs(b)
		}
		all = append(all, r)
	}
	return all
}

// faulty makes ports, good and bad ones, and an hsr link.
func faulty(t *testing.T) (*iplink.Conn, *testutil.Lab) {
	t.Helper()
	testutil.Need(t, iplink.KindHSR)
	conn, ns := lab.Scratch(t)
	ns.Batch("link add eth0 index 77 type dummy", "link add eth1 index 78 type dummy", "link add br0 type bridge", "link add port index 79 master br0 type dummy",
		"link add link eth0 name eth0.7 index 80 type vlan id 7", "link add s1 index 81 type dummy", "link add s2 type dummy", "link add free type dummy")
	lab.MustCreate(t, conn, hsr.New("a").Slave1("s1").Slave2("s2").Version(1))
	return conn, ns
}

// TestRaw has the kernel refuse links with bad ports: none stays, and the good port is free.
func TestRaw(t *testing.T) {
	t.Parallel()
	conn, ns := faulty(t)
	before := ns.Names()
	for _, r := range bad() {
		if _, err := conn.Create(t.Context(), r); err == nil {
			t.Errorf("%v is made", r)
		}
	}
	if after := ns.Names(); !slices.Equal(before, after) {
		t.Errorf("links %v, before %v", after, before)
	}
	for _, name := range []string{"eth0", "eth1"} {
		if l := ns.Link(name); l["master"] != nil || l["promiscuity"] != 0. {
			t.Errorf("%v", l)
		}
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	t.Parallel()
	conn, ns := faulty(t)
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	with := func(port string) *hsr.Builder { return hsr.New("b").Slave1("eth0").Slave2(port) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(hsr.New("b")), fs.ErrInvalid, "slave1: invalid argument (there is no default for it)"},
		{create(hsr.New("b").Slave1("eth0")), fs.ErrInvalid, "slave2: invalid argument (there is no default for it)"},
		{create(with("eth0")), fs.ErrInvalid, `slave2: invalid argument ("eth0" is Slave1 as well: each port is a link of its own)`},
		{create(hsr.New("b").Slave1Index(77).Slave2Index(77)), fs.ErrInvalid, "slave2: invalid argument (index 77 is Slave1 as well"},
		{create(with("eth1").Interlink("eth1")), fs.ErrInvalid, `interlink: invalid argument ("eth1" is Slave2 as well`},
		{create(with("eth1").Version(2)), fs.ErrInvalid, "version: invalid argument (2 is not in 0…1)"},
		{create(with("eth1").Protocol(2)), fs.ErrInvalid, "proto: invalid argument (2 is not one of hsr, prp)"},
		{create(with("eth1").Protocol(hsr.PRP).Version(1)), fs.ErrInvalid, "version: invalid argument (PRP has none: leave Version out)"},
		{create(with("eth1").Address(lab.MAC)), fs.ErrInvalid, "address: invalid argument (an hsr link has the address of Slave1)"},
		{create(with("eth1").MTU(1501)), fs.ErrInvalid, "mtu: invalid argument (1501 is not in 0…1500)"},
		{create(with("eth1").MTU(1495)), syscall.EINVAL, `mtu: invalid argument (1495 and the 6 bytes of the tag do not fit "eth0", whose MTU is 1500)`},
		{create(with("eth7")), fs.ErrNotExist, `slave2: no such device (there is no link "eth7" in `},
		{create(with("lo")), syscall.EINVAL, `slave2: `},
		{create(with("eth0.7")), syscall.EINVAL, "VLAN"},
		{create(with("a")), syscall.EINVAL, `"a" is an hsr link itself`},
		{create(with("s1")), syscall.EINVAL, `"s1" is a port of "a" already: the deletion of that link frees it`},
		{create(with("port")), syscall.EBUSY, `slave2: device or resource busy ("port" is a port already: NoMaster frees it)`},
		{update(hsr.New("a").Slave1("eth0")), iplink.ErrImmutable, "slave1: "},
		{update(hsr.New("a").Supervision(7)), iplink.ErrImmutable, "supervision: "},
		{update(hsr.New("a").Protocol(hsr.PRP)), iplink.ErrImmutable, "proto: "},
		{update(iplink.Device("eth1").Master("a")), syscall.EOPNOTSUPP, `master: operation not supported (the ports of "a" are its Slave1, Slave2 and Interlink`},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if err := create(with("eth1").Protocol(hsr.PRP).Interlink("free")); testutil.Older(t, 7, 3) != errors.Is(err, syscall.EINVAL) ||
		err != nil && !strings.Contains(err.Error(), "interlink: ") && !strings.Contains(err.Error(), "a RedBox of PRP needs Linux 7.3") {
		t.Errorf("a RedBox of PRP: %v", err)
	} else if err == nil {
		testutil.Must(t, conn.Delete(t.Context(), "b"))
	}
	if err := update(iplink.Device("s1").NoMaster()); ns.Link("s1")["master"] != nil && (err == nil || !strings.Contains(err.Error(), `the ports of "a" are its Slave1`)) {
		t.Errorf("NoMaster of a slave: %v", err)
	}
	if slices.Contains(ns.Names(), "b") || ns.Link("eth0")["master"] != nil {
		t.Errorf("left behind: %v", ns.Names())
	}
}

// TestEnsure makes a ring in one call, whose links come in an order that the kernel does not
// take, finds no difference afterwards, and replaces one of its links.
func TestEnsure(t *testing.T) {
	t.Parallel()
	testutil.Need(t, iplink.KindHSR)
	conn, ns := lab.Scratch(t)
	node := func(name, slave1, slave2 string) *hsr.Builder {
		return hsr.New(name).Slave1(slave1).Slave2(slave2).Version(1).MTU(1281).Up()
	}
	specs := []iplink.Spec{node("hsr0", "a0", "a1"), node("hsr1", "b0", "b1"), veth.New("a0").Up().Peer(veth.New("b0").Up()), veth.New("a1").Up().Peer(veth.New("b1").Up())}
	for _, created := range []bool{true, false} {
		all, err := conn.Ensure(t.Context(), specs...)
		testutil.Must(t, err)
		for _, c := range all {
			if c.Created != created || c.Changed() != created {
				t.Errorf("%s: created %v, differences %v", c.Link.Name, c.Created, c.Differences)
			}
		}
	}
	if l := ns.Link("hsr0"); l["mtu"] != 1281. || l["address"] != mac(ns, "a0") {
		t.Errorf("%v", l)
	}
	change := lab.Ensured(t, conn, node("hsr0", "a0", "a1").Supervision(0x2d).Recreate(), false, "supervision")
	if info, ok := hsr.Info(change.Link); !ok || !change.Recreated || info.Supervision != 0x2d || ns.InfoData("hsr0")["supervision_addr"] != "01:15:4e:00:01:2d" {
		t.Errorf("%+v", change.Link.Info)
	}
	_, err := conn.Ensure(t.Context(), hsr.New("hsr0").Slave1("a0").Slave2("b0").Recreate()) // a port of hsr1
	if data := ns.InfoData("hsr0"); err == nil || data["slave2"] != "a1" || data["supervision_addr"] != "01:15:4e:00:01:2d" {
		t.Errorf("error %v, and `ip` has %v", err, data)
	}
	link, err := conn.Get(t.Context(), "hsr0")
	testutil.Must(t, err)
	if info, _ := hsr.Info(link); !testutil.Older(t, 7, 3) && info.Version != 1 {
		t.Errorf("%+v", info)
	}
	testutil.Must(t, conn.DeleteSpecs(t.Context(), specs...))
	if got := ns.Names(); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
}
