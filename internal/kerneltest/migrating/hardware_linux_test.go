package migrating_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// hardware are entries about links of drivers. Guests have some of them, in the first
// namespace.
//
// No machine of the matrix has a switch or an adapter with virtual functions, so that
// PhysSwitchID and NumVF are shown to be empty where `ip` says nothing of them.
var hardware = []entry{
	{code: `ipoib.New("ib0.8001").Parent("ib0").PKey(0x8001).Mode(ipoib.Connected).UMCast(true)`, alone: first("fakeib", "ib0.8001"),
		check: dev("ib0.8001"), shows: `"key":"0x8001","mode":"connected","umcast":"0001"`},
	{code: `can.New("can0").Bitrate(500000).SamplePoint(875).Update(ctx)`, alone: first("kvaser_pci", ""),
		scene: "link set can0 type can bitrate 250000 sample-point 0.8", check: dev("can0"), shows: `"bitrate":500000,"sample_point":"0.875"`},
	{code: `link.Hardware.ParentDev`, link: "can0", alone: first("kvaser_pci", ""), do: func(r *run) {
		r.has(dev("can0"), fmt.Sprintf(`"parentdev":%q`, r.values()[0]))
	}},
	{code: `link.Hardware.ParentBus`, link: "can0", alone: first("kvaser_pci", ""), do: func(r *run) {
		r.has(dev("can0"), fmt.Sprintf(`"parentbus":%q`, r.values()[0]))
	}},
	{code: `link.PermAddress`, link: "wlan0", alone: first("mac80211_hwsim", ""), scene: "link set wlan0 address " + macText, do: func(r *run) {
		r.has(dev("wlan0"), fmt.Sprintf(`"permaddr":%q`, fmt.Sprint(r.values()[0].(net.HardwareAddr))))
	}},
	{code: `link.Hardware.PhysSwitchID`, scene: eth0, do: func(r *run) {
		r.check = dev("eth0")
		if id := r.values()[0].([]byte); len(id) != 0 || strings.Contains(r.output(), "phys_switch_id") {
			r.Errorf("% x", id)
		}
	}},
	{code: `link.Hardware.NumVF`, scene: eth0, do: func(r *run) {
		r.check = dev("eth0")
		if n := r.values()[0]; n != uint32(0) || strings.Contains(r.output(), "vfinfo") {
			r.Errorf("%v", n)
		}
	}},
}

// first returns a function that loads a module, of guests only, and returns the first
// namespace, where its links are. A link that the test makes there is deleted.
func first(module, made string) func(t testing.TB) *os.File {
	return func(t testing.TB) *os.File {
		testutil.NetNS(t) // skips without privileges
		if !testutil.Matrix() {
			testutil.Skipf(t, "needs the hardware of the kernels of the matrix")
		}
		if out, err := exec.Command("modprobe", module).CombinedOutput(); err != nil {
			if module == "fakeib" && strings.Contains(string(out), "no such module") {
				testutil.Skipf(t, "this guest has no fakeib module: the host could not build it")
			}
			t.Fatalf("modprobe %s: %v %s", module, err, out)
		}
		home, err := os.Open("/proc/self/ns/net")
		testutil.Must(t, err)
		t.Cleanup(func() {
			if made != "" {
				testutil.IP(t, home, "link", "del", made)
			}
			home.Close()
			if module == "mac80211_hwsim" {
				if out, err := exec.Command("modprobe", "-r", module).CombinedOutput(); err != nil {
					t.Errorf("modprobe -r: %v %s", err, out)
				}
			}
		})
		return home
	}
}

// xdpTexts are the words of `ip` about a program.
func xdpTexts(v any) []string {
	if id := v.(iplink.XDP).ProgID; id != 0 {
		return []string{fmt.Sprintf(`"prog":{"id":%d,`, id)}
	}
	return []string{`"link_type"`}
}

// attach attaches a program that passes all packets to a link.
func (r *run) attach(name string) {
	r.Helper()
	code := [2][8]byte{{0xb7, 0, 0, 0, 2}, {0x95}} // r0 = XDP_PASS; exit
	license := []byte("GPL\x00")
	load := struct {
		kind, count    uint32
		code, license  uint64
		level, logSize uint32
		log            uint64
		version, flags uint32
	}{kind: unix.BPF_PROG_TYPE_XDP, count: 2, code: uint64(uintptr(unsafe.Pointer(&code))), license: uint64(uintptr(unsafe.Pointer(&license[0])))}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
	if errno != 0 && !testutil.Matrix() {
		testutil.Skipf(r, "this kernel, or this user, loads no BPF programs")
	} else if errno != 0 {
		r.Fatal(errno)
	}
	defer unix.Close(int(fd))
	testutil.Must(r, r.setXDP(name, uint32(fd)))
}

// setXDP sends the request to attach a program, in the network stack.
func (r *run) setXDP(name string, fd uint32) error {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	testutil.Must(r, err)
	defer conn.Close()
	attrs := netlink.NewAttributeEncoder()
	attrs.String(unix.IFLA_IFNAME, name)
	attrs.Nested(unix.IFLA_XDP, func(nest *netlink.AttributeEncoder) error {
		const fdAttr, flagsAttr, generic = 1, 3, 2
		nest.Uint32(fdAttr, fd)
		nest.Uint32(flagsAttr, generic)
		return nil
	})
	data, err := attrs.Encode()
	testutil.Must(r, err)
	_, err = conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_SETLINK, Flags: netlink.Request | netlink.Acknowledge},
		Data:   append(make([]byte, unix.SizeofIfInfomsg), data...),
	})
	return err
}
