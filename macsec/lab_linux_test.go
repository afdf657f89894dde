package macsec

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A lab is two namespaces with a cable between them: ours, where this library
// makes the links, and theirs, which is `ip macsec`'s.
type lab struct {
	*testutil.Lab // ours
	theirs        *testutil.Lab
}

// The stations at the ends of the cable, and their channels.
var (
	ourMAC   = net.HardwareAddr{2, 0, 0, 0, 0x12, 0x0a}
	theirMAC = net.HardwareAddr{2, 0, 0, 0, 0x34, 0x0b}
	ourSCI   = SCIOf(ourMAC, 1)
	theirSCI = SCIOf(theirMAC, 1)
)

// Keys, in the digits of `ip macsec`, and one of twice the length.
const (
	ourKey   = "0987654321098765432109876543210a"
	theirKey = "1234567890123456789012345678901b"
	nextKey  = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
	otherKey = "ffeeddccbbaa99887766554433221100"
	longKey  = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{testutil.NewLab(t, iplink.KindMACsec), testutil.NewLab(t)}
	l.Batch(fmt.Sprintf("link add eth1 address %v up type veth peer name eth2 address %v netns %s", ourMAC, theirMAC, l.theirs.Path()))
	l.theirs.Batch("link set eth2 up")
	return l
}

// theirLink makes their link as the article on `ip macsec` does: encrypted, with
// the keys under the numbers 0.
func (l *lab) theirLink(settings string) {
	l.Helper()
	l.theirs.Batch("link add macsec0 link eth2 type macsec encrypt on "+settings,
		"macsec add macsec0 tx sa 0 pn 1 on key 01 "+theirKey,
		"macsec add macsec0 rx sci "+ourSCI.String(),
		"macsec add macsec0 rx sci "+ourSCI.String()+" sa 0 pn 1 on key 00 "+ourKey,
		"address add 192.0.2.2/24 dev macsec0", "link set macsec0 up")
}

// make makes links in our namespace.
func (l *lab) make(specs ...iplink.Spec) []*iplink.Link {
	l.Helper()
	links, err := l.try(specs...)
	testutil.Must(l, err)
	return links
}

func (l *lab) try(specs ...iplink.Spec) (links []*iplink.Link, err error) {
	l.on(func(c *iplink.Conn) { links, err = c.Create(l.Context(), specs...) })
	return links, err
}

// on calls f with a Conn in our namespace.
func (l *lab) on(f func(*iplink.Conn)) {
	l.Helper()
	l.In(func() {
		c, err := iplink.Dial()
		testutil.Must(l, err)
		defer c.Close()
		f(c)
	})
}

// open opens a link of ours, and closes it when the test ends.
func (l *lab) open(name string) *MACsec {
	l.Helper()
	return testutil.OpenedLink(l.Lab, name, Open)
}

// pings sends so many pings to their end, so many milliseconds apart, and
// returns how many were answered.
func (l *lab) pings(n, every int) int {
	l.Helper()
	return l.startPings(n, every)()
}

// startPings is pings that returns while they go on. The returned function waits
// for the last one.
func (l *lab) startPings(n, every int) func() int {
	l.Helper()
	var out strings.Builder
	cmd := exec.CommandContext(l.Context(), "ping", "-n", "-q", "-p", "5ec4e7", "-s", "200", "-W", "1",
		"-i", fmt.Sprintf("%d.%03d", every/1000, every%1000), "-c", fmt.Sprint(n), "192.0.2.2")
	cmd.Stdout, cmd.Stderr = &out, &out
	var err error
	l.In(func() { err = cmd.Start() })
	testutil.Must(l, err)
	return func() int {
		l.Helper()
		_ = cmd.Wait() // fails if a ping was lost
		var sent, received int
		for line := range strings.Lines(out.String()) {
			if k, _ := fmt.Sscanf(line, "%d packets transmitted, %d received", &sent, &received); k == 2 {
				return received
			}
		}
		l.Fatalf("ping says %s", &out)
		return 0
	}
}

// A cable is a tap on the cable at their end.
type cable struct {
	t  testing.TB
	fd int
}

func (l *lab) tap() *cable {
	l.Helper()
	w := &cable{t: l}
	l.theirs.In(func() {
		link, err := net.InterfaceByName("eth2")
		testutil.Must(l, err)
		all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
		w.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(all))
		testutil.Must(l, err)
		testutil.Must(l, unix.Bind(w.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}))
	})
	l.Cleanup(func() { unix.Close(w.fd) })
	return w
}

// frames takes what has passed so far.
func (w *cable) frames() (all [][]byte) {
	w.t.Helper()
	for {
		b := make([]byte, 2048)
		n, err := unix.Read(w.fd, b)
		if err == unix.EAGAIN {
			return all
		}
		testutil.Must(w.t, err)
		all = append(all, b[:n])
	}
}

// etherTypes counts the frames by their types.
func etherTypes(frames [][]byte) map[uint16]int {
	types := map[uint16]int{}
	for _, f := range frames {
		types[binary.BigEndian.Uint16(f[12:])]++
	}
	return types
}

// key returns the key of digits.
func key(digits string) Key {
	k, err := ParseKey(digits)
	if err != nil {
		panic(err)
	}
	return k
}

// our returns the builder of our link, with the keys of theirLink.
func our(tx, rx string) *Builder {
	return New("macsec0").Parent("eth1").Encrypt(true).Up().
		TxSA(SA{AN: 0, PN: 1, Active: true, Key: key(tx)}).
		RxSC(theirSCI, SA{AN: 0, PN: 1, Active: true, KeyID: KeyID{1}, Key: key(rx)})
}

// address gives our link its IP address.
func (l *lab) address() {
	l.Helper()
	l.Batch("address add 192.0.2.1/24 dev macsec0")
}

// ipList returns what `ip -s -j macsec show` says in our namespace, by name.
func (l *lab) ipList() map[string]map[string]any {
	l.Helper()
	var all []map[string]any
	if out := l.IP("-s", "-j", "macsec", "show"); strings.TrimSpace(out) != "" {
		testutil.Must(l, json.Unmarshal([]byte(out), &all))
	}
	byName := map[string]map[string]any{}
	for _, link := range all {
		byName[link["ifname"].(string)] = link
	}
	return byName
}
