package vmtest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/vmtest"
)

// series returns the kernel that the guest's test runs on, as 6.12 → 6012,
// and skips the test anywhere else.
func series(t *testing.T) int {
	t.Helper()
	name := os.Getenv(vmtest.KernelVariable)
	if name == "" {
		t.Skip("not in a guest: run with go test -exec and the vmtest runner")
	}
	major, minor, ok := strings.Cut(name, ".")
	ma, err1 := strconv.Atoi(major)
	mi, err2 := strconv.Atoi(minor)
	if !ok || err1 != nil || err2 != nil {
		t.Fatalf("%s=%q is not a kernel series", vmtest.KernelVariable, name)
	}
	return ma*1000 + mi
}

// sh runs a shell script in the guest and returns what it printed.
func sh(t *testing.T, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%s%v", script, out, err)
	}
	return string(out)
}

// A link that the guest must be able to make: what follows `ip link add`,
// and the kind that `ip -d -j` must show for it.
type wantLink struct {
	add   string
	kind  string
	since int  // the first series that has the kind, 0 for all
	built bool // by the host, which may lack a compiler
}

func wantLinks() []wantLink {
	return []wantLink{
		{add: "name l type bridge", kind: "bridge"},
		{add: "name l type bond mode active-backup", kind: "bond"},
		{add: "name l type team", kind: "team"},
		{add: "link p name l type vlan id 7", kind: "vlan"},
		{add: "name l type vxlan id 7 dstport 4789", kind: "vxlan"},
		{add: "link p name l type macvlan mode bridge", kind: "macvlan"},
		{add: "link p name l type macvtap mode bridge", kind: "macvtap"},
		{add: "link p name l type ipvlan mode l2", kind: "ipvlan"},
		{add: "link p name l type ipvtap mode l2", kind: "ipvtap"},
		{add: "link p name l type macsec encrypt on", kind: "macsec"},
		{add: "name l type veth peer name l2", kind: "veth"},
		{add: "name l type vcan", kind: "vcan"},
		{add: "name l type vxcan peer name l2", kind: "vxcan"},
		{add: "name l type nlmon", kind: "nlmon"},
		{add: "name l type dummy", kind: "dummy"},
		{add: "name l type ifb", kind: "ifb"},
		{add: "name l type vrf table 7", kind: "vrf"},
		{add: "name l type geneve id 7 remote 192.0.2.7", kind: "geneve"},
		{add: "name l type wireguard", kind: "wireguard"},
		{add: "name l type gre remote 192.0.2.7", kind: "gre"},
		{add: "name l type gretap remote 192.0.2.7", kind: "gretap"},
		{add: "name l type erspan remote 192.0.2.7 seq key 7 erspan_ver 1", kind: "erspan"},
		{add: "name l type ip6gre remote 2001:db8::7", kind: "ip6gre"},
		{add: "name l type ipip remote 192.0.2.7", kind: "ipip"},
		{add: "name l type sit remote 192.0.2.7", kind: "sit"},
		{add: "name l type ip6tnl remote 2001:db8::7", kind: "ip6tnl"},
		{add: "name l type vti remote 192.0.2.7 key 7", kind: "vti"},
		{add: "name l type vti6 remote 2001:db8::7 key 7", kind: "vti6"},
		{add: "name l type xfrm dev p if_id 7", kind: "xfrm"},
		{add: "name l type netkit peer name l2", kind: "netkit", since: 6012},
		{add: "name l type hsr slave1 p slave2 p2", kind: "hsr", since: 6012},
		{add: "name l type amt mode relay dev p local 192.0.2.7", kind: "amt", built: true},
		{add: "name l type bareudp dstport 6635 ethertype mpls_uc", kind: "bareudp", built: true},
		{add: "name l type pfcp", kind: "pfcp", since: 6012, built: true},
		{add: "link p name l type rmnet mux_id 7", kind: "rmnet", built: true},
	}
}

// TestKinds makes a link of every kind in a namespace of its own. The kind's
// module is loaded by the kernel alone.
func TestKinds(t *testing.T) {
	kernel := series(t)
	for i, want := range wantLinks() {
		t.Run(want.kind, func(t *testing.T) {
			if kernel < want.since {
				t.Skipf("the kernel has %s from %d.%d on", want.kind, want.since/1000, want.since%1000)
			}
			if out, err := exec.Command("modprobe", want.kind).CombinedOutput(); want.built && err != nil && strings.Contains(string(out), "no such module") {
				t.Skipf("this guest has no %s module: the host could not build it", want.kind)
			}
			ns := fmt.Sprintf("kind%d", i)
			sh(t, "ip netns add "+ns)
			t.Cleanup(func() { sh(t, "ip netns del "+ns) })
			sh(t, fmt.Sprintf("ip -n %s -batch - <<END\nlink add p type dummy\nlink add p2 type dummy\nlink add %s\nEND", ns, want.add))
			var links []struct {
				Info struct {
					Kind string `json:"info_kind"`
				} `json:"linkinfo"`
			}
			if err := json.Unmarshal([]byte(sh(t, "ip -n "+ns+" -d -j link show l")), &links); err != nil {
				t.Fatal(err)
			}
			if len(links) != 1 || links[0].Info.Kind != want.kind {
				t.Errorf("got %+v, want one link of kind %s", links, want.kind)
			}
		})
	}
}

// TestTapDevice opens what devtmpfs made for a macvtap link.
func TestTapDevice(t *testing.T) {
	series(t)
	sh(t, "ip link add tapp type dummy; ip link add link tapp name mvt0 type macvtap mode bridge")
	t.Cleanup(func() { sh(t, "ip link del tapp") })
	index := strings.TrimSpace(sh(t, `read i < /sys/class/net/mvt0/ifindex; echo $i`))
	f, err := os.OpenFile("/dev/tap"+index, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// TestTun loads the driver by opening the node that a system makes at boot.
func TestTun(t *testing.T) {
	series(t)
	sh(t, "ip tuntap add mode tap name tap7")
	t.Cleanup(func() { sh(t, "ip link del tap7") })
	if out := sh(t, "ip -d link show tap7"); !strings.Contains(out, "tun type tap") {
		t.Errorf("tap7 is not a tap device:\n%s", out)
	}
}

// TestCANController sets the bit timing of QEMU's CAN controller, which has
// an 8 MHz clock.
func TestCANController(t *testing.T) {
	series(t)
	sh(t, "modprobe kvaser_pci; ip link set can0 type can bitrate 500000 sample-point 0.8 restart-ms 100")
	out := sh(t, "ip -d link show can0")
	for _, want := range []string{"bitrate 500000 sample-point 0.750", "clock 8000000", "restart-ms 100"} {
		if !strings.Contains(out, want) {
			t.Errorf("can0 lacks %q:\n%s", want, out)
		}
	}
}

// TestTeamd runs the team daemon with every runner, and so loads every mode.
func TestTeamd(t *testing.T) {
	series(t)
	sh(t, "ip link add tp0 type dummy")
	t.Cleanup(func() { sh(t, "ip link del tp0") })
	for _, runner := range []string{"activebackup", "loadbalance", "roundrobin", "broadcast", "random", "lacp"} {
		t.Run(runner, func(t *testing.T) {
			sh(t, fmt.Sprintf(`teamd -d -t team0 -c '{"runner":{"name":"%s"},"link_watch":{"name":"ethtool"}}'`, runner))
			t.Cleanup(func() { sh(t, "teamd -k -t team0") })
			sh(t, "teamdctl team0 port add tp0")
			if state := sh(t, "teamdctl team0 state dump"); !strings.Contains(state, `"runner_name": "`+runner+`"`) || !strings.Contains(state, `"tp0"`) {
				t.Errorf("teamdctl tells of another team:\n%s", state)
			}
			if mode := strings.TrimSpace(sh(t, "teamnl team0 getoption mode")); mode == "" {
				t.Error("teamnl knows no mode")
			}
		})
	}
}

// TestWitnesses runs each remaining program that other tests rely on.
func TestWitnesses(t *testing.T) {
	series(t)
	for _, want := range []struct{ script, output string }{
		{"ping -c1 -W2 127.0.0.1", "1 received"},
		{"bridge -V", "bridge utility, 6."},
		{"ip link add w0 type veth peer name w1; tc qdisc add dev w0 root fq_codel; tc qdisc show dev w0; ip link del w0", "fq_codel"},
		{"ip link add w0 type veth peer name w1; ethtool -i w0; ip link del w0", "driver: veth"},
		{"ip link add vc0 type vcan; ip link set vc0 up; candump -n1 vc0 & sleep=$!; cansend vc0 123#1234 || true; until kill -0 $! 2>/dev/null; do :; done; " +
			"i=0; while kill -0 $sleep 2>/dev/null && [ $i -lt 200 ]; do cansend vc0 123#1234; i=$((i+1)); done; wait; ip link del vc0", "123   [2]  12 34"},
		{"ip link add nl0 type nlmon; ip link set nl0 up; tcpdump -i nl0 -c1 -w /tmp/nl.pcap & sniffer=$!; " +
			"while kill -0 $sniffer 2>/dev/null; do ip -o link >/dev/null; done; wait; tcpdump -r /tmp/nl.pcap 2>&1; ip link del nl0", "link-type NETLINK"},
	} {
		if out := sh(t, want.script); !strings.Contains(out, want.output) {
			t.Errorf("%s: no %q in:\n%s", want.script, want.output, out)
		}
	}
}

// TestGuest checks what the package promises about the guest.
func TestGuest(t *testing.T) {
	series(t)
	if os.Getuid() != 0 {
		t.Errorf("uid %d, want root", os.Getuid())
	}
	links := strings.Fields(sh(t, "ls() { for f in /sys/class/net/*; do echo ${f##*/}; done; }; ls"))
	for _, unwanted := range []string{"bond0", "dummy0", "ifb0"} {
		if slices.Contains(links, unwanted) {
			t.Errorf("there is a %s that nobody made", unwanted)
		}
	}
	if out := sh(t, "ip link show lo"); !strings.Contains(out, "UP") {
		t.Errorf("lo is down: %s", out)
	}
	if b, err := os.ReadFile("testdata/greeting.txt"); err != nil || string(b) != "hello, guest\n" {
		t.Errorf("testdata: %q, %v", b, err)
	}
	if err := exec.Command("modprobe", "-q", "no-such-module").Run(); err == nil {
		t.Error("modprobe found a module that is not there")
	}
}

// TestIPoIB makes IPoIB links over the fake InfiniBand device, and changes,
// raises and removes them.
func TestIPoIB(t *testing.T) {
	series(t)
	if out, err := exec.Command("modprobe", "fakeib").CombinedOutput(); err != nil {
		if strings.Contains(string(out), "no such module") {
			t.Skip("this guest has no fakeib module: the host could not build it")
		}
		t.Fatalf("modprobe fakeib: %v\n%s", err, out)
	}
	t.Cleanup(func() { sh(t, "modprobe -r fakeib") })
	if out := sh(t, "ip -d link show ib0"); !strings.Contains(out, "ipoib pkey 0xffff mode datagram") || !strings.Contains(out, "mtu 4092") {
		t.Fatalf("ib0 is\n%s", out)
	}
	sh(t, "ip link add link ib0 name ib0.8001 type ipoib pkey 0x8001 mode datagram; ip link set ib0 up; ip link set ib0.8001 up")
	if out := sh(t, "ip -d link show ib0.8001"); !strings.Contains(out, "ib0.8001@ib0") || !strings.Contains(out, "ipoib pkey 0x8001 mode datagram umcast 0000") {
		t.Errorf("ib0.8001 is\n%s", out)
	}
	sh(t, "ip link set ib0.8001 down; ip link set ib0.8001 type ipoib mode connected umcast 1; ip link set ib0.8001 up")
	if out := sh(t, "ip -d link show ib0.8001"); !strings.Contains(out, "mode connected umcast 0001") {
		t.Errorf("changed, ib0.8001 is\n%s", out)
	}
	sh(t, "ip netns add ib; ip link add link ib0 name ib0.1234 type ipoib pkey 0x1234; ip link set ib0.1234 netns ib; ip -n ib link set ib0.1234 up")
	if out := sh(t, "ip -n ib -d link show ib0.1234"); !strings.Contains(out, "pkey 0x9234") {
		t.Errorf("ib0.1234 is\n%s", out)
	}
	sh(t, "ip -n ib link del ib0.1234; ip netns del ib; ip link del ib0.8001")
}
