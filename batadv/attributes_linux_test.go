package batadv

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/vlan"
)

// A pair is two nodes with two meshes: bat4 runs BATMAN_IV over v4, and bat5 BATMAN_V
// over v5, which it takes for a link of 466 Mbit/s. Both have the VLANs 7 and 8.
type pair struct {
	here, there *lab
	four, five  *Device
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{here: newLab(t), there: &lab{testutil.NewLab(t)}}
	p.here.Batch("link add v4 up type veth peer name v4 netns "+p.there.Path(), "link add v5 type veth peer name v5 netns "+p.there.Path())
	p.there.IP("link set v4 up")
	for _, l := range []*lab{p.here, p.there} {
		l.make(New("bat4").Algorithm(IV).OrigInterval(100*time.Millisecond).Ports("v4").Up(),
			New("bat5").Algorithm(V).OrigInterval(100*time.Millisecond).Ports("v5").Up(),
			vlan.New("bat4.7").Parent("bat4").ID(7), vlan.New("bat4.8").Parent("bat4").ID(8))
		testutil.Must(t, l.open("bat5").SetPort(t.Context(), "v5", func(p *Port) { p.ELPInterval, p.ThroughputOverride = 100*time.Millisecond, 0x1234 }))
		l.IP("link set v5 up")
	}
	p.four, p.five = p.here.open("bat4"), p.here.open("bat5")
	return p
}

// TestAttributes sets each attribute of the family that can be set, or has the kernel
// report it, and compares with the JSON of batctl.
func TestAttributes(t *testing.T) {
	p := newPair(t)
	by := func(name string, prove func(*testing.T)) testutil.Attribute {
		return testutil.Attribute{Name: "BATADV_ATTR_" + name, Oracle: "batctl", Prove: prove}
	}
	ports, originators, neighbours, gateways := shared(p.ports), shared(p.originators), shared(p.neighbours), shared(p.gateways)
	all := map[uint16]testutil.Attribute{
		uapi.BATADV_ATTR_ALGO_NAME:       by("ALGO_NAME", p.algorithm),
		uapi.BATADV_ATTR_MESH_IFINDEX:    by("MESH_IFINDEX", p.meshIndex),
		uapi.BATADV_ATTR_HARD_IFINDEX:    by("HARD_IFINDEX", ports),
		uapi.BATADV_ATTR_HARD_IFNAME:     by("HARD_IFNAME", ports),
		uapi.BATADV_ATTR_HARD_ADDRESS:    by("HARD_ADDRESS", ports),
		uapi.BATADV_ATTR_ACTIVE:          by("ACTIVE", p.active),
		uapi.BATADV_ATTR_ORIG_ADDRESS:    by("ORIG_ADDRESS", originators),
		uapi.BATADV_ATTR_FLAG_BEST:       by("FLAG_BEST", originators),
		uapi.BATADV_ATTR_LAST_SEEN_MSECS: by("LAST_SEEN_MSECS", neighbours),
		uapi.BATADV_ATTR_NEIGH_ADDRESS:   by("NEIGH_ADDRESS", neighbours),
		uapi.BATADV_ATTR_TQ:              by("TQ", p.quality),
		uapi.BATADV_ATTR_THROUGHPUT:      by("THROUGHPUT", p.throughput),
		uapi.BATADV_ATTR_BANDWIDTH_UP:    by("BANDWIDTH_UP", gateways),
		uapi.BATADV_ATTR_BANDWIDTH_DOWN:  by("BANDWIDTH_DOWN", gateways),
		uapi.BATADV_ATTR_ROUTER:          by("ROUTER", gateways),
		uapi.BATADV_ATTR_VLANID:          by("VLANID", p.vlans),

		uapi.BATADV_ATTR_AGGREGATED_OGMS_ENABLED:       by("AGGREGATED_OGMS_ENABLED", p.mesh("AggregatedOGMs", false, true, "aggregated_ogms_enabled")),
		uapi.BATADV_ATTR_AP_ISOLATION_ENABLED:          by("AP_ISOLATION_ENABLED", p.mesh("APIsolation", true, false, "ap_isolation_enabled")),
		uapi.BATADV_ATTR_ISOLATION_MARK:                by("ISOLATION_MARK", p.mesh("IsolationMark", uint32(0x12345678), uint32(0x4321), "isolation_mark")),
		uapi.BATADV_ATTR_ISOLATION_MASK:                by("ISOLATION_MASK", p.mesh("IsolationMask", uint32(0x7abcdef0), uint32(0xfff7), "isolation_mask")),
		uapi.BATADV_ATTR_BONDING_ENABLED:               by("BONDING_ENABLED", p.mesh("Bonding", true, false, "bonding_enabled")),
		uapi.BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED: by("BRIDGE_LOOP_AVOIDANCE_ENABLED", p.mesh("BridgeLoopAvoidance", false, true, "bridge_loop_avoidance_enabled")),
		uapi.BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED: by("DISTRIBUTED_ARP_TABLE_ENABLED", p.mesh("DistributedARPTable", false, true, "distributed_arp_table_enabled")),
		uapi.BATADV_ATTR_FRAGMENTATION_ENABLED:         by("FRAGMENTATION_ENABLED", p.mesh("Fragmentation", false, true, "fragmentation_enabled")),
		uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN:             by("GW_BANDWIDTH_DOWN", p.mesh("GWBandwidthDown", uint32(0x1234), uint32(0x432), "gw_bandwidth_down")),
		uapi.BATADV_ATTR_GW_BANDWIDTH_UP:               by("GW_BANDWIDTH_UP", p.mesh("GWBandwidthUp", uint32(0x321), uint32(0x123), "gw_bandwidth_up")),
		uapi.BATADV_ATTR_GW_MODE:                       by("GW_MODE", p.mesh("GWMode", GWServer, GWClient, "gw_mode")),
		uapi.BATADV_ATTR_GW_SEL_CLASS:                  by("GW_SEL_CLASS", p.mesh("GWSelClass", uint32(0x87), uint32(0x78), "gw_sel_class")),
		uapi.BATADV_ATTR_HOP_PENALTY:                   by("HOP_PENALTY", p.hopPenalty),
		uapi.BATADV_ATTR_LOG_LEVEL:                     {Name: "BATADV_ATTR_LOG_LEVEL", Oracle: "the kernel's silence", Prove: p.logLevel},
		uapi.BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED:  by("MULTICAST_FORCEFLOOD_ENABLED", p.mesh("MulticastForceflood", true, false, "multicast_forceflood_enabled")),
		uapi.BATADV_ATTR_NETWORK_CODING_ENABLED:        by("NETWORK_CODING_ENABLED", p.networkCoding),
		uapi.BATADV_ATTR_ORIG_INTERVAL:                 by("ORIG_INTERVAL", p.mesh("OrigInterval", 4660*time.Millisecond, 123*time.Millisecond, "orig_interval")),
		uapi.BATADV_ATTR_ELP_INTERVAL:                  by("ELP_INTERVAL", p.port("ELPInterval", 4660*time.Millisecond, 123*time.Millisecond, "elp_interval")),
		uapi.BATADV_ATTR_THROUGHPUT_OVERRIDE:           by("THROUGHPUT_OVERRIDE", p.port("ThroughputOverride", uint32(0x1234), uint32(0x4321), "throughput_override")),
		uapi.BATADV_ATTR_MULTICAST_FANOUT:              by("MULTICAST_FANOUT", p.mesh("MulticastFanout", uint32(0x1234), uint32(0x4321), "multicast_fanout")),
	}
	for why, names := range unused {
		for number, name := range names {
			all[number] = testutil.Attribute{Name: "BATADV_ATTR_" + name, Unused: why}
		}
	}
	testutil.ProveEach(t, uapi.BATADV_ATTR_MULTICAST_FANOUT, all)
}

// shared returns a test of several attributes that runs once, for all of them.
func shared(f func(*testing.T)) func(*testing.T) {
	ran, passed := false, false
	return func(t *testing.T) {
		if !ran {
			ran = true
			f(t)
			passed = !t.Failed()
		}
		if !passed {
			t.Error("the test of several attributes has failed")
		}
	}
}

// unused are the attributes that the library does not read, by the reason.
var unused = map[string]map[uint16]string{
	"the link has it": {uapi.BATADV_ATTR_MESH_IFNAME: "MESH_IFNAME", uapi.BATADV_ATTR_MESH_ADDRESS: "MESH_ADDRESS"},
	"padding":         {uapi.BATADV_ATTR_PAD: "PAD"},
	"of the module":   {uapi.BATADV_ATTR_VERSION: "VERSION"},
	"a measurement": {uapi.BATADV_ATTR_TPMETER_RESULT: "TPMETER_RESULT", uapi.BATADV_ATTR_TPMETER_TEST_TIME: "TPMETER_TEST_TIME",
		uapi.BATADV_ATTR_TPMETER_BYTES: "TPMETER_BYTES", uapi.BATADV_ATTR_TPMETER_COOKIE: "TPMETER_COOKIE"},
	"a table of clients": {uapi.BATADV_ATTR_TT_ADDRESS: "TT_ADDRESS", uapi.BATADV_ATTR_TT_TTVN: "TT_TTVN", uapi.BATADV_ATTR_TT_LAST_TTVN: "TT_LAST_TTVN",
		uapi.BATADV_ATTR_TT_CRC32: "TT_CRC32", uapi.BATADV_ATTR_TT_VID: "TT_VID", uapi.BATADV_ATTR_TT_FLAGS: "TT_FLAGS"},
	"a table of claims": {uapi.BATADV_ATTR_BLA_OWN: "BLA_OWN", uapi.BATADV_ATTR_BLA_ADDRESS: "BLA_ADDRESS", uapi.BATADV_ATTR_BLA_VID: "BLA_VID",
		uapi.BATADV_ATTR_BLA_BACKBONE: "BLA_BACKBONE", uapi.BATADV_ATTR_BLA_CRC: "BLA_CRC"},
	"a cache": {uapi.BATADV_ATTR_DAT_CACHE_IP4ADDRESS: "DAT_CACHE_IP4ADDRESS", uapi.BATADV_ATTR_DAT_CACHE_HWADDRESS: "DAT_CACHE_HWADDRESS",
		uapi.BATADV_ATTR_DAT_CACHE_VID: "DAT_CACHE_VID"},
	"a state of multicast": {uapi.BATADV_ATTR_MCAST_FLAGS: "MCAST_FLAGS", uapi.BATADV_ATTR_MCAST_FLAGS_PRIV: "MCAST_FLAGS_PRIV"},
}

// inJSON returns the value in the JSON of batctl.
func inJSON(v any) any {
	switch v := v.(type) {
	case time.Duration:
		return float64(v.Milliseconds())
	case uint32:
		return float64(v)
	case uint8:
		return float64(v)
	case fmt.Stringer:
		return v.String()
	}
	return v
}

// mesh returns a test that sets a field of a Mesh to two values, and compares with batctl
// and with Mesh.
func (p *pair) mesh(field string, first, second any, key string) func(*testing.T) {
	return func(t *testing.T) {
		for _, v := range []any{first, second} {
			testutil.Must(t, p.four.Set(t.Context(), func(m *Mesh) { reflect.ValueOf(m).Elem().FieldByName(field).Set(reflect.ValueOf(v)) }))
			if got := p.here.mesh("bat4")[key]; got != inJSON(v) {
				t.Errorf("batctl shows %s %v, want %v", key, got, v)
			}
			m, err := p.four.Mesh(t.Context())
			testutil.Must(t, err)
			if got := reflect.ValueOf(m).Elem().FieldByName(field).Interface(); got != v {
				t.Errorf("%s is %v, want %v", field, got, v)
			}
		}
	}
}

// port is mesh for a field of a Port.
func (p *pair) port(field string, first, second any, key string) func(*testing.T) {
	return func(t *testing.T) {
		for _, v := range []any{first, second} {
			testutil.Must(t, p.five.SetPort(t.Context(), "v5", func(port *Port) { reflect.ValueOf(port).Elem().FieldByName(field).Set(reflect.ValueOf(v)) }))
			if got := p.here.list("bat5", "hardifs_json")[0][key]; got != inJSON(v) {
				t.Errorf("batctl shows %s %v, want %v", key, got, v)
			}
			ports, err := p.five.Ports(t.Context())
			if err != nil || len(ports) != 1 {
				t.Fatalf("%+v, error %v", ports, err)
			}
			if got := reflect.ValueOf(ports[0]).FieldByName(field).Interface(); got != v {
				t.Errorf("%s is %v, want %v", field, got, v)
			}
		}
	}
}

func (p *pair) hopPenalty(t *testing.T) {
	p.mesh("HopPenalty", uint8(0x78), uint8(0x21), "hop_penalty")(t)
	p.port("HopPenalty", uint8(0x87), uint8(0x12), "hop_penalty")(t)
}

// lacking demands the refusal of a setting that the kernel does not have.
func (p *pair) lacking(t *testing.T, name, option string, change func(*Mesh)) {
	t.Helper()
	err := p.four.Set(t.Context(), change)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(fmt.Sprint(err), name) || !strings.Contains(fmt.Sprint(err), option) {
		t.Errorf("error %v", err)
	}
}

// logLevel has the kernel refuse it, unless it is built for debugging.
func (p *pair) logLevel(t *testing.T) {
	if _, has := p.here.mesh("bat4")["log_level"]; has {
		p.mesh("LogLevel", uint32(0x12), uint32(0x43), "log_level")(t)
		return
	}
	p.lacking(t, "loglevel", "CONFIG_BATMAN_ADV_DEBUG", func(m *Mesh) { m.LogLevel = 0x12 })
}

// networkCoding has a newer kernel refuse it.
func (p *pair) networkCoding(t *testing.T) {
	if _, has := p.here.mesh("bat4")["network_coding_enabled"]; has || testutil.Older(t, 7, 0) {
		p.mesh("NetworkCoding", true, false, "network_coding_enabled")(t)
		return
	}
	p.lacking(t, "network_coding", "CONFIG_BATMAN_ADV_NC", func(m *Mesh) { m.NetworkCoding = true })
}

func (p *pair) algorithm(t *testing.T) {
	for d, want := range map[*Device]any{p.four: "BATMAN_IV", p.five: "BATMAN_V"} {
		m, err := d.Mesh(t.Context())
		testutil.Must(t, err)
		if got := p.here.mesh(d.Name())["algo_name"]; got != want || string(m.Algorithm) != want {
			t.Errorf("batctl shows %v, Mesh %v, want %v", got, m.Algorithm, want)
		}
	}
}

// meshIndex changes one of two meshes.
func (p *pair) meshIndex(t *testing.T) {
	testutil.Must(t, p.five.Set(t.Context(), func(m *Mesh) { m.HopPenalty = 0x43 }))
	testutil.Must(t, p.four.Set(t.Context(), func(m *Mesh) { m.HopPenalty = 0x34 }))
	if four, five := p.here.mesh("bat4")["hop_penalty"], p.here.mesh("bat5")["hop_penalty"]; four != 52. || five != 67. {
		t.Errorf("batctl shows %v and %v", four, five)
	}
}

func (p *pair) ports(t *testing.T) {
	for _, d := range []*Device{p.four, p.five} {
		ports, err := d.Ports(t.Context())
		testutil.Must(t, err)
		want := p.here.list(d.Name(), "hardifs_json")
		if len(ports) != 1 || len(want) != 1 {
			t.Fatalf("%+v, batctl shows %v", ports, want)
		}
		got := report{"hard_ifname": ports[0].Name, "hard_ifindex": float64(ports[0].Index), "hard_address": ports[0].Address.String()}
		sameIn(t, got, want[0])
	}
}

// sameIn compares the fields in got with those that batctl shows.
func sameIn(t *testing.T, got, want report) {
	t.Helper()
	for key, v := range got {
		if want[key] != v {
			t.Errorf("%s is %v, batctl shows %v", key, v, want[key])
		}
	}
}

// active takes a port down and up.
func (p *pair) active(t *testing.T) {
	for _, up := range []bool{false, true} {
		p.here.IP("link set v4 " + map[bool]string{false: "down", true: "up"}[up])
		p.here.await(fmt.Sprintf("active %v", up), func() bool {
			ports, err := p.four.Ports(t.Context())
			testutil.Must(t, err)
			shown, _ := p.here.list("bat4", "hardifs_json")[0]["active"].(bool)
			return shown == up && ports[0].Active == up
		})
		if nodes, err := p.four.Originators(t.Context()); !up && (err != nil || nodes != nil) {
			t.Errorf("without a port: %v, error %v", nodes, err)
		}
	}
}

// origin awaits the other node in a mesh, and returns it with the report of batctl.
func (p *pair) origin(t *testing.T, d *Device) (node Originator, shown report) {
	t.Helper()
	p.here.await("another node", func() bool {
		nodes, err := d.Originators(t.Context())
		testutil.Must(t, err)
		all := p.here.list(d.Name(), "originators_json")
		if len(nodes) == 1 && len(all) == 1 {
			node, shown = nodes[0], all[0]
		}
		return node.Best
	})
	return node, shown
}

func (p *pair) originators(t *testing.T) {
	for d, port := range map[*Device]string{p.four: "v4", p.five: "v5"} {
		node, shown := p.origin(t, d)
		if there := p.there.Link(port)["address"]; node.Address.String() != there || node.Neighbour.String() != there {
			t.Errorf("%+v, but %s has address %v", node, port, there)
		}
		sameIn(t, report{"orig_address": node.Address.String(), "neigh_address": node.Neighbour.String(), "best": node.Best,
			"hard_ifname": node.Port, "hard_ifindex": float64(node.PortIndex)}, shown)
	}
}

func (p *pair) quality(t *testing.T) {
	p.here.await("a path without loss", func() bool {
		node, shown := p.origin(t, p.four)
		return node.TQ > 200 && shown["tq"] == float64(node.TQ)
	})
}

// throughput has the throughput of the port as the throughput of the neighbour and the path.
func (p *pair) throughput(t *testing.T) {
	p.here.await("the throughput of a neighbour", func() bool {
		all, err := p.five.Neighbours(t.Context())
		testutil.Must(t, err)
		shown := p.here.list("bat5", "neighbors_json")
		return len(all) == 1 && len(shown) == 1 && all[0].Throughput == 466000 && shown[0]["throughput"] == 466000.
	})
	p.here.await("the throughput of a path", func() bool {
		node, shown := p.origin(t, p.five)
		return node.Throughput == 466000 && shown["throughput"] == 466000.
	})
}

func (p *pair) neighbours(t *testing.T) {
	p.origin(t, p.five)
	all, err := p.five.Neighbours(t.Context())
	testutil.Must(t, err)
	shown := p.here.list("bat5", "neighbors_json")
	if len(all) != 1 || len(shown) != 1 {
		t.Fatalf("%+v, batctl shows %v", all, shown)
	}
	n := all[0]
	sameIn(t, report{"neigh_address": n.Address.String(), "hard_ifname": n.Port, "hard_ifindex": float64(n.PortIndex)}, shown[0])
	if seen := shown[0]["last_seen_msecs"].(float64); n.LastSeen > 10*time.Second || seen > 10000 || n.LastSeen == 0 && seen == 0 {
		t.Errorf("last seen %v, batctl shows %v ms", n.LastSeen, seen)
	}
	p.there.IP("link set v5 down")
	defer p.there.IP("link set v5 up")
	time.Sleep(600 * time.Millisecond)
	if all, err = p.five.Neighbours(t.Context()); err != nil || len(all) == 1 && all[0].LastSeen < 600*time.Millisecond {
		t.Errorf("%+v, error %v", all, err)
	}
}

// gateways makes the other node a gateway.
func (p *pair) gateways(t *testing.T) {
	testutil.Must(t, p.there.open("bat4").Set(t.Context(), func(m *Mesh) { m.GWMode, m.GWBandwidthDown, m.GWBandwidthUp = GWServer, 0x1234, 0x321 }))
	testutil.Must(t, p.four.Set(t.Context(), func(m *Mesh) { m.GWMode, m.GWSelClass = GWClient, 3 }))
	var g Gateway
	var shown report
	p.here.await("a gateway", func() bool {
		all, err := p.four.Gateways(t.Context())
		testutil.Must(t, err)
		list := p.here.list("bat4", "gateways_json")
		if len(all) == 1 && len(list) == 1 {
			g, shown = all[0], list[0]
		}
		return len(all) == 1 && len(list) == 1
	})
	sameIn(t, report{"orig_address": g.Address.String(), "router": g.Router.String(), "hard_ifname": g.Port, "hard_ifindex": float64(g.PortIndex),
		"bandwidth_down": float64(g.BandwidthDown), "bandwidth_up": float64(g.BandwidthUp)}, shown)
	if there := p.there.Link("v4")["address"]; g.BandwidthDown != 0x1234 || g.BandwidthUp != 0x321 || g.Router.String() != there {
		t.Errorf("%+v, want router %v", g, there)
	}
}

// vlans changes one of two VLANs.
func (p *pair) vlans(t *testing.T) {
	for _, on := range []bool{true, false} {
		testutil.Must(t, p.four.SetVLAN(t.Context(), 7, func(v *VLAN) { v.APIsolation = on }))
		for id, want := range map[uint16]bool{7: on, 8: false} {
			v, err := p.four.VLAN(t.Context(), id)
			testutil.Must(t, err)
			shown := p.here.batctl("meshif", "bat4", "vid", fmt.Sprint(id), "ap_isolation")
			if v.APIsolation != want || shown != map[bool]string{true: "enabled", false: "disabled"}[want] {
				t.Errorf("VLAN %d: %v, batctl shows %s, want %v", id, v.APIsolation, shown, want)
			}
		}
	}
}
