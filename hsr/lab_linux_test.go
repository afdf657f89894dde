package hsr_test

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// cable connects two namespaces. Both ends are up.
func cable(from *testutil.Lab, name string, to *testutil.Lab, other string) {
	from.Batch("link add "+name+" up type veth peer name "+other+" netns "+to.Path(), "link set dev "+name+" addrgenmode none")
	to.Batch("link set dev " + other + " up addrgenmode none")
}

// network makes namespaces, has connect lay the cables between them, and makes hsr0 on eth0
// and eth1 of each, with the address 10.0.0.1 in the first one, and so on.
func network(t *testing.T, n int, connect func([]*testutil.Lab), with func(int, *hsr.Builder) *hsr.Builder) (all []*testutil.Lab) {
	t.Helper()
	testutil.Need(t, iplink.KindHSR)
	for range n {
		all = append(all, testutil.NewLab(t))
	}
	connect(all)
	for i, ns := range all {
		b := with(i, hsr.New("hsr0").Slave1("eth0").Slave2("eth1")).AddrGenMode(iplink.AddrGenNone)
		lab.MustDo(t, ns.File, (*iplink.Conn).Create, b.Addr(lab.Prefix(fmt.Sprintf("10.0.0.%d/24", 1+i))).Up())
	}
	return all
}

// ring connects each namespace with the next one, and the last one with the first one.
func ring(all []*testutil.Lab) {
	for i, ns := range all {
		cable(ns, "eth1", all[(i+1)%len(all)], "eth0")
	}
}

// version1 makes the ring one of HSR version 1, with a supervision address of its own.
func version1(_ int, b *hsr.Builder) *hsr.Builder { return b.Version(1).Supervision(0x2d) }

// A stream is a flow of numbered datagrams to 10.0.0.2.
type stream struct {
	t     *testing.T
	inbox net.PacketConn
	conn  net.Conn
}

// newStream sends until a datagram arrives, so that both ends know each other.
func newStream(t *testing.T, from, to *testutil.Lab) *stream {
	t.Helper()
	s := &stream{t: t, inbox: to.Inbox("udp4")}
	s.conn = from.Send(testutil.Datagram{To: lab.Addr("10.0.0.2"), Text: "first"})
	for range 50 {
		if _, ok := testutil.Arrives(t, s.inbox, "first", 100*time.Millisecond); ok {
			s.settle()
			return s
		}
		s.send("first")
	}
	t.Fatal("no datagram arrives")
	return nil
}

// settle waits until a datagram arrives once: before the nodes have heard the supervision
// frames of each other, each port of a node is another sender.
func (s *stream) settle() {
	s.t.Helper()
	once := 0
	until(s.t, "datagrams arrive once", func() bool {
		s.send("first")
		n := 0
		for b := make([]byte, 64); ; n++ {
			testutil.Must(s.t, s.inbox.SetReadDeadline(time.Now().Add(150*time.Millisecond)))
			if _, _, err := s.inbox.ReadFrom(b); err != nil {
				break
			}
		}
		if once++; n != 1 {
			once = 0
		}
		return once == 2
	})
}

func (s *stream) send(text string) {
	s.t.Helper()
	if _, err := s.conn.Write([]byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// through sends datagrams and calls pull in the middle. Each must arrive once.
func (s *stream) through(pull func()) {
	s.t.Helper()
	const count = 40
	left := map[string]bool{}
	for i := range count {
		if i == count/2 {
			pull()
		}
		text := fmt.Sprintf("datagram %d", i)
		left[text] = true
		s.send(text)
		time.Sleep(5 * time.Millisecond)
	}
	s.wantRest(left)
}

// wantRest demands the datagrams of left and no other one.
func (s *stream) wantRest(left map[string]bool) {
	s.t.Helper()
	b := make([]byte, 64)
	for {
		patience := 200 * time.Millisecond // for a duplicate
		if len(left) > 0 {
			patience = 5 * time.Second
		}
		testutil.Must(s.t, s.inbox.SetReadDeadline(time.Now().Add(patience)))
		n, _, err := s.inbox.ReadFrom(b)
		text := string(b[:n])
		switch {
		case err != nil && len(left) > 0:
			s.t.Errorf("%d datagrams are lost: %v", len(left), left)
			return
		case err != nil:
			return
		case !left[text]:
			s.t.Errorf("%q has arrived twice", text)
		}
		delete(left, text)
	}
}

// mac returns the address of a link, as `ip` has it.
func mac(ns *testutil.Lab, link string) string {
	ns.Helper()
	return ns.Link(link)["address"].(string)
}

// opened opens a link that the test reads.
func opened(ns *testutil.Lab, name string) *hsr.Device {
	ns.Helper()
	return testutil.OpenedLink(ns, name, hsr.Open)
}

// until calls is until it returns true, for at least 10 seconds and 200 times: the clock of a
// slow guest jumps.
func until(t testing.TB, text string, is func() bool) {
	t.Helper()
	end := time.Now().Add(10 * time.Second)
	for n := 0; n < 200 || time.Now().Before(end); n++ {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("not within 10 seconds: %s", text)
}

// known waits until a link knows the node with an address, and the address of its second
// port.
func known(t testing.TB, d *hsr.Device, addr string) {
	t.Helper()
	until(t, addr+" is known", func() bool {
		nodes, err := d.Nodes(t.Context())
		testutil.Must(t, err)
		return slices.ContainsFunc(nodes, func(n *hsr.Node) bool { return n.Addr.String() == addr && n.AddrB != nil })
	})
}
