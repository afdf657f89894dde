package bond_test

import (
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// proc is what /proc/net/bonding says of a bond: what stands before the first
// port, and of each port by name, from words to values. Below "details …" the
// words have that before them.
type proc struct {
	bond  map[string]string
	ports map[string]map[string]string
}

func procOf(t testing.TB, ns *os.File, name string) proc {
	t.Helper()
	var text []byte
	var err error
	testutil.In(t, ns, func() { text, err = os.ReadFile("/proc/thread-self/net/bonding/" + name) })
	if err != nil {
		t.Fatal(err)
	}
	p := proc{map[string]string{}, map[string]map[string]string{}}
	into, section := p.bond, ""
	for line := range strings.Lines(string(text)) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case word == "Slave Interface":
			into, section = map[string]string{}, ""
			p.ports[value] = into
		case strings.HasPrefix(word, "details "):
			section = word + ": "
		case word == "Active Aggregator Info":
			section = "active "
		default:
			into[section+word] = value
		}
	}
	return p
}
