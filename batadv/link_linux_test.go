package batadv

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/topology"
	"github.com/iplink-go/iplink/veth"
)

// whole returns a builder with every setting that the kernels of the matrix have.
func whole() *Builder {
	return New("bat0").Algorithm(V).AggregatedOGMs(false).APIsolation(true).IsolationMark(0x1234, 0xfff7).Bonding(true).
		BridgeLoopAvoidance(false).DistributedARPTable(false).Fragmentation(false).GWBandwidth(0x1234, 0x321).GWMode(GWServer).
		GWSelClass(0x4321).HopPenalty(0x78).MulticastForceflood(true).MulticastFanout(0x1234).OrigInterval(1234 * time.Millisecond)
}

// TestBuilder has batctl report every setting as it was given, Ensure nothing to do, and
// Diff and Ensure find changes of batctl.
func TestBuilder(t *testing.T) {
	l := newLab(t)
	link := l.make(whole())[0]
	info, ok := Info(link)
	if !ok || info.Algorithm != V || info.HopPenalty != 0x78 || info.OrigInterval != 1234*time.Millisecond || info.GWMode != GWServer {
		t.Errorf("%+v", info)
	}
	want := report{"algo_name": "BATMAN_V", "aggregated_ogms_enabled": false, "ap_isolation_enabled": true, "isolation_mark": 4660., "isolation_mask": 65527.,
		"bonding_enabled": true, "bridge_loop_avoidance_enabled": false, "distributed_arp_table_enabled": false, "fragmentation_enabled": false,
		"gw_bandwidth_down": 4660., "gw_bandwidth_up": 801., "gw_mode": "server", "gw_sel_class": 17185., "hop_penalty": 120.,
		"multicast_forceflood_enabled": true, "multicast_fanout": 4660., "orig_interval": 1234.}
	sameIn(t, want, l.mesh("bat0"))
	l.on(func(c *iplink.Conn) {
		ensured(t, c, whole())
		l.batctl("meshif", "bat0", "hop_penalty", "33")
		l.batctl("meshif", "bat0", "isolation_mark", "0x77/0xfff7")
		diffs, err := c.Diff(t.Context(), whole())
		if text := fmt.Sprint(diffs); err != nil || text != "[isolation_mark: have 0x77, want 0x1234 hop_penalty: have 33, want 120]" {
			t.Errorf("%s, error %v", text, err)
		}
		ensured(t, c, whole(), "isolation_mark", "hop_penalty")
		sameIn(t, want, l.mesh("bat0"))
		if l, err := c.Get(t.Context(), "bat0"); err != nil || lacksInfo(l) {
			t.Errorf("%+v, error %v", l, err)
		}
		_, err = c.Ensure(t.Context(), New("bat0").Algorithm(IV))
		refusedAs(t, err, iplink.ErrImmutable, "ra", "have BATMAN_V, want BATMAN_IV")
		_, err = c.Ensure(t.Context(), New("bat0").Algorithm(IV).Recreate())
		testutil.Must(t, err)
	})
	if got := l.mesh("bat0")["algo_name"]; got != "BATMAN_IV" {
		t.Errorf("after Recreate: %v", got)
	}
}

// lacksInfo reports whether a link that was only read has settings.
func lacksInfo(l *iplink.Link) bool {
	_, has := Info(l)
	return has
}

// ensured has Ensure find these differences and no others.
func ensured(t *testing.T, c *iplink.Conn, spec iplink.Spec, attrs ...string) {
	t.Helper()
	changes, err := c.Ensure(t.Context(), spec)
	testutil.Must(t, err)
	var got []string
	for _, d := range changes[0].Differences {
		got = append(got, d.Attr)
	}
	if changes[0].Created || !slices.Equal(got, attrs) {
		t.Errorf("%+v, want %q", changes[0], attrs)
	}
}

// refusedAs demands an error with a cause, about a setting, with a text.
func refusedAs(t *testing.T, err, cause error, attr, text string) {
	t.Helper()
	e, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, cause) || e.Attr != attr || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %v about %s with %q", err, cause, attr, text)
	}
}

// TestRefusals has errors that name the setting, and no link afterwards.
func TestRefusals(t *testing.T) {
	l := newLab(t)
	l.on(func(c *iplink.Conn) {
		create := func(spec iplink.Spec) error { _, err := c.Create(t.Context(), spec); return err }
		refusedAs(t, create(New("bat0").Algorithm("BATMAN_VI")), syscall.EINVAL, "", "this kernel does not have the routing algorithm")
		refusedAs(t, create(New("bat0").Algorithm("")), fs.ErrInvalid, "ra", "leave Algorithm out")
		refusedAs(t, create(New("bat0").OrigInterval(39*time.Millisecond)), fs.ErrInvalid, "orig_interval", "39ms")
		refusedAs(t, create(New("bat0").GWSelClass(0)), fs.ErrInvalid, "gw_sel_class", "0 is not in 1")
		refusedAs(t, create(New("bat0").GWMode(3)), fs.ErrInvalid, "gw_mode", "3 is not one of off, client, server")
		refusedAs(t, create(New("bat0").Algorithm(IV).GWSelClass(256)), fs.ErrInvalid, "gw_sel_class", "256 is not in 1…255, the classes of BATMAN_IV")
		refusedAs(t, create(New("bat0").HopPenalty(9).LogLevel(0x12)), errors.ErrUnsupported, "loglevel", "CONFIG_BATMAN_ADV_DEBUG")
		l.make(New("bat0").Algorithm(IV), veth.New("v0").Master("bat0").Peer(veth.New("v1")))
		_, err := c.Update(t.Context(), iplink.Device("lo").Master("bat0"))
		refusedAs(t, err, syscall.EINVAL, "master", "is an Ethernet link")
	})
	if names := l.Names(); !slices.Equal(names, []string{"lo", "bat0", "v1", "v0"}) {
		t.Errorf("links %q", names)
	}
	l.deviceRefusals(t)
}

func (l *lab) deviceRefusals(t *testing.T) {
	ctx := t.Context()
	l.In(func() {
		_, err := Open(ctx, "v1")
		refusedAs(t, err, iplink.ErrKind, "", "it is a veth link")
		_, err = Open(ctx, "bat1")
		refusedAs(t, err, fs.ErrNotExist, "", "")
	})
	d := l.open("bat0")
	refusedAs(t, d.Set(ctx, nil), fs.ErrInvalid, "function", "it is nil")
	refusedAs(t, d.Set(ctx, func(m *Mesh) { m.Algorithm = V }), iplink.ErrImmutable, "ra", "make the link anew")
	refusedAs(t, d.Set(ctx, func(m *Mesh) { m.OrigInterval = 39 * time.Millisecond }), fs.ErrInvalid, "orig_interval", "39ms")
	refusedAs(t, d.Set(ctx, func(m *Mesh) { m.GWSelClass, m.HopPenalty = 256, 9 }), fs.ErrInvalid, "gw_sel_class", "the classes of BATMAN_IV")
	refusedAs(t, d.SetPort(ctx, "v1", func(*Port) {}), fs.ErrNotExist, "port", "v1 is not a port of bat0")
	refusedAs(t, d.SetPort(ctx, "bat0", func(*Port) {}), fs.ErrInvalid, "port", "Set changes it")
	refusedAs(t, d.SetPort(ctx, "v0", func(p *Port) { p.ELPInterval = 0 }), fs.ErrInvalid, "port v0 elp_interval", "0s")
	_, err := d.VLAN(ctx, 7)
	refusedAs(t, err, fs.ErrNotExist, "vid 7", "make a VLAN link on it")
	refusedAs(t, d.SetVLAN(ctx, 7, func(*VLAN) {}), fs.ErrNotExist, "vid 7", "make a VLAN link on it")
	refusedAs(t, d.SetVLAN(ctx, 4095, func(*VLAN) {}), fs.ErrInvalid, "vid", "4095 is not in 0…4094")
	if m := l.mesh("bat0"); m["hop_penalty"] != 30. {
		t.Errorf("a refused call has changed %v", m)
	}
	l.IP("link delete bat0")
	_, err = d.Mesh(ctx)
	refusedAs(t, err, fs.ErrNotExist, "", "")
	_, err = d.Originators(ctx)
	refusedAs(t, err, fs.ErrNotExist, "", "")
	refusedAs(t, d.Set(ctx, func(m *Mesh) { m.HopPenalty = 9 }), fs.ErrNotExist, "", "")
}

// TestMesh has three nodes in a line, and the first one reaches the third.
func TestMesh(t *testing.T) {
	nodes := []*lab{newLab(t), {testutil.NewLab(t)}, {testutil.NewLab(t)}}
	nodes[0].Batch("link add right up type veth peer name left netns " + nodes[1].Path())
	nodes[1].Batch("link set left up", "link add right up type veth peer name left netns "+nodes[2].Path())
	nodes[2].Batch("link set left up")
	ports := [][]string{{"right"}, {"left", "right"}, {"left"}}
	for i, l := range nodes {
		l.make(New("bat0").Algorithm(IV).OrigInterval(40 * time.Millisecond).BridgeLoopAvoidance(false).DistributedARPTable(false).
			Ports(ports[i]...).Addr(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i)}), 24)).Up())
	}
	third := nodes[2].Link("left")["address"]
	d := nodes[0].open("bat0")
	nodes[0].await("the third node", func() bool {
		all, err := d.Originators(t.Context())
		testutil.Must(t, err)
		return slices.ContainsFunc(all, func(o Originator) bool {
			return o.Best && o.Address.String() == third && o.Neighbour.String() == nodes[1].Link("left")["address"] && o.Port == "right"
		})
	})
	nodes[0].await("an answer of the third node", func() bool {
		_, err := nodes[0].Run("ping", "-n", "-c", "1", "-W", "1", "10.0.0.3")
		return err == nil
	})
	nodes[1].ordered(t)
}

// ordered demands that the topology shows the ports below the mesh.
func (l *lab) ordered(t *testing.T) {
	t.Helper()
	var all *topology.Topology
	l.In(func() {
		here, err := iplink.CurrentNetNS()
		testutil.Must(t, err)
		defer here.Close()
		all, err = topology.ReadNetNS(t.Context(), here)
		testutil.Must(t, err)
	})
	masters := map[string]int{}
	bat0 := int(l.Link("bat0")["ifindex"].(float64))
	for _, n := range all.NetNS {
		for _, link := range n.Links {
			if link.Master.Index == bat0 {
				masters[link.Name]++
			}
		}
	}
	if masters["left"] != 1 || masters["right"] != 1 || len(masters) != 2 {
		t.Errorf("%v, want left and right", masters)
	}
}
