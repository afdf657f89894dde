package foreign_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// inVM skips the test outside a guest, whose modules have the links.
func inVM(t *testing.T, modules ...string) {
	t.Helper()
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs a virtual machine with the modules %v", modules)
	}
	for _, module := range modules {
		testutil.NeedModule(t, module)
	}
}

// same compares a link of the library with that of `ip`, and demands that each attribute
// was understood.
func same(t *testing.T, conn *iplink.Conn, ns *testutil.Lab, name, kind string, typ iplink.HardwareType) {
	t.Helper()
	link, err := conn.Get(t.Context(), name)
	testutil.Must(t, err)
	said := lab.IPLinks(t, ns.File)[link.Index]
	if said.Name != name || said.MTU != link.MTU || said.Address != link.Address.String() || said.Info.Kind != link.Kind ||
		ns.Link(name)["link_type"] != link.Type.String() {
		t.Errorf("%+v\nip: %+v", link, said)
	}
	if link.Kind != kind || link.Type != typ || link.Err != nil || len(link.Unknown) != 0 || link.Info != nil {
		t.Errorf("%+v", link)
	}
}

// changes alters a setting that all links have.
func changes(t *testing.T, conn *iplink.Conn, ns *testutil.Lab, name string) {
	t.Helper()
	lab.Updated(t, conn, iplink.Device(name).Alias("to the lab").MTU(1281))
	if l := ns.Link(name); l["ifalias"] != "to the lab" || l["mtu"] != 1281. {
		t.Errorf("ip: %v", l)
	}
}

// TestL2TP reads the link of a session.
func TestL2TP(t *testing.T) {
	inVM(t, "l2tp_netlink", "l2tp_eth")
	conn, ns := lab.Scratch(t)
	ns.Batch("link set lo up",
		"l2tp add tunnel tunnel_id 291 peer_tunnel_id 801 encap udp local 127.0.0.1 remote 127.0.0.1 udp_sport 4660 udp_dport 17185",
		"l2tp add session name l2tp0 tunnel_id 291 session_id 4660 peer_session_id 17185")
	same(t, conn, ns, "l2tp0", "", iplink.HardwareEther)
	changes(t, conn, ns, "l2tp0")
}

// TestOpenVSwitch reads the link of a bridge of Open vSwitch, and fails to delete it.
func TestOpenVSwitch(t *testing.T) {
	inVM(t, "openvswitch")
	conn, ns := lab.Scratch(t)
	attrs := netlink.NewAttributeEncoder()
	attrs.String(1, "ovs0") // OVS_DP_ATTR_NAME
	attrs.Uint32(2, 0)      // OVS_DP_ATTR_UPCALL_PID
	b, err := attrs.Encode()
	testutil.Must(t, err)
	const newDatapath = 1 // OVS_DP_CMD_NEW
	testutil.SendGeneric(ns, "ovs_datapath", newDatapath, append(make([]byte, 4), b...))
	same(t, conn, ns, "ovs0", iplink.KindOpenVSwitch, iplink.HardwareEther)
	changes(t, conn, ns, "ovs0")
	const want = "delete ovs0: operation not supported (an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl del-port NAME)"
	if err := conn.Delete(t.Context(), "ovs0"); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if out, err := ns.Run("ip", "link", "delete", "ovs0"); err == nil {
		t.Errorf("`ip` can: %s", out)
	}
}

// TestWireless reads a station and a monitor of a simulated radio.
func TestWireless(t *testing.T) {
	inVM(t, "mac80211_hwsim")
	t.Cleanup(func() {
		if out, err := exec.Command("modprobe", "-r", "mac80211_hwsim").CombinedOutput(); err != nil {
			t.Errorf("modprobe -r: %v\n%s", err, out)
		}
	})
	home, err := os.Open("/proc/thread-self/ns/net")
	testutil.Must(t, err)
	defer home.Close()
	ns := &testutil.Lab{TB: t, File: home}
	conn := testutil.Opened(ns, iplink.Dial)
	same(t, conn, ns, "wlan0", "", iplink.HardwareEther)
	same(t, conn, ns, "hwsim0", "", iplink.HardwareRadiotap)
	lab.Updated(t, conn, iplink.Device("wlan0").Alias("to the lab"))
	testutil.Must(t, unix.Access("/sys/class/net/wlan0/phy80211", unix.R_OK))
}
