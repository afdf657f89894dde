package iplink

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFactsOfKinds demands that each fact of a kind stands in the kind's own files:
// no other file of the package may name a kind, its struct or its attributes.
func TestFactsOfKinds(t *testing.T) {
	var owners []string
	for name := range kinds {
		owners = append(owners, name)
	}
	own := regexp.MustCompile(`^(` + strings.Join(owners, "|") + `)(_rules|_port|_sa|_timing)?\.go$`)
	kind := regexp.MustCompile(`\bKind(Bond|Bridge|CAN|Dummy|IPoIB|IPvlan|IPvtap|MACsec|Macvlan|Macvtap|Nlmon|VCAN|Team|Veth|VLAN|VXCAN|VXLAN)\b` +
		`|\b\w*(Bond|Bridge|BondPort|BridgePort|CAN|IPoIB|IPvlan|MACsec|Macvlan|Team|Veth|VLAN|VXCAN|VXLAN)Info\b` +
		`|\bIFLA_(BOND|BR|BRPORT|CAN|IPOIB|IPVLAN|MACSEC|MACVLAN|VLAN|VXLAN|VXCAN|VETH)_\w+`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "kinds.go" {
			continue
		}
		if own.MatchString(file) {
			seen++
			continue
		}
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(code), "\n") {
			line, _, _ = strings.Cut(line, "//")
			if found := kind.FindString(line); found != "" {
				t.Errorf("%s:%d: %s is a fact of a kind", file, i+1, found)
			}
		}
	}
	if seen < len(kinds)-3 { // ipvtap, vcan and vxcan share the files of others
		t.Errorf("only %d files of kinds", seen)
	}
}
