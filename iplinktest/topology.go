package iplinktest

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/topology"
	"github.com/iplink-go/iplink/veth"
)

// Need skips the test if the kernel lacks the driver for a kind of link, such as
// iplink.KindBond.
func Need(t testing.TB, kind string) {
	t.Helper()
	var has bool
	err := NetNS(t).Do(func() (err error) {
		has, err = testutil.HasKind(kind)
		return err
	})
	if err != nil {
		t.Fatalf("does the kernel have %s: %v", kind, err)
	}
	if !has {
		t.Skipf("this kernel has no %s driver", kind)
	}
}

// Create makes links in a namespace, all or none; a failure is fatal to the test.
func Create(t testing.TB, ns *iplink.NetNS, links ...iplink.Spec) []*iplink.Link {
	t.Helper()
	made, err := Dial(t, ns).Create(t.Context(), links...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Hosts returns n new connected namespaces, 1 to 254. The first has a link eth0 with
// the address 192.0.2.1/24, the second has 192.0.2.2/24, and so on. Their links lead
// to a bridge in another namespace.
func Hosts(t testing.TB, n int) []*iplink.NetNS {
	t.Helper()
	if n < 1 || n > 254 {
		t.Fatalf("%d hosts: 1 to 254 can be had", n)
	}
	links := []iplink.Spec{bridge.New("br0").Up()}
	var hosts []*iplink.NetNS
	for i := range n {
		host := NetNS(t)
		addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 24)
		links = append(links, veth.New(fmt.Sprint("port", i+1)).Master("br0").Up().
			Peer(veth.New("eth0").NetNS(host).Addr(addr).Up()))
		hosts = append(hosts, host)
	}
	Create(t, NetNS(t), links...)
	return hosts
}

// updateGolden is the environment variable that makes Golden write its files.
const updateGolden = "IPLINKTEST_UPDATE"

// Golden compares the links of namespaces with the contents of the file at path, in
// the format of [topology.Topology.Tree]: the links, their kinds, states,
// connections and addresses. The namespaces are called netns 1, netns 2 and so on,
// in the given order. Links should not lead to other namespaces, which have no
// stable name. With IPLINKTEST_UPDATE=1 in the environment, Golden writes the file
// instead.
func Golden(t testing.TB, path string, namespaces ...*iplink.NetNS) {
	t.Helper()
	top, err := topology.ReadNetNS(t.Context(), namespaces...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range top.NetNS {
		top.NetNS[i].Names = []string{fmt.Sprint("netns ", i+1)}
		top.NetNS[i].Current = false
	}
	got := top.Tree()
	if os.Getenv(updateGolden) != "" {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: %s=1 writes it", err, updateGolden)
	}
	if string(want) != got {
		t.Errorf("the links are not those of %s, which %s=1 writes anew; got\n%s\nwant\n%s", path, updateGolden, got, want)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// NoLeaks fails the test at its end if the process then has file descriptors,
// goroutines, threads in other network namespaces or child processes that did not
// exist at the time of the call. It should be the first line of a test, since it
// runs after all later cleanups. Parallel tests cannot use it, because each would be
// blamed for the resources of the others.
func NoLeaks(t testing.TB) {
	t.Helper()
	leftovers := testutil.Leftovers()
	t.Cleanup(func() {
		for _, left := range leftovers() {
			t.Errorf("left behind: %s", left)
		}
	})
}
