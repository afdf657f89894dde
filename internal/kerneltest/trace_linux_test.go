package kerneltest_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
)

// shownVariable is the file for the trace of TestShown.
const shownVariable = "IPLINK_TEST_SHOWN"

// TestShown writes a trace while strace looks.
func TestShown(t *testing.T) {
	path, ok := os.LookupEnv(shownVariable)
	if !ok {
		testutil.Skipf(t, "TestTraceAndSystemCalls runs this under strace")
	}
	file, err := os.Create(path)
	testutil.Must(t, err)
	defer file.Close()
	here, there := testutil.NewLab(t), testutil.NewLab(t)
	container := lab.NetNS(there)
	conn := tracedConn(here, func(m iplink.Message) { fmt.Fprintf(file, "%t %s %s %d\n", m.Sent, m.Type, m.Flags, m.Seq) })
	ctx := t.Context()
	mark()
	defer mark()
	links := []iplink.Spec{bridge.New("t0").STP(true).Up(), vxlan.New("t1").VNI(0x1234).Port(4790).Master("t0").Up(),
		veth.New("t2").Peer(veth.New("eth0").NetNS(container).Addr(lab.Prefix("192.0.2.17/28")).DefaultRoute(lab.Addr("192.0.2.18")).Up())}
	_, err = conn.Create(ctx, links...)
	testutil.Must(t, err)
	if _, err := conn.Create(ctx, bridge.New("t3"), bridge.New("t0")); err == nil {
		t.Error("created twice")
	}
	_, err = conn.ListRoutes(ctx)
	testutil.Must(t, err)
	testutil.Must(t, conn.Delete(ctx, "t0", "t2"))
}

// tracedConn returns a Conn in the namespace with a trace.
func tracedConn(l *testutil.Lab, f func(iplink.Message)) *iplink.Conn {
	return testutil.OpenedBy(l, func() (*iplink.Conn, error) { return iplink.Dial(iplink.WithTrace(f)) })
}

// straceMessage is a message in the output of strace, with numbers in place of names.
var straceMessage = regexp.MustCompile(`nlmsg_type=(?:0x)?([0-9a-f]+)[^,]*, nlmsg_flags=(?:0x)?([0-9a-f]+)[^,]*, nlmsg_seq=(\d+)`)

// straceEcho is the header of the request in an acknowledgement.
var straceEcho = regexp.MustCompile(`msg=\{[^}]*\}`)

// straceTypes are the numbers of types, as in linux/rtnetlink.h.
var straceTypes = map[string]string{"2": "ack", "3": "done", "10": "RTM_NEWLINK", "11": "RTM_DELLINK", "12": "RTM_GETLINK", "14": "RTM_NEWADDR", "16": "RTM_GETADDR",
	"18": "RTM_NEWROUTE", "1a": "RTM_GETROUTE", "1c": "RTM_NEWNEIGH", "1e": "RTM_GETNEIGH", "58": "RTM_NEWNSID", "5a": "RTM_GETNSID", "5c": "RTM_NEWSTATS", "5e": "RTM_GETSTATS"}

// TestTraceAndSystemCalls compares a trace with what strace shows of the same calls: the
// messages of all sockets, in order.
func TestTraceAndSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		testutil.Skipf(t, "this system has no strace")
	}
	testutil.Need(t, iplink.KindBridge)
	testutil.Need(t, iplink.KindVXLAN)
	testutil.Need(t, iplink.KindVeth)
	dir := t.TempDir()
	file, shown := filepath.Join(dir, "strace"), filepath.Join(dir, "shown")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-v", "-X", "raw", "-s", "1", "-o", file, "-e", "trace=newfstatat,sendto,recvfrom",
		os.Args[0], "-test.run=^TestShown$")
	cmd.Env = append(os.Environ(), shownVariable+"="+shown)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	calls, err := os.ReadFile(file)
	testutil.Must(t, err)
	lines, err := os.ReadFile(shown)
	testutil.Must(t, err)
	want := straceMessages(t, string(calls))
	got := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(lines), " error ", " ack ")), "\n")
	if len(want) < 30 || !slices.Equal(got, want) {
		t.Errorf("%d messages, strace has %d:\n%s\nwant\n%s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// straceMessages returns the messages between the marks, as TestShown writes them.
func straceMessages(t *testing.T, calls string) (all []string) {
	t.Helper()
	between := strings.SplitN(calls, "/iplink-test-mark", 3)
	if len(between) < 3 {
		t.Fatalf("no marks in %s", calls)
	}
	for line := range strings.Lines(between[1]) {
		for _, m := range straceMessage.FindAllStringSubmatch(straceEcho.ReplaceAllString(line, ""), -1) {
			typ, known := straceTypes[m[1]]
			if !known {
				typ = m[1]
			}
			all = append(all, fmt.Sprintf("%t %s %s %s", strings.Contains(line, "sendto"), typ, straceFlags(t, typ, m[2]), m[3]))
		}
	}
	return all
}

// straceFlags returns the words for flags, with the numbers of linux/netlink.h.
func straceFlags(t *testing.T, typ, digits string) string {
	t.Helper()
	flags, err := strconv.ParseUint(digits, 16, 16)
	testutil.Must(t, err)
	words := []string{"", "create", "excl", "replace", "multi", "echo", "dump_filtered"}
	bits := []uint64{0, 0x400, 0x200, 0x100, 2, 8, 0x20}
	switch {
	case typ == "ack" || typ == "done":
		return ""
	case strings.HasPrefix(typ, "RTM_GET"):
		words[1], bits[1], words[2], words[3] = "dump", 0x300, "", ""
	}
	var all []string
	for i, word := range words {
		if word != "" && flags&bits[i] == bits[i] {
			all = append(all, word)
		}
	}
	return strings.Join(all, ",")
}

// TestTraceHidesWireGuardKeys sets keys and reads them.
func TestTraceHidesWireGuardKeys(t *testing.T) {
	testutil.Need(t, iplink.KindWireGuard)
	secret, preshared := secretBytes(0x41), secretBytes(0x81)
	spec := wireguard.New("wg0").PrivateKey(wireguard.NewPrivateKey(secret)).
		Peer(wireguard.Peer{Key: iplink.WireGuardKey(secretBytes(1)), PresharedKey: iplink.NewWireGuardSecret(preshared)})
	elsewhere := wireguard.New("wg1").ListenPort(0x1234).NetNS(lab.NetNS(testutil.NewLab(t)))
	text := traced(testutil.NewLab(t), func(c *iplink.Conn) {
		lab.MustCreate(t, c, spec, elsewhere)
		_, err := c.Ensure(t.Context(), spec)
		testutil.Must(t, err)
		d, err := wireguard.Open(t.Context(), "wg0", iplink.On(c))
		testutil.Must(t, err)
		testutil.Must(t, errors.Join(d.SetPrivateKey(t.Context(), wireguard.NewPrivateKey(secret)), d.Close()))
	})
	if opened := regexp.MustCompile(`(?m)^> wireguard SET_DEVICE .*private-key \(hidden\)`).FindAllString(text, -1); len(opened) != 2 {
		t.Errorf("%d requests with the key, want those of the creation and of the opened link, in\n%s", len(opened), text)
	}
	if !regexp.MustCompile(`(?m)^> \[net:\[\d+\]\] wireguard SET_DEVICE .*4660`).MatchString(text) {
		t.Errorf("no request in the other namespace in\n%s", text)
	}
	for _, want := range []string{"> ", "nlctrl GETFAMILY", "wireguard SET_DEVICE", "private-key (hidden)", "preshared-key (hidden)", "wireguard GET_DEVICE dump"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	wantNoKey(t, text, secret, preshared)
}

// TestTraceHidesMACsecKeys adds an association.
func TestTraceHidesMACsecKeys(t *testing.T) {
	testutil.Need(t, iplink.KindMACsec)
	key := secretBytes(0x41)[:16]
	c, l := lab.Scratch(t)
	lab.MustCreate(t, c, veth.New("under"))
	spec := macsec.New("ms0").Parent("under").TxSA(macsec.SA{AN: 1, PN: 0x1234, Active: true, KeyID: iplink.MACsecKeyID{0x12}, Key: iplink.NewMACsecKey(key)})
	text := traced(l, func(c *iplink.Conn) {
		lab.MustCreate(t, c, spec)
		_, err := c.Ensure(t.Context(), spec)
		testutil.Must(t, err)
	})
	if want := "macsec ADD_TXSA"; !strings.Contains(text, want) || !strings.Contains(text, "key (hidden)") {
		t.Errorf("no %q with a hidden key in\n%s", want, text)
	}
	wantNoKey(t, text, key)
}

// secretBytes returns 32 different bytes.
func secretBytes(first byte) []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = first + byte(i)
	}
	return b
}

// traced calls f with a Conn in the namespace, and returns all messages, with all their
// fields.
func traced(l *testutil.Lab, f func(*iplink.Conn)) string {
	l.Helper()
	var b strings.Builder
	f(tracedConn(l, func(m iplink.Message) { fmt.Fprintf(&b, "%v\n%s %s %v %s\n", m, m.Type, m.Flags, m.Err, m.Text) }))
	return b.String()
}

func wantNoKey(t *testing.T, text string, keys ...[]byte) {
	t.Helper()
	for _, key := range keys {
		for at := 0; at+6 <= len(key); at += 3 {
			part := key[at : at+6]
			for _, notation := range []string{string(part), hex.EncodeToString(part), fmt.Sprintf("% x", part), fmt.Sprint(part), base64.RawStdEncoding.EncodeToString(part)} {
				if strings.Contains(text, notation) {
					t.Errorf("%q of a key in\n%s", notation, text)
				}
			}
		}
	}
}
