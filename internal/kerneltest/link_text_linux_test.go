package kerneltest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
)

// TestLinkString compares the text of links with the text of `ip`, which names other links
// and prints the flags in another order.
func TestLinkString(t *testing.T) {
	l := testutil.NewLab(t)
	conn := testutil.Opened(l, iplink.Dial)
	links, err := conn.Create(t.Context(),
		bridge.New("t0").ForwardDelay(12340*time.Millisecond).Group(0x123).MTU(1400),
		veth.New("t1").Index(0x77).Peer(veth.New("t2")).Master("t0").Alias("two words").AltName("first").
			PortSettings(bridge.Port().Cost(0x123).Isolated(true)).Up(),
		vxlan.New("t3").VNI(0x1234).Remote(lab.Addr("192.0.2.17")).Port(4790).TTL(17))
	testutil.Must(t, err)
	index := regexp.MustCompile(`@?if\d+`)
	for i, words := range [][]string{
		{"bridge", "forward_delay 1234"},
		{"alias 'two words'", "altname first", "veth bridge_slave", "cost 291", "isolated on"},
		{"vxlan", "id 4660", "remote 192.0.2.17", "dstport 4790", "ttl 17"},
	} {
		have, first, second := settledText(l, conn, links[i].Name, links[0])
		if !strings.HasPrefix(index.ReplaceAllString(first, ""), fmt.Sprintf("%d: %s: <", have.Index, have.Name)) {
			t.Errorf("the line begins otherwise: %s", first)
		}
		for _, w := range append(words, "link/ether "+have.Address.String()+" brd ff:ff:ff:ff:ff:ff") {
			if !strings.Contains(second+" ", " "+w+" ") {
				t.Errorf("%q is missing in %q", w, second)
			}
		}
		shown := logged(have)
		for _, w := range []string{fmt.Sprint("index=", have.Index), "name=" + have.Name, "kind=" + have.Kind, fmt.Sprint("mtu=", have.MTU), "address=" + have.Address.String(), words[len(words)-1]} {
			if !strings.Contains(shown, w) {
				t.Errorf("%q is missing in %q", w, shown)
			}
		}
	}
}

func logged(l *iplink.Link) string {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("created", "link", l)
	return b.String()
}

// settledText returns a link and the lines of its text, and compares the first with that of
// `ip`. The state of both follows the carrier a moment later.
func settledText(l *testutil.Lab, conn *iplink.Conn, name string, master *iplink.Link) (have *iplink.Link, first, second string) {
	l.Helper()
	var got, wanted string
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(20 * time.Millisecond) {
		var err error
		have, err = conn.Get(l.Context(), name)
		testutil.Must(l, err)
		_, wanted, _ = strings.Cut(l.IP("-N", "link", "show", "dev", name), "> ")
		wanted, _, _ = strings.Cut(wanted, "\n")
		wanted = strings.NewReplacer("master t0", "master if"+fmt.Sprint(master.Index)).Replace(strings.TrimSpace(wanted))
		first, second, _ = strings.Cut(have.String(), "\n")
		if _, got, _ = strings.Cut(first, "> "); got == wanted {
			return have, first, second
		}
	}
	l.Errorf("%q, ip has %q", got, wanted)
	return have, first, second
}

// TestLinkStringHidesKeys prints a link that was made with a private key.
func TestLinkStringHidesKeys(t *testing.T) {
	l := testutil.NewLab(t)
	testutil.Need(t, iplink.KindWireGuard)
	secret := bytes.Repeat([]byte{0x48, 0x37}, 16)
	conn := testutil.Opened(l, iplink.Dial)
	links, err := conn.Create(t.Context(), wireguard.New("t0").PrivateKey(wireguard.NewPrivateKey(slices.Clone(secret))).ListenPort(0x1234))
	testutil.Must(t, err)
	read, err := conn.Get(t.Context(), "t0")
	testutil.Must(t, err)
	for _, have := range slices.Concat(links, []*iplink.Link{read}) {
		for _, text := range []string{have.String(), fmt.Sprintf("%v", have), logged(have)} {
			if !strings.Contains(text, "wireguard") || strings.Contains(text, base64.StdEncoding.EncodeToString(secret)) || strings.Contains(text, hex.EncodeToString(secret)) {
				t.Errorf("%s", text)
			}
		}
	}
}
