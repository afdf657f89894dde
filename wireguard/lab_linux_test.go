package wireguard

import (
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A lab is a namespace where this library makes links and `wg` says how they are.
type lab struct {
	*testutil.Lab
}

func newLab(t *testing.T) *lab {
	t.Helper()
	return &lab{testutil.NewLab(t, iplink.KindWireGuard)}
}

// on calls f with a Conn in the namespace.
func (l *lab) on(f func(*iplink.Conn)) {
	l.Helper()
	l.In(func() {
		c, err := iplink.Dial()
		testutil.Must(l, err)
		defer c.Close()
		f(c)
	})
}

// make makes links.
func (l *lab) make(specs ...iplink.Spec) (links []*iplink.Link) {
	l.Helper()
	l.on(func(c *iplink.Conn) {
		var err error
		links, err = c.Create(l.Context(), specs...)
		testutil.Must(l, err)
	})
	return links
}

// wg runs `wg` and returns its output.
func (l *lab) wg(args ...string) string {
	l.Helper()
	out, err := l.Run("wg", args...)
	if err != nil {
		l.Fatalf("wg %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

// dump returns the fields of `wg show dump`: private key, public key, port and fwmark in
// the first line; in the others, which are sorted, public key, preshared key, endpoint,
// allowed IPs (sorted), handshake, bytes received and sent, and keepalive.
func (l *lab) dump(name string) (device []string, peers [][]string) {
	l.Helper()
	for i, line := range strings.Split(strings.TrimSpace(l.wg("show", name, "dump")), "\n") {
		fields := strings.Split(line, "\t")
		if i == 0 {
			device = fields
			continue
		}
		ips := strings.Split(fields[3], ",")
		slices.Sort(ips)
		fields[3] = strings.Join(ips, ",")
		peers = append(peers, fields)
	}
	slices.SortFunc(peers, slices.Compare)
	return device, peers
}

// wantPeers compares the peers of `wg show dump` without what changes by itself.
func (l *lab) wantPeers(name string, want ...string) {
	l.Helper()
	_, peers := l.dump(name)
	var got []string
	for _, p := range peers {
		got = append(got, strings.Join([]string{p[0], p[1], p[2], p[3], p[7]}, " "))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		l.Errorf("wg shows\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// text returns the line of wantPeers for a peer.
func text(key Key, preshared, endpoint, ips, keepalive string) string {
	return strings.Join([]string{key.String(), preshared, endpoint, ips, keepalive}, " ")
}

// open opens a link, and closes it when the test ends.
func (l *lab) open(name string) *Device {
	l.Helper()
	return testutil.OpenedLink(l.Lab, name, Open)
}
