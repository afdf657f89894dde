package topology

import (
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
)

var update = flag.Bool("update", false, "write the golden files")

// sample has one of everything: two hosts with a tunnel, a container whose name
// is a trap for every language, a namespace that only has an id, one that
// cannot be entered, links that lead to what is not there.
func sample() *Topology {
	const here, host1, host2, trap, hidden, closed = "net:[4660]", "net:[4661]", "net:[4662]", "net:[4663]", "nsid 7 of net:[4661]", "/run/netns/vault"
	prefixes := func(all ...string) (list []netip.Prefix) {
		for _, a := range all {
			list = append(list, netip.MustParsePrefix(a))
		}
		return list
	}
	return &Topology{Unreadable: 3, NetNS: []NetNS{
		{ID: here, PID: 1, Command: "init", Current: true, Links: []Link{
			{Index: 2, Name: "bond0", Kind: "bond", Detail: "active-backup", Up: true, Addrs: prefixes("192.0.2.9/24", "2001:db8::9/64")},
			{Index: 5, Name: "bond0.18", Kind: "vlan", Detail: "18", Up: true, Parent: Ref{here, 2}},
			{Index: 3, Name: "eth0", Kind: "ether", Up: true, Master: Ref{here, 2}},
			{Index: 4, Name: "eth1", Kind: "ether", Master: Ref{here, 2}},
		}},
		{ID: host1, Names: []string{"blue", "host1"}, Links: []Link{
			{Index: 2, Name: "br0", Kind: "bridge", Up: true},
			{Index: 6, Name: "mv0", Kind: "macvlan", Detail: "bridge", Up: true, Parent: Ref{here, 2}},
			{Index: 3, Name: "to-\"<i>", Kind: "veth", Up: true, Master: Ref{host1, 2}, Peer: Ref{trap, 2}},
			{Index: 8, Name: "to-hidden", Kind: "veth", Up: true, Peer: Ref{hidden, 9}},
			{Index: 4, Name: "underlay", Kind: "veth", Up: true, Peer: Ref{host2, 4}, Addrs: prefixes("198.51.100.1/24")},
			{Index: 5, Name: "vx18", Kind: "vxlan", Detail: "18 to 198.51.100.2", Up: true,
				Master: Ref{host1, 2}, Dev: Ref{host1, 4}, Tunnel: Ref{host2, 5}},
		}},
		{ID: host2, Names: []string{"host2"}, Links: []Link{
			{Index: 7, Name: "to-vault", Kind: "veth", Up: true, Peer: Ref{closed, 77}},
			{Index: 4, Name: "underlay", Kind: "veth", Up: true, Peer: Ref{host1, 4}, Addrs: prefixes("198.51.100.2/24")},
			{Index: 5, Name: "vx18", Kind: "vxlan", Detail: "18 to 198.51.100.1", Up: true, Dev: Ref{host2, 4}, Tunnel: Ref{host1, 5}},
		}},
		{ID: closed, Names: []string{"vault"}, Err: "cannot be opened: permission denied"},
		{ID: trap, PID: 4711, Command: "x\x1b[31m\"]\\;#", Links: []Link{
			{Index: 2, Name: "é\"\\<b>&#x\xff", Kind: "veth", Peer: Ref{host1, 3}},
		}},
		{ID: hidden, Links: []Link{{Index: 9, Name: "eth0", Kind: "veth", Up: true, Peer: Ref{host1, 8}}}},
	}}
}

// pictures are the ways to draw, by the ends of the golden files' names.
var pictures = map[string]func(*Topology) string{
	"txt": (*Topology).Tree, "mmd": (*Topology).Mermaid, "dot": (*Topology).DOT, "svg": (*Topology).SVG,
}

func TestGolden(t *testing.T) {
	for end, draw := range pictures {
		path, got := filepath.Join("testdata", "sample."+end), draw(sample())
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v: go test -run TestGolden -update writes it", err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestEmpty(t *testing.T) {
	for end, draw := range pictures {
		if got := draw(&Topology{}); strings.Contains(got, "NaN") || end == "txt" && got != "" {
			t.Errorf("%s: %q", end, got)
		}
	}
}

// TestCircles has masters and parents that no kernel makes.
func TestCircles(t *testing.T) {
	top := &Topology{NetNS: []NetNS{{ID: "net:[18]", Links: []Link{
		{Index: 1, Name: "a", Kind: "bridge", Master: Ref{"net:[18]", 2}},
		{Index: 2, Name: "b", Kind: "bridge", Master: Ref{"net:[18]", 3}},
		{Index: 3, Name: "c", Kind: "bridge", Master: Ref{"net:[18]", 1}},
		{Index: 4, Name: "d", Kind: "vlan", Parent: Ref{"net:[18]", 4}},
	}}}}
	want := "net:[18]\n├─ c: bridge (down), port of a\n│  └─ b: bridge (down)\n│     └─ a: bridge (down)\n└─ d: vlan (down), on d\n"
	if got := top.Tree(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, draw := range pictures {
		draw(top)
	}
}

// TestGraphviz has dot itself read what is written for it.
func TestGraphviz(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		testutil.Skipf(t, "this system has no dot command (graphviz)")
	}
	cmd := exec.CommandContext(t.Context(), dot, "-Tplain")
	cmd.Stdin = strings.NewReader(sample().DOT())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	g := sample().graph()
	nodes, edges := 0, 0
	for line := range strings.Lines(string(out)) {
		switch word, _, _ := strings.Cut(line, " "); word {
		case "node":
			nodes++
		case "edge":
			edges++
		}
	}
	if nodes != len(g.nodes)+1 || edges != len(g.edges) { // one node holds the place of those of the vault
		t.Errorf("dot saw %d nodes and %d edges, want %d and %d", nodes, edges, len(g.nodes)+1, len(g.edges))
	}
}
