package hsr_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A pairOf is a ring of two nodes: eth1 of each is connected with eth0 of the other.
type pairOf struct {
	here, there *testutil.Lab
	d           *hsr.Device      // hsr0 here
	addr        net.HardwareAddr // of hsr0 there
	out         net.Conn         // from there to all nodes
}

// on returns the pair for a subtest.
func (p *pairOf) on(t *testing.T) *pairOf {
	return &pairOf{&testutil.Lab{TB: t, File: p.here.File}, &testutil.Lab{TB: t, File: p.there.File}, p.d, p.addr, p.out}
}

// peer returns the report about the other node.
func (p *pairOf) peer() *hsr.Node {
	p.here.Helper()
	n, err := p.d.Node(p.here.Context(), p.addr)
	testutil.Must(p.here, err)
	return n
}

// index returns the index of a link, as `ip` has it.
func (p *pairOf) index(name string) int {
	p.here.Helper()
	return int(p.here.Link(name)["ifindex"].(float64))
}

// ping has the other node send a datagram to a group, which goes around the ring.
func (p *pairOf) ping() {
	p.here.Helper()
	_, err := p.out.Write([]byte("ping"))
	testutil.Must(p.here, err)
}

// TestAttributes proves each attribute of the family on a ring of two nodes.
func TestAttributes(t *testing.T) {
	t.Parallel()
	all := network(t, 2, ring, version1)
	p := &pairOf{here: all[0], there: all[1], d: opened(all[0], "hsr0")}
	var err error
	p.addr, err = net.ParseMAC(mac(p.there, "hsr0"))
	testutil.Must(t, err)
	p.there.IP("route add 224.0.0.0/4 dev hsr0")
	p.out = p.there.Send(testutil.Datagram{To: lab.Addr("224.0.0.99"), Text: "ping"})
	known(t, p.d, p.addr.String())
	by := func(name, oracle string, prove func(*pairOf)) testutil.Attribute {
		return testutil.Attribute{Name: name, Oracle: oracle, Prove: func(t *testing.T) { prove(p.on(t)) }}
	}
	port1 := func(n *hsr.Node) hsr.PortStatus { return n.Port1 }
	port2 := func(n *hsr.Node) hsr.PortStatus { return n.Port2 }
	testutil.ProveEach(t, uapi.HSR_A_ADDR_B_IFINDEX, map[uint16]testutil.Attribute{
		uapi.HSR_A_NODE_ADDR:      by("HSR_A_NODE_ADDR", "ip", proveAddr),
		uapi.HSR_A_IFINDEX:        by("HSR_A_IFINDEX", "ip", proveIndex),
		uapi.HSR_A_IF1_AGE:        by("HSR_A_IF1_AGE", "clock", func(p *pairOf) { p.proveAge("eth0", port1, port2) }),
		uapi.HSR_A_IF2_AGE:        by("HSR_A_IF2_AGE", "clock", func(p *pairOf) { p.proveAge("eth1", port2, port1) }),
		uapi.HSR_A_NODE_ADDR_B:    by("HSR_A_NODE_ADDR_B", "ip", proveAddrB),
		uapi.HSR_A_IF1_SEQ:        by("HSR_A_IF1_SEQ", "frames", func(p *pairOf) { p.proveSeq(uapi.HSR_A_IF1_SEQ, port1) }),
		uapi.HSR_A_IF2_SEQ:        by("HSR_A_IF2_SEQ", "frames", func(p *pairOf) { p.proveSeq(uapi.HSR_A_IF2_SEQ, port2) }),
		uapi.HSR_A_IF1_IFINDEX:    by("HSR_A_IF1_IFINDEX", "ip", func(p *pairOf) { p.wantIndex("eth0", p.peer().Port1.Index) }),
		uapi.HSR_A_IF2_IFINDEX:    by("HSR_A_IF2_IFINDEX", "ip", func(p *pairOf) { p.wantIndex("eth1", p.peer().Port2.Index) }),
		uapi.HSR_A_ADDR_B_IFINDEX: by("HSR_A_ADDR_B_IFINDEX", "ip", func(p *pairOf) { p.wantIndex("eth0", p.peer().AddrBIndex) }),
	})
}

func (p *pairOf) wantIndex(name string, got int) {
	p.here.Helper()
	if want := p.index(name); got != want {
		p.here.Errorf("index %d, want %d of %s", got, want, name)
	}
}

// proveAddr compares the addresses that both nodes know with those of the links.
func proveAddr(p *pairOf) {
	for _, c := range []struct {
		d    *hsr.Device
		want string
	}{{p.d, mac(p.there, "hsr0")}, {opened(p.there, "hsr0"), mac(p.here, "hsr0")}} {
		known(p.here, c.d, c.want)
		nodes, err := c.d.Nodes(p.here.Context())
		testutil.Must(p.here, err)
		if !slices.ContainsFunc(nodes, func(n *hsr.Node) bool { return n.Addr.String() == c.want }) {
			p.here.Errorf("no node has %s", c.want)
		}
	}
}

// proveIndex asks a second link of the namespace, which knows no other node.
func proveIndex(p *pairOf) {
	p.here.Batch("link add d0 type dummy", "link add d1 type dummy", "link add other index 4660 type hsr slave1 d0 slave2 d1")
	other := opened(p.here, "other")
	addrs, err := other.Addrs(p.here.Context())
	testutil.Must(p.here, err)
	peer := p.peer()
	if slices.ContainsFunc(addrs, func(a net.HardwareAddr) bool { return a.String() == peer.Addr.String() }) || other.Index() != p.index("other") {
		p.here.Errorf("%s, index %d, knows %v", other.Name(), other.Index(), addrs)
	}
	if _, err := other.Node(p.here.Context(), peer.Addr); !errors.Is(err, fs.ErrNotExist) {
		p.here.Errorf("%v", err)
	}
	p.here.IP("link del other")
}

func proveAddrB(p *pairOf) {
	if got, want := p.peer().AddrB.String(), mac(p.there, "eth1"); got != want {
		p.here.Errorf("address B %s, want %s", got, want)
	}
}

// proveAge takes a port down: the time since its last frame grows with the clock, and not
// that of the other port, where frames still arrive.
func (p *pairOf) proveAge(name string, of, other func(*hsr.Node) hsr.PortStatus) {
	const slack = 50 * time.Millisecond
	before := time.Now()
	p.ping()
	p.here.IP("link set dev " + name + " down")
	down := time.Now()
	time.Sleep(500 * time.Millisecond)
	least, again := time.Since(down), time.Now()
	p.ping()
	until(p.here, "the other port hears the node", func() bool { return other(p.peer()).Age < time.Since(again)+slack })
	n := p.peer()
	if age, most := of(n).Age, time.Since(before); age < least-slack || age > most+slack {
		p.here.Errorf("%s has heard the node %v ago, want %v to %v", name, age, least, most)
	}
	again = time.Now()
	p.here.IP("link set dev " + name + " up")
	until(p.here, name+" hears the node again", func() bool { p.ping(); return of(p.peer()).Age < time.Since(again)-slack })
}

// proveSeq compares a sequence number with that of the last frame of the node.
func (p *pairOf) proveSeq(number uint16, of func(*hsr.Node) hsr.PortStatus) {
	wire := p.here.Packets("eth0", unix.ETH_P_ALL)
	source, last := mac(p.there, "eth1"), uint16(0)
	until(p.here, "the number of the last frame", func() bool {
		p.ping()
		time.Sleep(50 * time.Millisecond)
		each(wire, func(b []byte) {
			if len(b) > 18 && net.HardwareAddr(b[6:12]).String() == source && binary.BigEndian.Uint16(b[12:]) == 0x892f {
				last = binary.BigEndian.Uint16(b[16:])
			}
		})
		got := of(p.peer()).Seq
		p.here.Logf("frame %d, Seq %d", last, got)
		return got == last
	})
	request := netlink.NewAttributeEncoder()
	request.Uint32(uapi.HSR_A_IFINDEX, uint32(p.index("hsr0")))
	request.Bytes(uapi.HSR_A_NODE_ADDR, p.peer().Addr)
	b, err := request.Encode()
	testutil.Must(p.here, err)
	raw := testutil.RawAnswer(p.here, uapi.HSR_GENL_NAME, uapi.HSR_C_GET_NODE_STATUS, b, number)
	if len(raw) != 1 || len(raw[0]) != 2 {
		p.here.Errorf("the bytes are % x", raw)
	}
}

// TestManyNodes has more nodes than fit one message of the list.
func TestManyNodes(t *testing.T) {
	t.Parallel()
	testutil.Need(t, iplink.KindHSR)
	const count = 700
	conn, ns := lab.Scratch(t)
	ns.Batch("link add eth0 up type veth peer name far", "link set dev far up", "link add eth1 up type dummy")
	lab.MustCreate(t, conn, hsr.New("hsr0").Slave1("eth0").Slave2("eth1").Version(1).Up())
	wire := ns.Packets("far", unix.ETH_P_ALL)
	want := map[string]bool{}
	for i := range count {
		source := net.HardwareAddr{2, 0x12, 0x34, 0x56, byte(i >> 8), byte(i)}
		want[source.String()] = true
		frame := slices.Concat([]byte{0x01, 0x15, 0x4e, 0x00, 0x02, 0x01}, source, []byte{0x89, 0x2f, 0, 52, 0x12, 0x34, 0x12, 0x34}, make([]byte, 48))
		_, err := unix.Write(wire, frame)
		testutil.Must(t, err)
	}
	d := opened(ns, "hsr0")
	until(t, "all nodes are known", func() bool {
		addrs, err := d.Addrs(t.Context())
		testutil.Must(t, err)
		left := len(want)
		for _, a := range addrs {
			if want[a.String()] {
				left--
			}
		}
		return left == 0
	})
}

// TestOpen is about the mistakes with an opened link.
func TestOpen(t *testing.T) {
	t.Parallel()
	testutil.Need(t, iplink.KindHSR)
	_, ns := lab.Scratch(t)
	ns.Batch("link add eth0 type dummy", "link add eth1 type dummy", "link add hsr0 type hsr slave1 eth0 slave2 eth1")
	d, ctx := opened(ns, "hsr0"), t.Context()
	_, short := d.Node(ctx, net.HardwareAddr{2, 0, 0x12})
	_, stranger := d.Node(ctx, lab.MAC)
	ns.IP("link del hsr0")
	_, gone := d.Addrs(ctx)
	_, goneNode := d.Node(ctx, lab.MAC)
	testutil.Must(t, d.Close())
	_, closed := d.Addrs(ctx)
	open := func(name string) (err error) {
		ns.In(func() { _, err = hsr.Open(ctx, name) })
		return err
	}
	for want, c := range map[string]struct {
		err, is error
	}{
		"show hsr hsr0: node: invalid argument (3 bytes, where 6 are due)":                             {short, fs.ErrInvalid},
		"show hsr hsr0: node 02:12:34:56:78:9a: no such file or directory (no frame of it has arrived": {stranger, fs.ErrNotExist},
		"show hsr hsr0: no such device":  {gone, fs.ErrNotExist},
		"show hsr hsr0: no such device ": {goneNode, fs.ErrNotExist},
		"show hsr hsr0: ":                {closed, nil},
		"open hsr eth0: ":                {open("eth0"), iplink.ErrKind},
		"open hsr hsr0: no such device":  {open("hsr0"), fs.ErrNotExist},
	} {
		if e, ok := errors.AsType[*iplink.Error](c.err); !ok || c.is != nil && !errors.Is(c.err, c.is) || !strings.Contains(e.Error()+" ", want) {
			t.Errorf("%v\n   want %s", c.err, want)
		}
	}
}
