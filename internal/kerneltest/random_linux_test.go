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

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// A randomState is a bridge, another bridge, and two links that may be ports of either,
// as they are wanted.
type randomState struct {
	ageing, mtu, txQueue uint32
	stp, up              bool
	port, tunnel         randomPort
	ttl                  uint8
}

// A randomPort is a link that may be a port.
type randomPort struct {
	master        string // or empty
	up, isolated  bool
	mtu, cost     uint32
	mac           net.HardwareAddr
	alias         string
	address       string
	address6      string
	alternateName string
}

func randomlyUp(r *rand.Rand) bool { return r.IntN(3) > 0 }

func newRandomPort(r *rand.Rand, name string) randomPort {
	p := randomPort{up: randomlyUp(r), isolated: r.IntN(2) == 1, mtu: 1300 + r.Uint32N(100), cost: 1 + r.Uint32N(1000),
		mac: net.HardwareAddr{2, 0, 0, 0, byte(r.IntN(256)), byte(r.IntN(256))}, alias: fmt.Sprint("alias ", r.IntN(100)),
		address: fmt.Sprintf("192.0.2.%d/28", 17+r.IntN(12)), alternateName: fmt.Sprint(name, "-", r.IntN(4))}
	p.master = []string{"", "br0", "br1"}[r.IntN(3)]
	p.address6 = fmt.Sprintf("2001:db8::%x/64", 1+r.IntN(0xffff))
	return p
}

func newRandomState(r *rand.Rand) randomState {
	return randomState{ageing: 100 + r.Uint32N(900), mtu: 1200 + r.Uint32N(100), txQueue: 1 + r.Uint32N(5000), stp: r.IntN(2) == 1, up: randomlyUp(r),
		port: newRandomPort(r, "p0"), tunnel: newRandomPort(r, "vx0"), ttl: uint8(1 + r.IntN(255))}
}

// specs describes the state, in random order.
func (s *randomState) specs(r *rand.Rand) []iplink.Spec {
	br := bridge.New("br0").AgeingTime(time.Duration(s.ageing) * time.Second).STP(s.stp).MTU(s.mtu).TxQueueLen(s.txQueue)
	if s.up {
		br.Up()
	} else {
		br.Down()
	}
	all := []iplink.Spec{br, bridge.New("br1").MTU(s.mtu + 100), describePort(veth.New("p0").Peer(veth.New("q0").Up()), &s.port),
		describePort(vxlan.New("vx0").VNI(0x1234).Port(4789).TTL(s.ttl), &s.tunnel)}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// settings are the shared settings that a port uses here.
type settings[B any] interface {
	iplink.Spec
	Up() B
	Down() B
	MTU(uint32) B
	Address(net.HardwareAddr) B
	Alias(string) B
	AltName(...string) B
	Master(string) B
	NoMaster() B
	PortSettings(iplink.PortSpec) B
	Addr(...netip.Prefix) B
}

func describePort[B settings[B]](b B, p *randomPort) iplink.Spec {
	b = b.MTU(p.mtu).Address(p.mac).Alias(p.alias).AltName(p.alternateName).Addr(lab.Prefix(p.address), lab.Prefix(p.address6))
	if p.up {
		b.Up()
	} else {
		b.Down()
	}
	if p.master == "" {
		return b.NoMaster()
	}
	return b.Master(p.master).PortSettings(bridge.Port().Isolated(p.isolated).Cost(p.cost))
}

// isAsWanted compares what `ip` says with the state.
func (s *randomState) isAsWanted(t *testing.T, ns *testutil.Lab) {
	t.Helper()
	br := ns.Link("br0")
	data := lab.Within(br, "linkinfo", "info_data").(map[string]any)
	stp := 0
	if s.stp {
		stp = 1
	}
	for what, pair := range map[string][2]any{"mtu": {br["mtu"], s.mtu}, "txqlen": {br["txqlen"], s.txQueue}, "ageing": {data["ageing_time"], s.ageing * 100},
		"stp": {data["stp_state"], stp}, "up": {ns.Up("br0"), s.up}, "mtu of br1": {ns.Link("br1")["mtu"], s.mtu + 100},
		"ttl": {lab.Within(ns.Link("vx0"), "linkinfo", "info_data", "ttl"), s.ttl}} {
		if !lab.SameJSON(pair[0], pair[1]) {
			t.Errorf("br0, %s: %v, want %v", what, pair[0], pair[1])
		}
	}
	s.port.isAsWanted(t, ns, "p0")
	s.tunnel.isAsWanted(t, ns, "vx0")
}

func (p *randomPort) isAsWanted(t *testing.T, ns *testutil.Lab, name string) {
	t.Helper()
	l := ns.Link(name)
	pairs := map[string][2]any{"mtu": {l["mtu"], p.mtu}, "address": {l["address"], p.mac.String()}, "alias": {l["ifalias"], p.alias}, "up": {ns.Up(name), p.up}}
	if p.master == "" {
		pairs["master"] = [2]any{l["master"], nil}
	} else {
		port := lab.Within(l, "linkinfo", "info_slave_data").(map[string]any)
		pairs["master"], pairs["cost"], pairs["isolated"] = [2]any{l["master"], p.master}, [2]any{port["cost"], p.cost}, [2]any{port["isolated"], p.isolated}
	}
	for what, pair := range pairs {
		if !lab.SameJSON(pair[0], pair[1]) {
			t.Errorf("%s, %s: %v, want %v", name, what, pair[0], pair[1])
		}
	}
	said := ns.IP("address", "show", "dev", name)
	if !strings.Contains(said, p.address) || !strings.Contains(said, p.address6) || !strings.Contains(said, "altname "+p.alternateName) {
		t.Errorf("%s lacks %s, %s or %s:\n%s", name, p.address, p.address6, p.alternateName, said)
	}
}

// spoils are commands of somebody else, and the settings that Ensure must set again.
func (s *randomState) spoils() map[string][]string {
	all := map[string][]string{
		"link set p0 mtu 1499": {"mtu"}, "link set vx0 alias spoilt": {"alias"}, "link set br0 txqueuelen 7": {"txqueuelen"},
		"link property del dev p0 altname " + s.port.alternateName: {"altname"},
		"address del " + s.tunnel.address + " dev vx0":             {"addr"},
		"link set br0 type bridge ageing_time 777":                 {"ageing_time"},
	}
	if s.port.master != "" {
		all["link set p0 type bridge_slave cost 7777"] = []string{"cost"}
		all["link set p0 nomaster"] = []string{"master", "isolated", "cost"}
	}
	return all
}

// TestEnsureRandom ensures random states after each other. Each ends as `ip` is to say it;
// Ensure again finds nothing; and what somebody else spoils, and only that, is set again.
func TestEnsureRandom(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	c, ns := lab.Scratch(t)
	for range lab.Many(t, 8, 60) {
		want := newRandomState(r)
		if _, err := c.Ensure(t.Context(), want.specs(r)...); err != nil {
			t.Fatalf("%+v: %v", want, err)
		}
		want.isAsWanted(t, ns)
		sameAgain(t, c, &want, r)
		for spoil, attrs := range want.spoils() {
			ns.IP(strings.Fields(spoil)...)
			repaired(t, c, &want, r, spoil, attrs)
		}
		want.isAsWanted(t, ns)
		if t.Failed() {
			t.Fatalf("state %+v", want)
		}
	}
}

func sameAgain(t *testing.T, c *iplink.Conn, want *randomState, r *rand.Rand) {
	t.Helper()
	again, err := c.Ensure(t.Context(), want.specs(r)...)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(again, (*iplink.Change).Changed); i >= 0 {
		t.Errorf("the second Ensure changed %s: %v", again[i].Link.Name, again[i].Differences)
	}
}

func repaired(t *testing.T, c *iplink.Conn, want *randomState, r *rand.Rand, spoil string, attrs []string) {
	t.Helper()
	changes, err := c.Ensure(t.Context(), want.specs(r)...)
	var got []string
	for _, change := range changes {
		for _, d := range change.Differences {
			got = append(got, d.Attr)
		}
	}
	if err != nil || len(got) == 0 || slices.ContainsFunc(got, func(a string) bool { return !slices.Contains(attrs, a) }) {
		t.Errorf("after %s: changed were %v, want of %v; error %v", spoil, got, attrs, err)
	}
}
