//go:build linux

package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "save") }

// namespace returns a new named namespace.
func namespace(t *testing.T, suffix string) *iplink.NetNS {
	t.Helper()
	name := testutil.Name(t) + suffix
	ns, err := iplink.CreateNetNS(name)
	testutil.Must(t, err)
	t.Cleanup(func() {
		testutil.Must(t, ns.Close())
		testutil.Must(t, iplink.DeleteNetNS(name))
	})
	return ns
}

// TestSave rebuilds a namespace by the commands that the program prints, and saves it again.
func TestSave(t *testing.T) {
	from, to := namespace(t, "-a"), namespace(t, "-b")
	file, err := os.Open("/run/netns/" + from.Name())
	testutil.Must(t, err)
	defer file.Close()
	testutil.IPBatch(t, file, "link add br0 type bridge forward_delay 1234", "link add p1 type vxlan id 4660 dstport 4790",
		"link set p1 mtu 1400 master br0 up", "link set br0 mtu 1300", "address add 192.0.2.1/24 dev br0")
	testutil.Bridge(t, file, "fdb", "add", "02:00:00:00:12:34", "dev", "p1", "master", "static")

	saved, status := labtest.Program(t, "save -netns "+from.Name())
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, saved)
	}
	for _, want := range []string{"ip link add br0 ", " type bridge forward_delay 1234", " mtu 1300", "ip address add 192.0.2.1/24 ", "ip link add p1 ", " type vxlan id 4660 dstport 4790", "bridge fdb replace 02:00:00:00:12:34 dev p1 master static"} {
		if !strings.Contains(saved, want) {
			t.Errorf("%q is missing in %s", want, saved)
		}
	}
	specs, err := iplink.ParseBatch(strings.NewReader(saved), bridge.Words(), vxlan.Words())
	testutil.Must(t, err)
	conn, err := to.Dial()
	testutil.Must(t, err)
	defer conn.Close()
	_, err = conn.Ensure(t.Context(), specs...)
	testutil.Must(t, err)
	if again, _ := labtest.Program(t, "save -netns "+to.Name()); !slices.Equal(inOrder(again), inOrder(saved)) {
		t.Errorf("the copy is\n%s\nwant\n%s", again, saved)
	}
}

// inOrder returns the commands in an order of their own: the kernel lists the entries of a
// forwarding database in none.
func inOrder(text string) []string {
	all := strings.Split(strings.ReplaceAll(text, "\n", " && "), " && ")
	slices.Sort(all)
	return all
}
