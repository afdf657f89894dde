package kerneltest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

var processTime = flag.Duration("processes", 8*time.Second, "how long TestEnsureProcesses competes")

// workerEnv is the variable that makes the test binary a worker. Its value is the seed.
const workerEnv = "IPLINK_TEST_WORKER"

const (
	workers     = 8
	sharedPairs = 5
	disputed    = "d0" // the workers want different MTUs of it
)

// sharedSpecs describes the links that all workers want, as they are to be at the end.
func sharedSpecs() []iplink.Spec {
	all := []iplink.Spec{
		bridge.New("br0").AgeingTime(123 * time.Second).Addr(lab.Prefix("192.0.2.17/28")).Up(),
		bridge.New("br1").Priority(0x1234).Addr(lab.Prefix("2001:db8::17/64")).Up(),
	}
	for i := range sharedPairs {
		name := fmt.Sprint("p", i)
		all = append(all, veth.New(name).Master(fmt.Sprint("br", i%2)).PortSettings(bridge.Port().Cost(uint32(0x321+i)).Isolated(i%2 == 1)).
			Alias("shared "+name).AltName(name+"-alternative").Up().Peer(veth.New(name+"x").Addr(sharedAddr(i)).Up()))
	}
	return all
}

func sharedAddr(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(16*i + 5)}), 28)
}

// TestEnsureProcesses has several processes ensure overlapping topologies at random,
// while they also delete links of each other. Each call has to succeed, but for the MTU
// about which they disagree; at the end all that they share is there.
func TestEnsureProcesses(t *testing.T) {
	if seed := os.Getenv(workerEnv); seed != "" {
		work(t, seed)
		return
	}
	testutil.Need(t, iplink.KindVeth)
	c, ns := lab.Scratch(t)
	first := uint64(time.Now().UnixNano())
	t.Log("seed", first)
	results := make(chan string, workers)
	for i := range uint64(workers) {
		go func() { results <- startWorker(t, ns, first+i) }()
	}
	for range workers {
		if fault := <-results; fault != "" {
			t.Error(fault)
		}
	}
	if _, err := c.Ensure(t.Context(), sharedSpecs()...); err != nil {
		t.Fatal(err)
	}
	sharedIsThere(t, ns)
}

// startWorker runs this test in a process of its own, and returns its output if it fails.
func startWorker(t *testing.T, ns *testutil.Lab, seed uint64) string {
	binary, err := os.Executable()
	if err != nil {
		return err.Error()
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^TestEnsureProcesses$", "-test.v", "-processes", processTime.String())
	cmd.Env = append(os.Environ(), workerEnv+"="+strconv.FormatUint(seed, 10))
	cmd.ExtraFiles = []*os.File{ns.File}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "calls") {
		return fmt.Sprintf("worker %d: %v\n%s", seed, err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "calls") {
			t.Log(strings.TrimSpace(line))
		}
	}
	return ""
}

// work is the life of a worker.
func work(t *testing.T, text string) {
	seed, err := strconv.ParseUint(text, 10, 64)
	testutil.Must(t, err)
	netns, err := iplink.NetNSFromFD(3)
	testutil.Must(t, err)
	defer netns.Close()
	c, err := netns.Dial()
	testutil.Must(t, err)
	defer c.Close()
	r := rand.New(rand.NewPCG(seed, 0))
	calls, contradictions := 0, 0
	for end := time.Now().Add(*processTime); time.Now().Before(end); calls++ {
		err := workOnce(t, c, r, fmt.Sprintf("w%d", seed%workers))
		if isContradiction(err) {
			contradictions++
			err = nil
		}
		testutil.Must(t, err)
	}
	if _, err := c.Ensure(t.Context(), iplink.Absent(fmt.Sprintf("w%d", seed%workers))); err != nil {
		t.Error(err)
	}
	if _, err := c.Ensure(t.Context(), sharedSpecs()...); err != nil {
		t.Error(err)
	}
	t.Logf("seed %d: %d calls, %d contradictions", seed, calls, contradictions)
}

// workOnce ensures a random part of the shared links, a link of its own that is a port of
// a shared one, and sometimes the disputed link, or deletes a shared pair.
func workOnce(t *testing.T, c *iplink.Conn, r *rand.Rand, own string) error {
	shared := sharedSpecs()
	bridges, pairs := shared[:2], shared[2:]
	r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	specs := append(bridges, pairs[:r.IntN(len(pairs)+1)]...)
	specs = append(specs, veth.New(own).Master("br0").MTU(1400+r.Uint32N(100)).Up().Peer(veth.New(own+"x").Up()))
	switch r.IntN(5) {
	case 0:
		specs = append(specs, bridge.New(disputed).MTU(1280+r.Uint32N(2000)))
	case 1:
		return c.DeleteIfExists(t.Context(), fmt.Sprint("p", r.IntN(sharedPairs)))
	}
	r.Shuffle(len(specs), func(i, j int) { specs[i], specs[j] = specs[j], specs[i] })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := c.Ensure(ctx, specs...)
	return err
}

// isContradiction reports whether an error is about the setting on which the workers
// disagree.
func isContradiction(err error) bool {
	e, ok := errors.AsType[*iplink.Error](err)
	return ok && errors.Is(err, iplink.ErrNotApplied) && e.Name == disputed && e.Attr == "mtu"
}

// sharedIsThere asks `ip` and `bridge` for the shared links.
func sharedIsThere(t *testing.T, ns *testutil.Lab) {
	t.Helper()
	for i := range sharedPairs {
		name := fmt.Sprint("p", i)
		l := ns.Link(name)
		port := lab.Within(l, "linkinfo", "info_slave_data")
		if port == nil {
			t.Errorf("%s is not a port: %v", name, l)
			continue
		}
		data := port.(map[string]any)
		if l["master"] != fmt.Sprint("br", i%2) || !lab.SameJSON(data["cost"], 0x321+i) || data["isolated"] != (i%2 == 1) ||
			l["ifalias"] != "shared "+name || !ns.Up(name) || !ns.Up(name+"x") {
			t.Errorf("%s: %v", name, l)
		}
		if got := ns.IP("-o", "address", "show", "dev", name+"x"); !strings.Contains(got, sharedAddr(i).String()) {
			t.Errorf("%sx lacks %v: %s", name, sharedAddr(i), got)
		}
	}
	for name, want := range map[string]string{"br0": "192.0.2.17/28", "br1": "2001:db8::17/64"} {
		if got := ns.IP("-o", "address", "show", "dev", name); !strings.Contains(got, want) || !ns.Up(name) {
			t.Errorf("%s lacks %s: %s", name, want, got)
		}
	}
}
