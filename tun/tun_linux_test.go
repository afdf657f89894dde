package tun_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/tun"
	"github.com/iplink-go/iplink/veth"
)

// full returns a tap link with all settings.
func full(name string) *tun.Builder {
	return tun.NewTap(name).Owner(0x1234).OwnerGroup(0x4321).MultiQueue().VNetHdr().PI().Persist()
}

// described returns a tap link with settings of its own and with common ones.
func described(name string) *tun.Builder {
	return full(name).MTU(1433).TxQueueLen(0x123).Group(0x321).Alias("to the lab").AltName("another-name-of-the-tap").
		Address([]byte{2, 0, 0, 0x12, 0x34, 0x56}).ARP(false).AddrGenMode(iplink.AddrGenNone).GSOMaxSegs(0x123).
		Master("br0").Addr(lab.Prefix("192.0.2.17/25")).Up()
}

// TestAsIP gives the String of a builder to a shell in one namespace, and the builder to
// the library in another. `ip` and sysfs say the same about both links.
func TestAsIP(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	for _, b := range []*tun.Builder{described("t0"), tun.New("t0").MTU(1280).Up()} {
		var seen []map[string]any
		var flags []string
		for _, create := range []func(*iplink.Conn, *testutil.Lab){
			func(_ *iplink.Conn, ns *testutil.Lab) {
				if refusal := testutil.Shell(t, ns.File, b.String()); refusal != "" {
					t.Fatalf("%v: %s", b, refusal)
				}
			},
			func(conn *iplink.Conn, _ *testutil.Lab) {
				lab.MustCreate(t, conn, b)
				lab.Ensured(t, conn, b, false)
			},
		} {
			conn, ns := lab.Scratch(t)
			ns.Batch("link add br0 type bridge")
			create(conn, ns)
			var link map[string]any
			testutil.Eventually(t, "the state that follows from the carrier", func() bool {
				link = ns.Link("t0")
				return link["operstate"] == "DOWN"
			})
			seen, flags = append(seen, link), append(flags, sysfs(ns, "t0"))
		}
		if diff := cmp.Diff(seen[0], seen[1]); diff != "" || flags[0] != flags[1] {
			t.Errorf("%v\n- ip, + library: %s\n%s\n%s", b, diff, flags[0], flags[1])
		}
	}
}

// sysfs returns the flags, the owner and the group of a link.
func sysfs(ns *testutil.Lab, name string) (text string) {
	ns.Helper()
	ns.In(func() {
		testutil.Must(ns, unix.Unshare(unix.CLONE_NEWNS))
		testutil.Must(ns, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		testutil.Must(ns, unix.Mount("sysfs", "/sys", "sysfs", 0, ""))
		for _, file := range []string{"tun_flags", "owner", "group"} {
			b, err := os.ReadFile("/sys/class/net/" + name + "/" + file)
			testutil.Must(ns, err)
			text += strings.TrimSpace(string(b)) + " "
		}
	})
	return text
}

// TestSysfs compares with the numbers of the kernel's headers: IFF_TAP 2, IFF_MULTI_QUEUE
// 0x100, IFF_PERSIST 0x800, IFF_NO_PI 0x1000, IFF_VNET_HDR 0x4000, IFF_TUN 1.
func TestSysfs(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, full("t0"), tun.New("t1"))
	for name, want := range map[string]string{"t0": "0x4902 4660 17185 ", "t1": "0x1801 -1 -1 "} {
		if got := sysfs(ns, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestTogether makes links of several kinds in two namespaces in one call, and looks
// whether the thread stays in its namespace.
func TestTogether(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, here := lab.Scratch(t)
	there := testutil.NewLab(t)
	before, err := os.Readlink("/proc/thread-self/ns/net")
	testutil.Must(t, err)
	ns := lab.NetNS(there)
	links := lab.MustCreate(t, conn, bridge.New("br0").Up(), tun.NewTap("tap0").Index(4660).Master("br0").Up(),
		veth.New("v0").Master("br0").Peer(veth.New("v1").NetNS(ns)), tun.New("tun0").NetNS(ns).Index(17185).Addr(lab.Prefix("192.0.2.1/24")).Up(),
		tun.New("x%d"))
	got := here.Names()
	if slices.Sort(got); !slices.Equal(got, []string{"br0", "lo", "tap0", "v0", "x0"}) {
		t.Errorf("here are %q", got)
	}
	if got := there.Names(); len(got) != 3 || there.Link("tun0")["ifindex"] != 17185. || links[3].Index != 0x4321 || links[4].Name != "x0" {
		t.Errorf("there are %q; %v", got, links)
	}
	if l := here.Link("tap0"); l["master"] != "br0" || l["ifindex"] != 4660. {
		t.Errorf("tap0: %v", l)
	}
	testutil.Must(t, conn.Delete(t.Context(), "tap0"))
	if after, err := os.Readlink("/proc/thread-self/ns/net"); err != nil || after != before {
		t.Errorf("the thread is in %s, was in %s: %v", after, before, err)
	}
}

// TestChange changes the settings of a link that is there, and replaces it.
func TestChange(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	old := lab.MustCreate(t, conn, tun.NewTap("t0"))[0]
	lab.Updated(t, conn, tun.NewTap("t0").Owner(0x1234).PI().MTU(1433))
	lab.Ensured(t, conn, tun.NewTap("t0").Owner(0x4321).OwnerGroup(0x123).VNetHdr(), false, "user", "group", "vnet_hdr")
	if got := sysfs(ns, "t0"); got != "0x4802 17185 291 " {
		t.Errorf("after the changes %q", got)
	}
	if l := ns.Link("t0"); l["mtu"] != 1433. || l["ifindex"] != float64(old.Index) {
		t.Errorf("after the changes %v", l)
	}
	diffs, err := conn.Diff(t.Context(), tun.New("t0").MultiQueue())
	if got := fmt.Sprint(diffs); err != nil || got != "[mode: have tap, want tun multi_queue: have none, want multi_queue]" {
		t.Errorf("differences %s, error %v", got, err)
	}
	if _, err := conn.Update(t.Context(), tun.New("t0")); !errors.Is(err, iplink.ErrImmutable) {
		t.Errorf("error %v of another mode", err)
	}
	change, err := conn.Ensure(t.Context(), tun.New("t0").MultiQueue().Recreate())
	if testutil.Must(t, err); !change[0].Recreated || ns.InfoData("t0")["type"] != "tun" || ns.InfoData("t0")["multi_queue"] != true {
		t.Errorf("replaced: %+v, %v", change[0], ns.InfoData("t0"))
	}
	if got := ns.Names(); len(got) != 2 {
		t.Errorf("left behind: %q", got)
	}
}

// TestPersist makes a link stay that another program made without that.
func TestPersist(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	fd := passing(ns, unix.IFF_TAP|unix.IFF_NO_PI|unix.IFF_MULTI_QUEUE)
	lab.Ensured(t, conn, tun.NewTap("p0").Persist(), false, "persist")
	unix.Close(fd)
	if got := ns.InfoData("p0")["persist"]; got != true {
		t.Errorf("persist is %v", got)
	}
}

// passing makes a link p0 that vanishes when the descriptor is closed.
func passing(ns *testutil.Lab, flags uint16) (fd int) {
	ns.Helper()
	ns.In(func() {
		var err error
		fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		testutil.Must(ns, err)
		req, err := unix.NewIfreq("p0")
		testutil.Must(ns, err)
		req.SetUint16(flags)
		testutil.Must(ns, unix.IoctlIfreq(fd, unix.TUNSETIFF, req))
	})
	return fd
}

// TestUndo makes links until one fails. The others are removed, and a rival of the same
// name stays.
func TestUndo(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	ns.Batch("link add br0 type bridge", "tuntap add dev rival mode tap", "link add other type bridge")
	before := ns.IP("-d", "-j", "link")
	for _, c := range []struct {
		specs []iplink.Spec
		errno error
		text  string
	}{
		{[]iplink.Spec{tun.New("a"), tun.NewTap("rival").Up()}, fs.ErrExist, "create tun rival: file exists (a link of this name or index exists already)"},
		{[]iplink.Spec{tun.New("a").Up(), tun.New("other")}, fs.ErrExist, "create tun other: file exists (a link of this name or index exists already)"},
		{[]iplink.Spec{full("a").Up(), tun.New("b").Index(1)}, fs.ErrExist, "create tun b: file exists (the index 1 is that of lo: choose another Index)"},
		{[]iplink.Spec{tun.NewTap("b"), tun.New("a").Master("br0")}, syscall.EINVAL, ""}, // a bridge takes Ethernet alone
		{[]iplink.Spec{veth.New("b").Peer(veth.New("c")), full("a").Up().Master("b")}, nil, ""},
	} {
		_, err := conn.Create(t.Context(), c.specs...)
		switch {
		case err == nil, c.errno != nil && !errors.Is(err, c.errno), c.text != "" && err.Error() != c.text:
			t.Errorf("%v\nerror %v, want %v: %s", c.specs, err, c.errno, c.text)
		}
		if after := ns.IP("-d", "-j", "link"); after != before {
			t.Fatalf("%v\nleaves %s\nwas %s", c.specs, after, before)
		}
	}
}

// TestRefused gives settings that are refused before anything is made.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		spec       *tun.Builder
		attr, text string
	}{
		{tun.New("t0").Owner(-1), "Owner", "-1 is not an id: give 0 to 4294967294"},
		{tun.New("t0").OwnerGroup(1<<32 - 1), "OwnerGroup", "4294967295 is not an id"},
		{tun.New("t0").Queues(2, 1), "numtxqueues", "2, where the driver makes 1: MultiQueue chooses between 1 and 256"},
		{tun.NewTap("t0").MultiQueue().NumRxQueues(3), "numrxqueues", "3, where the driver makes 256"},
		{tun.New("t0").Address([]byte{2, 0, 0, 0, 0, 1}), "address", "use NewTap"},
		{tun.New("t0").Parent("eth0"), "link", "a tun sits on no other link"},
		{tun.New("t0").MTU(67), "mtu", "67 is not in 68…65535"},
	} {
		_, err := c.spec.Create(t.Context())
		lab.Refused(t, err, c.attr, c.text)
	}
	if _, _, err := iplink.KindData(tun.New("t0")); err == nil || !strings.Contains(err.Error(), "mode: invalid argument (is not set by route netlink)") {
		t.Errorf("error %v", err)
	}
}

// TestForbidden makes links without the device and without the privilege.
func TestForbidden(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	ns := testutil.NewLab(t)
	ns.In(func() {
		testutil.DropCapabilities(t)
		_, err := tun.New("t0").Create(t.Context())
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(fmt.Sprint(err), "CAP_NET_ADMIN") && !strings.Contains(fmt.Sprint(err), "/dev/net/tun") {
			t.Errorf("error %v without capabilities", err)
		}
	})
	ns.In(func() {
		testutil.Must(t, unix.Unshare(unix.CLONE_NEWNS))
		testutil.Must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		testutil.Must(t, unix.Mount("tmpfs", "/dev", "tmpfs", 0, ""))
		_, err := tun.New("t0").Create(t.Context())
		want := "create tun t0: operation not supported (/dev/net/tun does not exist: load the module tun, or in a container pass the device in)"
		if fmt.Sprint(err) != want || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error %v, want %s", err, want)
		}
	})
	if got := ns.Names(); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}
