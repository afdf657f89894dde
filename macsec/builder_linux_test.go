package macsec

import (
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestBuilder makes a link with all its associations at once, or not at all.
func TestBuilder(t *testing.T) {
	l := newLab(t)
	l.Batch("link add link eth1 name other type macsec port 7", "macsec add other rx sci 0200000000770077")
	taken := SCIOf(net.HardwareAddr{2, 0, 0, 0, 0, 0x77}, 0x77)

	links := l.make(our(ourKey, theirKey))
	info := links[0].Info.(*iplink.MACsecInfo)
	if len(info.TxSAs) != 1 || info.TxSAs[0].PN == 0 || len(info.RxSCs) != 1 || info.RxSCs[0].SAs[0].KeyID != (KeyID{1}) || !info.Encrypt || info.SCI != ourSCI {
		t.Errorf("%+v", info)
	}
	l.wantKeys("macsec0", 0, "tx 0 0000", "rx 0 0100")

	_, err := l.try(New("macsec1").Parent("eth1").Port(2).TxSA(SA{AN: 3, PN: 1, Key: key(ourKey)}).RxSC(SCIOf(theirMAC, 9)).RxSC(taken))
	wantError(t, err, syscall.EEXIST, "create macsec macsec1: rx 0200000000770077: file exists (a MACsec link on this parent has a channel of this SCI already)")
	_, err = l.try(New("macsec1").Parent("eth1").Port(2), New("macsec2").Parent("eth1").Port(3).RxSC(taken))
	if !errors.Is(err, syscall.EEXIST) {
		t.Error(err)
	}
	if names := l.ipList(); len(names) != 2 || names["macsec0"] == nil || names["other"] == nil {
		t.Errorf("left: %v", names)
	}
	l.make(New("macsec1").Parent("eth1").Port(2).RxSC(SCIOf(theirMAC, 9)), // none of its channels is left
		New("macsec2").Parent("macsec1").TxSA(SA{AN: 1, PN: 9, Key: key(ourKey)})) // and on a new link

	// A change of several steps.
	more := New("macsec0").TxSA(SA{AN: 2, PN: 5, Active: true, KeyID: KeyID{2}, Key: key(nextKey)}, SA{AN: 0, PN: 1, Key: key(ourKey)})
	l.on(func(c *iplink.Conn) {
		_, err := c.Update(t.Context(), more.Clone().RxSC(theirSCI, SA{AN: 1, PN: 1, KeyID: KeyID{7}, Key: key(nextKey)}).RxSC(taken))
		wantError(t, err, syscall.EEXIST, "update macsec macsec0: rx 0200000000770077: file exists (a MACsec link on this parent has a channel of this SCI already)")
		l.wantKeys("macsec0", 0, "tx 0 0000", "rx 0 0100")
		_, err = c.Update(t.Context(), more)
		testutil.Must(t, err)
		l.wantKeys("macsec0", 0, "tx 0 0000 off", "tx 2 0200", "rx 0 0100")
	})
}

// TestBuilderElsewhere makes a link in another namespace than that of the Conn.
func TestBuilderElsewhere(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	there := testutil.NewLab(t)
	l.make(our(ourKey, theirKey).NetNS(testutil.OpenedBy(there, iplink.CurrentNetNS)))
	if s, err := testutil.OpenedLink(there, "macsec0", Open).Status(t.Context()); err != nil || len(s.TxSAs) != 1 || len(s.RxSCs) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A monitor counts the requests that ask the kernel to change something, on
// whichever netlink socket of our namespace.
type monitor struct {
	t  testing.TB
	fd int
}

func (l *lab) monitor() *monitor {
	l.Helper()
	l.Batch("link add nlmon0 up type nlmon")
	m := &monitor{t: l}
	l.In(func() {
		link, err := net.InterfaceByName("nlmon0")
		testutil.Must(l, err)
		all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
		m.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(all))
		testutil.Must(l, err)
		testutil.Must(l, unix.SetsockoptInt(m.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20))
		testutil.Must(l, unix.Bind(m.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}))
	})
	l.Cleanup(func() { unix.Close(m.fd) })
	return m
}

// writes returns how many messages have asked for an acknowledgement, and no
// list, since the last call.
func (m *monitor) writes() (n int) {
	m.t.Helper()
	b := make([]byte, 1<<16)
	for {
		k, err := unix.Read(m.fd, b)
		if err == unix.EAGAIN {
			return n
		}
		testutil.Must(m.t, err)
		const asks = unix.NLM_F_REQUEST | unix.NLM_F_ACK
		if flags := binary.NativeEndian.Uint16(b[6:]); k >= 16 && flags&asks == asks && binary.NativeEndian.Uint16(b[4:]) >= unix.NLMSG_MIN_TYPE {
			n++
		}
	}
}

// TestEnsure makes a link be as wanted, and does nothing when it is.
func TestEnsure(t *testing.T) {
	l := newLab(t)
	wanted := our(ourKey, theirKey)
	spy := l.monitor()
	spy.writes()
	c, err := l.ensure(wanted)
	testutil.Must(t, err)
	if n := spy.writes(); !c.Created || n != 4 { // the link, its association, the channel, and its association
		t.Errorf("created %v with %d requests", c.Created, n)
	}
	c, err = l.ensure(wanted)
	testutil.Must(t, err)
	if n := spy.writes(); c.Changed() || n != 0 {
		t.Errorf("again: %d requests for %v", n, c.Differences)
	}
	if info := c.Link.Info.(*iplink.MACsecInfo); len(info.TxSAs) != 1 || len(info.RxSCs) != 1 {
		t.Errorf("%+v", info)
	}

	sci := theirSCI.String()
	l.Batch("macsec set macsec0 tx sa 0 pn 77 off", "macsec set macsec0 rx sci "+sci+" off",
		"macsec set macsec0 rx sci "+sci+" sa 0 off", "macsec del macsec0 rx sci "+sci+" sa 0", "macsec add macsec0 tx sa 3 pn 1 on key 99 "+nextKey)
	spy.writes()
	c, err = l.ensure(wanted)
	testutil.Must(t, err)
	if n := spy.writes(); n != 3 || len(c.Differences) != 2 || c.Differences[0].Attr != "tx sa" || c.Differences[1].Attr != "rx" {
		t.Errorf("%d requests for %v", n, c.Differences)
	}
	l.wantKeys("macsec0", 0, "tx 0 0000", "tx 3 9900", "rx 0 0100") // what is not named stays
	if s, err := l.open("macsec0").Status(t.Context()); err != nil || s.TxSA(0).PN < 77 {
		t.Errorf("the number went back: %+v, %v", s, err)
	}
}

func (l *lab) ensure(s iplink.Spec) (c *iplink.Change, err error) {
	l.on(func(conn *iplink.Conn) {
		var all []*iplink.Change
		if all, err = conn.Ensure(l.Context(), s); err == nil {
			c = all[0]
		}
	})
	return c, err
}

// TestEnsureKey wants another key under a number that has one.
func TestEnsureKey(t *testing.T) {
	l := newLab(t)
	wanted := our(ourKey, theirKey)
	l.make(wanted)
	spy := l.monitor()
	another := New("macsec0").Parent("eth1").TxSA(SA{PN: 1, Active: true, KeyID: KeyID{0x55}, Key: key(nextKey)})
	spy.writes()
	_, err := l.ensure(another)
	if !errors.Is(err, iplink.ErrImmutable) || !strings.Contains(err.Error(), "tx sa key: have sa 0 key 0000") || spy.writes() != 0 {
		t.Error(err)
	}
	l.on(func(c *iplink.Conn) {
		if d, err := c.Diff(t.Context(), wanted); err != nil || len(d) != 0 {
			t.Errorf("%v, %v", d, err)
		}
		if d, err := c.Diff(t.Context(), another); err != nil || len(d) != 1 || !d[0].Immutable {
			t.Errorf("%v, %v", d, err)
		}
	})
	c, err := l.ensure(another.Recreate())
	testutil.Must(t, err)
	if !c.Recreated {
		t.Errorf("%+v", c)
	}
	l.wantKeys("macsec0", 0, "tx 0 5500")
}

// TestLate has keys come after the link is up, and go again:
// what was lost before does not keep it from sending.
func TestLate(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	l.make(New("macsec0").Parent("eth1").Encrypt(true).Up())
	l.address()
	if n := l.pings(2, 50); n != 0 {
		t.Errorf("%d pings came back without a key", n)
	}
	m := l.open("macsec0")
	testutil.Must(t, m.AddTxSA(t.Context(), SA{PN: 1, Active: true, Key: key(ourKey)}))
	testutil.Must(t, m.AddRxSC(t.Context(), theirSCI, SA{PN: 1, Active: true, KeyID: KeyID{1}, Key: key(theirKey)}))
	testutil.Eventually(t, "a ping comes back", func() bool { return l.pings(1, 50) == 1 })
	testutil.Must(t, m.UpdateRxSA(t.Context(), theirSCI, 0, SetActive(false)))
	if n := l.pings(2, 50); n != 0 {
		t.Errorf("%d pings came back by an association that is not active", n)
	}
	testutil.Must(t, m.UpdateRxSA(t.Context(), theirSCI, 0, SetActive(true)))
	testutil.Must(t, m.UpdateRxSC(t.Context(), theirSCI, false)) // which stops nothing
	time.Sleep(10 * time.Millisecond)
	if n := l.pings(2, 50); n != 2 {
		t.Errorf("%d of 2 pings came back", n)
	}
}
