package iplink_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scratchNS is a namespace of a test's own, seen by `ip`.
type scratchNS struct {
	t    testing.TB
	file *os.File
	*iplink.NetNS
}

func fdName(f *os.File) string {
	return strconv.Itoa(int(f.Fd()))
}

// ip runs `ip` and returns what it prints.
func (ns *scratchNS) ip(args ...string) string {
	ns.t.Helper()
	return testutil.IP(ns.t, ns.file, args...)
}

// link returns what `ip -d -j link` says of a link.
func (ns *scratchNS) link(name string) map[string]any {
	ns.t.Helper()
	return testutil.LinkJSON(ns.t, ns.file, name)
}

// names returns the names of all links, as `ip` has them.
func (ns *scratchNS) names() []string {
	ns.t.Helper()
	var links []struct{ Ifname string }
	ns.decode(&links, "-j", "link")
	var all []string
	for _, l := range links {
		all = append(all, l.Ifname)
	}
	return all
}

// addrs returns the addresses of a link, as `ip` has them.
func (ns *scratchNS) addrs(name string) []string {
	ns.t.Helper()
	var links []struct {
		Info []struct {
			Local     string
			Prefixlen int
		} `json:"addr_info"`
	}
	ns.decode(&links, "-j", "address", "show", "dev", name)
	var all []string
	for _, a := range links[0].Info {
		all = append(all, a.Local+"/"+strconv.Itoa(a.Prefixlen))
	}
	return all
}

func (ns *scratchNS) decode(v any, args ...string) {
	ns.t.Helper()
	if err := json.Unmarshal([]byte(ns.ip(args...)), v); err != nil {
		ns.t.Fatal(err)
	}
}
