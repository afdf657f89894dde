package kerneltest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// flaggedNeighs are neighbours with flags, the words of `ip` for each, and a command that
// spoils it.
var flaggedNeighs = []struct {
	neigh         inet.Neigh
	words         []string
	absent, spoil string
}{
	{inet.Neigh{Addr: lab.Addr("192.0.2.51"), LLAddr: lab.OtherMAC, State: inet.NeighStale, Flags: inet.NeighExtLearned},
		[]string{"192.0.2.51", "lladdr " + lab.OtherMAC.String(), "extern_learn"}, "managed",
		"neigh replace 192.0.2.51 lladdr 02:a9:87:65:43:21 nud stale dev t0"},
	{inet.Neigh{Addr: lab.Addr("2001:db8::51"), LLAddr: lab.OtherMAC, Flags: inet.NeighRouter | inet.NeighExtLearned},
		[]string{"2001:db8::51", "lladdr " + lab.OtherMAC.String(), "router", "extern_learn", "PERMANENT"}, "managed",
		"neigh replace 2001:db8::51 lladdr 02:a9:87:65:43:22 router extern_learn nud permanent dev t0"},
	{inet.Neigh{Addr: lab.Addr("192.0.2.52"), Flags: inet.NeighManaged}, []string{"192.0.2.52", "managed"}, "extern_learn",
		"neigh replace 192.0.2.52 lladdr 02:a9:87:65:43:21 nud permanent dev t0"},
	{inet.Neigh{Addr: lab.Addr("192.0.2.53"), Flags: inet.NeighProxy}, []string{"192.0.2.53 proxy"}, "lladdr", "neigh del proxy 192.0.2.53 dev t0"},
	{inet.Neigh{Addr: lab.Addr("2001:db8::53"), Flags: inet.NeighProxy | inet.NeighRouter}, []string{"2001:db8::53", "router", "proxy"}, "lladdr", "neigh del proxy 2001:db8::53 dev t0"},
}

// neighLine returns the line of `ip` for a neighbour or a proxy entry of t0.
func neighLine(ns *testutil.Lab, n *inet.Neigh) string {
	ns.Helper()
	args := []string{"neigh", "show", "dev", "t0", "nud", "all"}
	if n.Flags&inet.NeighProxy != 0 {
		args = []string{"neigh", "show", "proxy", "dev", "t0"}
	}
	for _, family := range []string{"-4", "-6"} {
		for line := range strings.Lines(ns.IP(append([]string{family}, args...)...)) {
			if strings.HasPrefix(line, n.Addr.String()+" ") {
				return strings.TrimSpace(line)
			}
		}
	}
	return ""
}

// TestNeighFlags gives a link neighbours with flags, by the library and by the commands
// that the builder prints, has others spoil each, and takes them away.
func TestNeighFlags(t *testing.T) {
	for _, test := range flaggedNeighs {
		t.Run(test.neigh.String(), func(t *testing.T) {
			c, ns := lab.Scratch(t)
			spec := bridge.New("t0").Up().Neighs(test.neigh)
			lab.MustCreate(t, c, spec)
			isFlagged := func(ns *testutil.Lab) {
				t.Helper()
				line := neighLine(ns, &test.neigh)
				lacks := func(word string) bool { return !strings.Contains(line, word) }
				if slices.ContainsFunc(test.words, lacks) || !lacks(test.absent) {
					t.Errorf("ip says %q, want %v without %s", line, test.words, test.absent)
				}
			}
			isFlagged(ns)
			quietEnsure(t, c, spec)
			_, other := lab.Scratch(t)
			if fault := testutil.Shell(t, other.File, spec.String()); fault != "" {
				t.Errorf("%v: %s", spec, fault)
			}
			isFlagged(other)
			ns.IP(strings.Fields(test.spoil)...)
			lab.Ensured(t, c, spec, false, "neigh")
			isFlagged(ns)
			quietEnsure(t, c, spec)
			lab.Ensured(t, c, iplink.Device("t0").DelNeigh(inet.Neigh{Addr: test.neigh.Addr, Flags: test.neigh.Flags}), false, "neigh")
			if line := neighLine(ns, &test.neigh); line != "" && !strings.Contains(line, "FAILED") {
				t.Errorf("ip still says %s", line)
			}
		})
	}
}

// TestNeighsOfMaster makes a bridge with neighbours and its port together: the bridge takes
// over the port's address, and the kernel forgets the neighbours.
func TestNeighsOfMaster(t *testing.T) {
	n := inet.Neigh{Addr: lab.Addr("192.0.2.51"), LLAddr: lab.OtherMAC}
	for name, call := range map[string]lab.Verb{"create": (*iplink.Conn).Create, "ensure": func(c *iplink.Conn, ctx context.Context, specs ...iplink.Spec) ([]*iplink.Link, error) {
		_, err := c.Ensure(ctx, specs...)
		return nil, err
	}} {
		t.Run(name, func(t *testing.T) {
			c, ns := lab.Scratch(t)
			specs := []iplink.Spec{bridge.New("t0").Up().Neighs(n), veth.New("t1").Address(lab.MAC).Master("t0").Up().Peer(veth.New("t2"))}
			if _, err := call(c, t.Context(), specs...); err != nil {
				t.Fatal(err)
			}
			if got := ns.Link("t0")["address"]; got != lab.MAC.String() {
				t.Fatalf("the bridge has the address %v", got)
			}
			if got := neighLine(ns, &n); got != "192.0.2.51 lladdr "+lab.OtherMAC.String()+" PERMANENT" {
				t.Errorf("ip says %q", got)
			}
		})
	}
}

// TestAddrsOfMaster makes a bridge with an address of IPv6 and a port whose MTU is too small
// for one: the bridge takes over the MTU.
func TestAddrsOfMaster(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, err := c.Create(t.Context(), bridge.New("t0").Up().Addr(lab.Prefix("2001:db8::17/65")),
		veth.New("t1").MTU(1279).Master("t0").Up().Peer(veth.New("t2")))
	if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "create bridge t0: address 2001:db8::17/65") {
		t.Errorf("error %v", err)
	}
	if names := ns.Names(); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

// TestNeighFlagsStay changes the link-layer address of a neighbour whose flags another
// program set.
func TestNeighFlagsStay(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "up", "type", "bridge")
	ns.IP(strings.Fields("neigh add 2001:db8::51 lladdr 02:00:00:00:12:34 router extern_learn nud permanent dev t0")...)
	n := inet.Neigh{Addr: lab.Addr("2001:db8::51"), LLAddr: lab.OtherMAC}
	lab.Updated(t, c, iplink.Device("t0").Neighs(n))
	if got := neighLine(ns, &n); got != "2001:db8::51 lladdr "+lab.OtherMAC.String()+" router extern_learn PERMANENT" {
		t.Errorf("ip says %s", got)
	}
}

// TestNeighsReadFlags reads neighbours and proxy entries that `ip` made.
func TestNeighsReadFlags(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add t0 up type bridge", "link add t1 up type bridge", "neigh add proxy 192.0.2.53 dev t0", "neigh add proxy 192.0.2.54 dev t1",
		"neigh add 2001:db8::51 lladdr 02:00:00:00:12:34 router extern_learn nud noarp dev t0")
	link, err := c.Get(t.Context(), "t0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Neighs(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(n inet.Neigh) bool { return n.Addr.IsMulticast() })
	want := []inet.Neigh{{Addr: lab.Addr("2001:db8::51"), LLAddr: []byte{2, 0, 0, 0, 0x12, 0x34}, State: inet.NeighNoARP, Flags: inet.NeighRouter | inet.NeighExtLearned},
		{Addr: lab.Addr("192.0.2.53"), Flags: inet.NeighProxy}}
	if diff := gocmp.Diff(want, got, sameAddr); diff != "" {
		t.Errorf("- ip was told, + library: %s", diff)
	}
}
