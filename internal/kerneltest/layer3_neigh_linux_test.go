package kerneltest_test

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
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
