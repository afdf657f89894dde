package kerneltest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/ifb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vrf"
	"github.com/iplink-go/iplink/vxlan"
)

// A growth is a random topology, link by link.
type growth struct {
	r       *rand.Rand
	names   []string // that are not in use, in random order
	free    []string // links that may become ports, or parents of a macvlan
	specs   []iplink.Spec
	filters bool // the kernel's bridge filters VLANs and knows groups
	n       int
}

// A grower is a builder with the common setters.
type grower[B any] interface {
	iplink.Spec
	Alias(string) B
	AltName(...string) B
	Group(uint32) B
	TxQueueLen(uint32) B
	MTU(uint32) B
	Up() B
	AllMulticast(bool) B
	Addrs(...inet.Addr) B
	Sysctls(...inet.Sysctls) B
}

func (g *growth) chance(of int) bool { return g.r.IntN(of) == 0 }

// dress gives a link random common settings. A link on top of another one keeps the MTU
// that it has by that.
func dress[B grower[B]](g *growth, b B, alone bool) B {
	g.n++
	if g.chance(3) {
		b.Alias(fmt.Sprintf("the %d. link", g.n))
	}
	if g.chance(3) {
		b.AltName(fmt.Sprintf("alternative-%d", g.n))
	}
	if g.chance(3) {
		b.Group(g.r.Uint32())
	}
	if g.chance(3) {
		b.TxQueueLen(100 + g.r.Uint32N(9999))
	}
	if alone && g.chance(2) {
		b.MTU(1400 + g.r.Uint32N(100))
	}
	if g.chance(4) {
		b.AllMulticast(true)
	}
	if g.chance(3) {
		b.Sysctls(inet.IPv4().RPFilter(inet.RPFilterLoose), inet.IPv6().AcceptRA(0))
	}
	if !g.chance(3) {
		b.Up()
	}
	if g.chance(2) {
		b.Addrs(inet.Addr{Prefix: lab.Prefix(fmt.Sprintf("10.0.%d.1/24", g.n))}, inet.Addr{Prefix: lab.Prefix(fmt.Sprintf("2001:db8:%d::1/64", g.n)), Flags: inet.AddrNoDAD})
	}
	return b
}

func (g *growth) name() string {
	name := g.names[0]
	g.names = g.names[1:]
	return name
}

// take returns a link that is free, or makes one.
func (g *growth) take() string {
	if len(g.free) == 0 {
		g.base()
	}
	name := g.free[0]
	g.free = g.free[1:]
	return name
}

// base makes a pair of links without others below.
func (g *growth) base() {
	a, b := veth.New(g.name()), veth.New(g.name())
	g.free = append(g.free, a.Own(a).Name, b.Own(b).Name)
	g.specs = append(g.specs, dress(g, a, true).Peer(dress(g, b, true)))
}

func (g *growth) mac() net.HardwareAddr {
	return net.HardwareAddr{2, 0, 0, 0x12, byte(g.r.IntN(256)), byte(g.r.IntN(256))}
}

// growers make a link of a kind, with others that it needs.
var growers = map[string]func(*growth){
	"veth":  (*growth).base,
	"dummy": func(g *growth) { g.specs = append(g.specs, dress(g, dummy.New(g.name()), true)) },
	"ifb":   func(g *growth) { g.specs = append(g.specs, dress(g, ifb.New(g.name()), true)) },
	"vrf":   func(g *growth) { g.specs = append(g.specs, vrf.New(g.name()).Table(1000+g.r.Uint32N(1000)).Up()) },
	"vlan": func(g *growth) {
		g.specs = append(g.specs, dress(g, vlan.New(g.name()).Parent(g.take()).ID(uint16(2+g.r.IntN(4000))).ReorderHdr(g.chance(2)).LooseBinding(true), false)) // it comes up on a parent that is down
	},
	"macvlan": func(g *growth) {
		g.specs = append(g.specs, dress(g, macvlan.New(g.name()).Parent(g.take()).Mode(macvlan.Bridge).BCQueueLen(500+g.r.Uint32N(1000)), false))
	},
	"gretap": func(g *growth) {
		g.specs = append(g.specs, dress(g, gretap.New(g.name()).Local(lab.Addr("192.0.2.1")).Remote(g.addr()).Key(g.r.Uint32()).TTL(uint8(1+g.r.IntN(254))), false))
	},
	"geneve": func(g *growth) {
		g.specs = append(g.specs, dress(g, geneve.New(g.name()).VNI(g.r.Uint32N(1<<24)).Remote(g.addr()).TTL(uint8(1+g.r.IntN(254))), false))
	},
	"vxlan":  (*growth).vxlan,
	"bond":   (*growth).bond,
	"bridge": (*growth).bridge,
}

func (g *growth) addr() netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, 100, byte(1 + g.r.IntN(250))})
}

func (g *growth) vxlan() {
	b := vxlan.New(g.name()).VNI(g.r.Uint32N(1 << 24)).Port(uint16(10000 + g.n)).Learning(g.chance(2)).TTL(uint8(g.r.IntN(255)))
	for range g.r.IntN(3) {
		b.FDB(fdb.Entry{MAC: g.mac(), Dst: g.addr(), State: fdb.Static}, fdb.Entry{MAC: vxlan.AllOthers(), Dst: g.addr()})
	}
	if g.chance(2) {
		b.Dev(g.take()).Remote(g.addr())
	}
	g.specs = append(g.specs, dress(g, b, false))
}

func (g *growth) bond() {
	name := g.name()
	g.specs = append(g.specs, dress(g, bond.New(name).Mode(bond.ActiveBackup).MIIMon(time.Duration(1+g.r.IntN(999))*time.Millisecond).Ports(g.take(), g.take()), true))
}

// bridge makes a bridge with ports, forwarding entries and, if the kernel has them, VLANs
// and groups.
func (g *growth) bridge() {
	name := g.name()
	b := bridge.New(name).ForwardDelay(time.Duration(2+g.r.IntN(20)) * time.Second).Priority(uint16(g.r.IntN(1 << 16)))
	vlans := g.filters && g.chance(2)
	if vlans {
		b.VLANFiltering(true).VLANs(bridge.VLAN{ID: uint16(2 + g.r.IntN(90))})
	}
	g.specs = append(g.specs, dress(g, b, true).Up())
	for range 1 + g.r.IntN(2) {
		port := bridge.Port().Cost(uint32(1 + g.r.IntN(60000))).Isolated(g.chance(2)).FDB(fdb.Entry{MAC: g.mac(), State: fdb.Static})
		if vlans {
			first := uint16(100 + g.r.IntN(3000))
			port.VLANs(bridge.VLANRange(first, first+uint16(g.r.IntN(5)))...)
		}
		link := g.name()
		g.specs = append(g.specs, veth.New(link).Master(name).PortSettings(port).Up().Peer(veth.New(g.name()).Up()))
		if g.filters && !vlans {
			b.MDB(bridge.MDBEntry{Port: link, Group: netip.AddrFrom4([4]byte{239, 1, byte(g.r.IntN(256)), 1}), Permanent: true})
		}
	}
}

// grow returns a random topology of the kinds that the kernel has.
func grow(l *testutil.Lab, seed uint64) []iplink.Spec {
	g := growth{r: rand.New(rand.NewPCG(seed, 0)), filters: testutil.Matrix()}
	for i := range 60 {
		g.names = append(g.names, fmt.Sprintf("n%d", i))
	}
	g.r.Shuffle(len(g.names), func(i, j int) { g.names[i], g.names[j] = g.names[j], g.names[i] })
	var kinds []string
	probe := testutil.NewLab(l) // in which questions leave links
	for kind := range growers {
		probe.In(func() {
			has, err := testutil.HasKind(kind)
			testutil.Must(l, err)
			if has {
				kinds = append(kinds, kind)
			}
		})
	}
	slices.Sort(kinds)
	for range 7 {
		growers[kinds[g.r.IntN(len(kinds))]](&g)
	}
	return g.specs
}

// TestSaveRandom saves random topologies and rebuilds them in empty namespaces, with the
// builders and by way of the commands that they print.
func TestSaveRandom(t *testing.T) {
	for range lab.Many(t, 2, 50) {
		from := testutil.NewLab(t)
		seed := uint64(time.Now().UnixNano())
		t.Log("seed", seed)
		conn := testutil.Opened(from, iplink.Dial)
		_, err := conn.Ensure(t.Context(), grow(from, seed)...)
		testutil.Must(t, err)
		saved, err := conn.Save(t.Context(), bridge.Objects(), vxlan.Objects())
		testutil.Must(t, err)
		demandUnchanged(t, conn, saved)
		given := givenAddresses(from)
		want := state(from, given)
		text := commandLines(saved)
		read, err := iplink.ParseBatch(strings.NewReader(text), bridge.Words(), vxlan.Words())
		testutil.Must(t, err)
		for name, specs := range map[string][]iplink.Spec{"builders": saved, "commands": read} {
			to := testutil.NewLab(t)
			_, err := testutil.Opened(to, iplink.Dial).Ensure(t.Context(), specs...)
			if err != nil {
				t.Errorf("seed %d, with %s: %v, saved as\n%s", seed, name, err, text)
				continue
			}
			if diff := cmp.Diff(want, state(to, given)); diff != "" {
				t.Errorf("seed %d, with %s it is another:\n%s\nsaved as\n%s", seed, name, diff, text)
			}
		}
	}
}

// demandUnchanged demands that Ensure finds no difference where the builders were saved.
func demandUnchanged(t *testing.T, conn *iplink.Conn, saved []iplink.Spec) {
	t.Helper()
	changes, err := conn.Ensure(t.Context(), saved...)
	testutil.Must(t, err)
	for i, c := range changes {
		if c.Changed() {
			t.Errorf("Ensure finds differences where it was saved: %v in\n%v", c.Differences, saved[i])
		}
	}
}

// commandLines returns the commands of builders, a line each.
func commandLines(specs []iplink.Spec) string {
	var all strings.Builder
	for _, s := range specs {
		fmt.Fprintln(&all, s)
	}
	return all.String()
}
