package bridge_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
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
			testutil.Settle(t, ns, "p1") // a port without a carrier takes no entries
			testutil.Settle(t, ns, "p2")
			bridgeTool(t, ns, "fdb", "add", flushed[0], "dev", "p1", "master", "dynamic")
			bridgeTool(t, ns, "fdb", "add", flushed[1], "dev", "p2", "master", "dynamic")
			_, err := lab.InNetNS(t, ns, func(conn *iplink.Conn) (any, error) { return conn.Update(t.Context(), c.spec) })
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

// TestBridgeMTUStays gives a new bridge an MTU and a port of another, which a
// bridge whose MTU nobody has set would follow.
func TestBridgeMTUStays(t *testing.T) {
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c,
		bridge.New("br0").MTU(1423).Up(),
		veth.New("a0").MTU(1357).Master("br0").Up().Peer(veth.New("b0").Up()))
	if mtu := ns.Link("br0")["mtu"]; mtu != 1423.0 {
		t.Errorf("ip says the MTU is %v", mtu)
	}
	lab.MustCreate(t, c, veth.New("a1").MTU(1300).Master("br0"))
	if mtu := ns.Link("br0")["mtu"]; mtu != 1423.0 {
		t.Errorf("ip says the MTU is %v after another port", mtu)
	}
}
