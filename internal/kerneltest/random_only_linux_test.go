package kerneltest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// onlyLists are all objects of a port that programs give it, as `ip` and `bridge` name
// them.
type onlyLists struct {
	addrs, routes, altNames []string
	neighs, entries         map[string]string // the link-layer address or the state of each
}

// The base address of the link has the networks of the routes' gateways and stays.
const (
	onlyBase  = "192.0.2.17/28"
	onlyBase6 = "2001:db8::17/64"
)

var (
	onlyAddrs    = []string{"192.0.2.18/28", "192.0.2.21/28", "198.51.100.7/25", "2001:db8::18/64", "2001:db8:5::7/48"}
	onlyRoutes   = []string{"203.0.113.0/26", "203.0.113.64/26", "203.0.113.128/25", "2001:db8:77::/48", "2001:db8:78::/48"}
	onlyNeighs   = []string{"192.0.2.25", "192.0.2.26", "192.0.2.27", "2001:db8::25", "2001:db8::26"}
	onlyAltNames = []string{"p0-first", "p0-second", "the-third-name-of-p0"}
	onlyEntries  = []string{"02:00:00:00:12:34", "02:00:00:00:12:35", "02:00:00:00:43:21"}
)

// some returns a random part of a list.
func some(r *rand.Rand, all []string) (part []string) {
	for _, one := range all {
		if r.IntN(2) == 1 {
			part = append(part, one)
		}
	}
	return part
}

func newOnlyLists(r *rand.Rand) *onlyLists {
	o := &onlyLists{addrs: append(some(r, onlyAddrs), onlyBase, onlyBase6), routes: some(r, onlyRoutes), altNames: some(r, onlyAltNames),
		neighs: map[string]string{}, entries: map[string]string{}}
	for _, addr := range some(r, onlyNeighs) {
		o.neighs[addr] = fmt.Sprintf("02:00:00:00:56:%02x", r.IntN(256))
	}
	for _, mac := range some(r, onlyEntries) {
		o.entries[mac] = []string{"static", "permanent"}[r.IntN(2)]
	}
	return o
}

// spec describes the port with exactly these objects.
func (o *onlyLists) spec() iplink.Spec {
	var addrs []inet.Addr
	for _, text := range o.addrs {
		addrs = append(addrs, inet.Addr{Prefix: lab.Prefix(text)})
	}
	var routes []inet.Route
	for _, dst := range o.routes {
		route := inet.Route{Dst: lab.Prefix(dst)}
		if route.Dst.Addr().Is4() {
			route.Via = lab.Addr("192.0.2.30")
		}
		routes = append(routes, route)
	}
	var neighs []inet.Neigh
	for addr, mac := range o.neighs {
		neighs = append(neighs, inet.Neigh{Addr: lab.Addr(addr), LLAddr: parsedMAC(mac)})
	}
	var entries []fdb.Entry
	for mac, state := range o.entries {
		entry := fdb.Entry{MAC: parsedMAC(mac)}
		if state == "static" {
			entry.State = fdb.Static
		}
		entries = append(entries, entry)
	}
	return veth.New("p0").Master("br0").PortSettings(bridge.Port().OnlyFDB(entries...)).OnlyAddrs(addrs...).OnlyRoutes(routes...).
		OnlyNeighs(neighs...).OnlyAltNames(o.altNames...).Up().Peer(veth.New("q0").Up())
}

func parsedMAC(text string) net.HardwareAddr {
	mac, err := net.ParseMAC(text)
	if err != nil {
		panic(err)
	}
	return mac
}

// shownLists returns the objects of the port that `ip` and `bridge` show, without those
// that the kernel makes.
func shownLists(t *testing.T, ns *testutil.Lab) *onlyLists {
	t.Helper()
	o := &onlyLists{neighs: map[string]string{}, entries: map[string]string{}}
	for _, addr := range ns.Addrs("p0") {
		if !strings.HasPrefix(addr, "fe80") {
			o.addrs = append(o.addrs, addr)
		}
	}
	for _, family := range []string{"-4", "-6"} {
		var routes []struct{ Dst, Protocol string }
		ns.Decode(&routes, family, "-j", "route", "show", "dev", "p0")
		for _, route := range routes {
			if route.Protocol != "kernel" {
				o.routes = append(o.routes, route.Dst)
			}
		}
	}
	var neighs []struct{ Dst, LLAddr string }
	ns.Decode(&neighs, "-j", "neigh", "show", "dev", "p0", "nud", "permanent")
	for _, n := range neighs {
		o.neighs[n.Dst] = n.LLAddr
	}
	if names, ok := ns.Link("p0")["altnames"].([]any); ok {
		for _, name := range names {
			o.altNames = append(o.altNames, name.(string))
		}
	}
	own := ns.Link("p0")["address"].(string)
	out, err := ns.Run("bridge", "fdb", "show", "dev", "p0")
	testutil.Must(t, err)
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		state := words[len(words)-1] // none of a learned entry
		if slices.Contains(words, "master") && words[0] != own && (state == "static" || state == "permanent") {
			o.entries[words[0]] = state
		}
	}
	return o
}

// sorted returns all objects in one text.
func (o *onlyLists) sorted() string {
	for _, list := range [][]string{o.addrs, o.routes, o.altNames} {
		slices.Sort(list)
	}
	return fmt.Sprintf("addresses %v\nroutes %v\nnames %v\nneighbours %v\nentries %v", o.addrs, o.routes, o.altNames, o.neighs, o.entries)
}

// spoils are commands of another program, with the only difference that Ensure then finds.
func (o *onlyLists) spoils() map[string]string {
	all := map[string]string{
		"address add 192.0.2.29/28 dev p0":                                  "addr",
		"address add 2001:db8:6::1/64 dev p0":                               "addr",
		"route add 192.0.2.192/26 via 192.0.2.29 dev p0":                    "route",
		"route add 2001:db8:79::/48 dev p0":                                 "route",
		"neigh add 192.0.2.28 lladdr 02:00:00:00:99:99 dev p0":              "neigh",
		"link property add dev p0 altname another":                          "altname",
		"bridge fdb add 02:00:00:00:99:98 dev p0 master static":             "fdb",
		"bridge fdb add 02:00:00:00:99:97 dev p0 master":                    "fdb",
		"neigh add 2001:db8::28 lladdr 02:00:00:00:99:99 dev p0 nud noarp":  "neigh",
		"route add local 203.0.113.200 dev p0":                              "route",
		"route add 198.18.0.0/15 via 192.0.2.29 dev p0 table 4660 metric 7": "route",
	}
	if len(o.routes) > 0 {
		all["route del "+o.routes[0]+" dev p0"] = "route"
	}
	if len(o.altNames) > 0 {
		all["link property del dev p0 altname "+o.altNames[0]] = "altname"
	}
	for addr := range o.neighs {
		all["neigh replace "+addr+" lladdr 02:00:00:00:77:77 dev p0"] = "neigh"
	}
	for mac := range o.entries {
		all["bridge fdb del "+mac+" dev p0 master"] = "fdb"
	}
	return all
}

// TestEnsureRandomLists gives a port exactly some addresses, routes, neighbours,
// alternative names and FDB entries, chosen at random, and others after them. The kernel's
// objects stay; Ensure again finds nothing; and what another program adds or takes away,
// and only that, is put right.
func TestEnsureRandomLists(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("br0").Up())
	rounds := 6
	if testutil.Matrix() {
		rounds = 1 // each takes long on an emulated processor
	}
	for range lab.Many(t, rounds, 60) {
		want := newOnlyLists(r)
		ensuredLists(t, c, ns, want, "")
		for spoil, attr := range want.spoils() {
			if words := strings.Fields(spoil); words[0] == "bridge" {
				_, err := ns.Run(words[0], words[1:]...)
				testutil.Must(t, err)
			} else {
				ns.IP(words...)
			}
			ensuredLists(t, c, ns, want, attr)
		}
		if t.Failed() {
			return
		}
	}
}

// ensuredLists ensures the lists, and demands only differences of one sort if it is not
// empty.
func ensuredLists(t *testing.T, c *iplink.Conn, ns *testutil.Lab, want *onlyLists, attr string) {
	t.Helper()
	changes, err := c.Ensure(t.Context(), want.spec())
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(d iplink.Difference) bool { return attr != "" && d.Attr != attr }
	if diffs := changes[0].Differences; attr != "" && (len(diffs) == 0 || slices.ContainsFunc(diffs, wrong)) {
		t.Errorf("%s: the differences are %v", attr, diffs)
	}
	if got := shownLists(t, ns); got.sorted() != want.sorted() {
		t.Errorf("%s\nhave:\n%s\nwant:\n%s", attr, got.sorted(), want.sorted())
	}
	if again, err := c.Ensure(t.Context(), want.spec()); err != nil || again[0].Changed() {
		t.Errorf("Ensure again: %v, %v", again, err)
	}
}
