package failover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// failoverLink is what `ip` and sysfs say of one of the three links.
type failoverLink struct {
	name, driver, address, port string
	index, master               int
}

// failoverLinks returns the links of this machine that have a driver, by it, with
// "net_failover" for the device that has none in sysfs but has others under it.
func failoverLinks(t *testing.T) map[string]failoverLink {
	t.Helper()
	out, err := exec.Command("ip", "-d", "-j", "link").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Ifname, Master, Address string
		Ifindex                 int
		PhysPortName            string `json:"phys_port_name"`
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	indexes := map[string]int{}
	for _, l := range all {
		indexes[l.Ifname] = l.Ifindex
	}
	found := map[string]failoverLink{}
	for _, l := range all {
		driver := ethtoolDriver(t, l.Ifname)
		found[driver] = failoverLink{l.Ifname, driver, l.Address, l.PhysPortName, l.Ifindex, indexes[l.Master]}
	}
	return found
}

// ethtoolDriver returns the driver of a link as ethtool has it, empty if it has
// none.
func ethtoolDriver(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("ethtool", "-i", name).Output()
	if err != nil {
		return ""
	}
	_, driver, _ := strings.Cut(string(out), "driver: ")
	driver, _, _ = strings.Cut(driver, "\n")
	return driver
}

// TestFailover recognises the net_failover device that QEMU offers, and what is
// under it, also after the primary was unplugged.
func TestFailover(t *testing.T) {
	if os.Getenv("IPLINK_VMTEST_FAILOVER") == "" {
		testutil.Skipf(t, "needs a virtual machine with a net_failover device: vmtest -failover")
	}
	links := failoverLinks(t)
	device, standby, primary := links["net_failover"], links["virtio_net"], links["e1000e"]
	if device.index == 0 || standby.master != device.index || primary.master != device.index || standby.port != "sby" {
		t.Fatalf("the guest has no net_failover device with a standby and a primary: %+v", links)
	}
	check := func(want ...failoverLink) {
		t.Helper()
		group, err := Get(t.Context(), device.name)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range []*iplink.Link{group.Failover, group.Standby, group.Primary} {
			if i >= len(want) {
				if got != nil {
					t.Errorf("link %d is %s, want none", i, got.Name)
				}
				continue
			}
			if w := want[i]; got == nil || got.Index != w.index || got.Name != w.name || got.Address.String() != w.address || got.Master != w.master {
				t.Errorf("link %d is %+v, want %+v", i, got, w)
			}
		}
	}
	check(device, standby, primary)
	for _, l := range []failoverLink{standby, primary} {
		_, err := Get(t.Context(), l.name)
		want := fmt.Sprintf("failover %s: the link is of another kind (it is a link under the net_failover device %s)", l.name, device.name)
		if err == nil || err.Error() != want || !errors.Is(err, iplink.ErrKind) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	testFailoverActive(t, device.name, primary.name, standby.name)
	unplug(t, primary.name)
	check(device, standby)
}

// testFailoverActive takes links down one after the other: what is left carries
// the traffic.
func testFailoverActive(t *testing.T, device, primary, standby string) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", "dev", device, "up").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, step := range []struct{ down, active string }{{"", primary}, {primary, standby}, {standby, ""}} {
		if step.down != "" {
			if out, err := exec.Command("ip", "link", "set", "dev", step.down, "down").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		var got string
		for range 200 {
			group, err := Get(t.Context(), device)
			if err != nil {
				t.Fatal(err)
			}
			if got = ""; group.Active() != nil {
				got = group.Active().Name
			}
			if got == step.active {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if got != step.active {
			t.Errorf("with %q down, %q is active, want %q", step.down, got, step.active)
		}
	}
}

// unplug takes a PCI device away from its driver, as hot unplugging does.
func unplug(t *testing.T, name string) {
	t.Helper()
	device, err := filepath.EvalSymlinks("/sys/class/net/" + name + "/device")
	if err != nil {
		t.Fatal(err)
	}
	unbind := filepath.Join(device, "driver", "unbind")
	if err := os.WriteFile(unbind, []byte(filepath.Base(device)), 0); err != nil {
		t.Fatal(err)
	}
}

// TestNoFailover asks for links of other kinds, and for one that is missing.
func TestNoFailover(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "t0", "type", "veth", "peer", "t1")
	get := func(name string) (err error) {
		netns, fault := iplink.NetNSAtPath(fmt.Sprintf("/proc/self/fd/%d", ns.Fd()))
		if fault != nil {
			t.Fatal(fault)
		}
		defer netns.Close()
		return netns.Do(func() error {
			_, err := Get(t.Context(), name)
			return err
		})
	}
	for name, want := range map[string]string{
		"t0": "failover veth t0: the link is of another kind (it is not a net_failover device, its driver is veth)",
		"lo": "failover lo: the link is of another kind (it is not a net_failover device, its driver is unknown)",
	} {
		if err := get(name); err == nil || err.Error() != want || !errors.Is(err, iplink.ErrKind) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if err := get("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that of a link that is missing", err)
	}
}
