package iplink_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
)

// flushed are the addresses that each of two ports has learned, by the last
// byte.
var flushed = []string{"02:00:00:00:12:01", "02:00:00:00:12:02"}

// TestFlushFDB sees with `bridge fdb` which learned addresses are forgotten.
func TestFlushFDB(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	for name, c := range map[string]struct {
		spec iplink.Spec
		left [2]bool
	}{
		"nothing": {iplink.Device("br0").MTU(1281), [2]bool{true, true}},
		"port":    {iplink.Device("p1").PortSettings(bridge.Port().FlushFDB()), [2]bool{false, true}},
		"bridge":  {bridge.New("br0").FlushFDB(), [2]bool{false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, "link add br0 type bridge", "link set dev br0 up",
				"link add p1 master br0 up type veth peer name q1", "link add p2 master br0 up type veth peer name q2",
				"link set dev q1 up", "link set dev q2 up")
			settle(t, ns, "p1") // a port without a carrier takes no entries
			settle(t, ns, "p2")
			bridgeTool(t, ns, "fdb", "add", flushed[0], "dev", "p1", "master", "dynamic")
			bridgeTool(t, ns, "fdb", "add", flushed[1], "dev", "p2", "master", "dynamic")
			_, err := inNetNS(t, ns, func(conn *iplink.Conn) (any, error) { return conn.Update(t.Context(), c.spec) })
			if err != nil {
				t.Fatal(err)
			}
			fdb := bridgeTool(t, ns, "fdb", "show", "br", "br0")
			for i, mac := range flushed {
				if got := strings.Contains(fdb, mac); got != c.left[i] {
					t.Errorf("%s is there: %v, want %v, in\n%s", mac, got, c.left[i], fdb)
				}
			}
		})
	}
}

// bridgeTool runs `bridge` of iproute2 in a namespace.
func bridgeTool(t *testing.T, ns *os.File, args ...string) string {
	t.Helper()
	var out []byte
	var err error
	testutil.In(t, ns, func() { out, err = exec.Command("bridge", args...).CombinedOutput() })
	if err != nil {
		t.Fatalf("bridge %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
