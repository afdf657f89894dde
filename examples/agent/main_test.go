//go:build linux

package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/iplinktest"
)

//go:embed net.yaml
var example string

// written writes a text to a file.
func written(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "net.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withoutVLANs returns the YAML text without VLANs, for a kernel whose bridge does not filter
// them.
func withoutVLANs(t *testing.T, text string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, "    vlans:\n")
	_, after, found := strings.Cut(rest, "      - 200-204\n")
	if !ok || !found {
		t.Fatal("net.yaml has no VLANs")
	}
	return strings.Replace(before+after, "  vlan_filtering: true\n", "", 1)
}

// TestAgent breaks the links that net.yaml describes, with ip.
func TestAgent(t *testing.T) {
	ns := iplinktest.NetNS(t)
	iplinktest.Need(t, "bridge")
	iplinktest.Need(t, "veth")
	conn := iplinktest.Dial(t, ns)
	text := example
	specs, err := read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Ensure(t.Context(), specs...); err != nil {
		t.Logf("without VLANs: %v", err)
		text = withoutVLANs(t, text)
		if specs, err = read([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	told := make(labtest.Lines, 1000)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- keep(ctx, told, conn, specs) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	ip := func(command string) {
		t.Helper()
		err := ns.Do(func() error {
			out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput()
			if err != nil {
				t.Errorf("ip %s: %v: %s", command, err, out)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	awaitRoute(t, conn)
	for command, line := range map[string]string{
		"link set br0 mtu 1500":                        "put right br0: [mtu: have 1500, want 1400]",
		"link del port1":                               "made port1",
		"address del 192.0.2.1/24 dev br0":             "put right br0: [addr: ",
		"route del 198.51.100.0/24":                    "put right br0: [route: ",
		"link set port1 type bridge_slave hairpin off": "put right port1: [hairpin: ",
		"link set port2 nomaster":                      "put right port2: [master: ",
	} {
		ip(command)
		told.Await(t, line)
		awaitRoute(t, conn)
	}
}

// awaitRoute waits until br0 has the route, which comes last.
func awaitRoute(t *testing.T, conn *iplink.Conn) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		routes, err := conn.ListRoutes(t.Context(), iplink.Named("br0"))
		for _, r := range routes {
			if r.Via.IsValid() {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("br0 has the routes %v (%v)", routes, err)
		}
	}
}

// TestCheck prints the commands of net.yaml.
func TestCheck(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, written(t, example), "", true); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"type bridge vlan_filtering 1", "address add 192.0.2.1/24 dev br0", "bridge vlan add vid 100 pvid untagged dev port1", "bridge vlan add vid 200-204 dev port1", "peer"} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("no %q in\n%s", words, out.String())
		}
	}
}

// TestMistakes reads files with a mistake.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"name: br0\nkind: brdige\n":              `is it "bridge"?`,
		"name: br0\nkind: bridge\nstp_stat: 1\n": `is it "stp_state"?`,
		"name: [br0\n":                           "yaml",
	} {
		file := written(t, text)
		err := run(t.Context(), new(strings.Builder), file, "", true)
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", text, err)
		}
	}
}
