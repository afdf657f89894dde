package kerneltest_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestWatchEvents makes changes with `ip` and compares the links of the events
// with what `ip` then says.
func TestWatchEvents(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "type", "bridge")
	w.IP("link", "set", "br0", "up")
	events := w.watch()
	if e := events.of(iplink.Added, "br0"); e.FlagsChange != 0 {
		t.Errorf("the event of a list is %+v", e)
	}
	w.IP("link", "add", "a0", "type", "veth", "peer", "name", "b0")
	if e := events.of(iplink.Added, "a0"); e.Snapshot || e.FlagsChange != ^iplink.Flags(0) || e.Old != nil || e.New.Kind != iplink.KindVeth || e.NetNSID != -1 {
		t.Errorf("the event of a new link is %+v", e)
	}
	w.IP("link", "set", "b0", "up")
	w.IP("link", "set", "a0", "up")
	events.until("a0 passes frames", func(e iplink.Event) bool {
		return e.Kind == iplink.Changed && e.New.Name == "a0" && e.New.OperState == iplink.OperUp
	})
	for _, step := range []struct{ args, name, attribute string }{
		{"link set a0 arp off", "a0", "flags"},
		{"link set a0 mtu 1234", "a0", "mtu"},
		{"link set a0 address 02:12:34:56:78:9a", "a0", "address"},
		{"link set a0 txqueuelen 1357", "a0", "txqueuelen"},
		{"link set a0 alias uplink", "a0", "alias"},
		{"link set a0 group 4660", "a0", "group"},
		{"link property add dev a0 altname the-uplink-of-the-first-rack", "a0", "altname"},
		{"link set a0 mtu 1432", "a0", "mtu"},
		{"link set a0 addrgenmode none", "a0", "inet6.addrgenmode"},
		{"link set a0 master br0", "a0", "master"},
		{"link set a0 type bridge_slave cost 4321", "a0", "port.cost"},
		{"link set br0 type bridge ageing_time 12345", "br0", "info.ageing_time"},
		{"link set a0 nomaster", "a0", "master"},
		{"link set a0 promisc on", "a0", "promiscuity"},
	} {
		if step.name == "br0" { // has a port by now, whose carrier it takes over
			waitFor(t, w.conn, "br0", isOperUp)
		}
		w.IP(strings.Fields(step.args)...)
		e := events.changed(step.name, step.attribute)
		compareWithIP(t, step.args, e.New, lab.IPLinks(t, w.File))
		if step.args == "link set a0 arp off" && e.FlagsChange != iplink.FlagNoARP {
			t.Errorf("%s: %v changed", step.args, e.FlagsChange)
		}
	}
	w.IP("link", "set", "a0", "down") // as Linux before 6.2 has it
	w.IP("link", "set", "a0", "name", "c0")
	if e := events.changed("c0", "name"); e.Old.Name != "a0" || e.Old.Index != e.New.Index {
		t.Errorf("the event of a new name is %+v", e)
	}
	w.IP("link", "del", "c0")
	e := events.of(iplink.Removed, "c0")
	if e.New != nil || e.Old.Alias != "uplink" || e.NewIndex != 0 || e.NewNetNSID != -1 {
		t.Errorf("the event of a removed link is %+v", e)
	}
	events.of(iplink.Removed, "b0")
}

// compareWithIP reports in what a link differs from what `ip` says.
func compareWithIP(t *testing.T, when string, l *iplink.Link, links map[int]lab.IPLink) {
	t.Helper()
	want, ok := links[l.Index]
	if !ok {
		t.Errorf("%s: ip knows no link with index %d", when, l.Index)
		return
	}
	got := lab.IPLink{
		Index: l.Index, Name: l.Name, Flags: lab.IPFlags(l.Flags), MTU: l.MTU, Master: links[l.Master].Name,
		Address: l.Address.String(), Operstate: strings.ToUpper(l.OperState.String()),
		Alias: l.Alias, AltNames: l.AltNames, Mode: l.INET6.AddrGenMode.String(),
	}
	got.Info.Kind = l.Kind
	if port, ok := l.PortInfo.(*iplink.BridgePortInfo); ok {
		got.Info.Port = lab.IPPortData{Cost: port.Cost, Hairpin: port.Hairpin}
	}
	want.Flags = lab.OwnFlags(want.Flags)
	if want.Mode == "" {
		got.Mode = ""
	}
	if g, w := marshal(t, got), marshal(t, want); !bytes.Equal(g, w) {
		t.Errorf("%s: the event has\n%s\nand ip says\n%s", when, g, w)
	}
}

func TestWatchSnapshot(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "mtu", "1357", "type", "bridge")
	w.IP("link", "add", "a0", "master", "br0", "type", "veth", "peer", "name", "b0")
	links := lab.IPLinks(t, w.File)
	missing := maps.Clone(links)
	events := w.watch()
	for range links {
		e := events.take()
		if e.Kind != iplink.Added || !e.Snapshot || e.Old != nil || e.Changes != nil {
			t.Errorf("the event of a link that was there is %+v", e)
		}
		compareWithIP(t, "snapshot", e.New, links)
		delete(missing, e.New.Index)
	}
	if len(missing) > 0 {
		t.Errorf("the snapshot lacks %v", missing)
	}
	if e := events.take(); e.Kind != iplink.Current || e.String() != "current" || e.Old != nil || e.New != nil || e.Link().Name != "" {
		t.Errorf("the snapshot ends with %+v", e)
	}
	w.IP("link", "add", "br1", "type", "bridge")
	if e := events.about("br1"); e.Kind != iplink.Added || e.Snapshot {
		t.Errorf("the event of a new link is %+v", e)
	}
}

var isOperUp = iplink.Until("state up", func(l *iplink.Link) bool { return l.OperState == iplink.OperUp })

// late are the changes that the kernel makes by itself some time after a link came
// up or got an address.
var late = []string{"flags", "state", "carrier", "carrier_up_count", "port.state"}

// isLate reports whether an event has nothing but late changes.
func isLate(e iplink.Event) bool {
	return e.Kind == iplink.Changed && len(e.Changes) > 0 &&
		!slices.ContainsFunc(e.Changes, func(name string) bool { return !slices.Contains(late, name) })
}

// TestWatchNothing makes the kernel announce what is no change, and then a
// change, which must be the next event but for late ones.
func TestWatchNothing(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "up", "type", "bridge")
	w.IP("link", "add", "a0", "up", "type", "veth", "peer", "name", "b0")
	w.IP("link", "set", "b0", "up", "master", "br0")
	w.IP("address", "add", "192.0.2.1/24", "dev", "a0")
	waitFor(t, w.conn, "br0", isOperUp)
	waitFor(t, w.conn, "a0", isOperUp)
	waitFor(t, w.conn, "b0", iplink.Until("forwarding", func(l *iplink.Link) bool {
		port, ok := l.PortInfo.(*iplink.BridgePortInfo)
		return ok && port.State == iplink.BridgePortForwarding
	}))
	events := w.watch()
	events.snapshot()
	before := mustGet(t, w.conn, "a0").Stats.TxPackets
	w.IP("neigh", "replace", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", "a0")
	sendUDP(t, w, "192.0.2.2:9")
	w.IP("link", "set", "a0", "alias", "")   // it has none
	w.IP("link", "set", "b0", "mtu", "1500") // it has that
	w.IP("link", "set", "br0", "type", "bridge", "stp_state", "0")
	w.IP("link", "set", "a0", "alias", "marked")
	e := events.until("that is not late", func(e iplink.Event) bool { return !isLate(e) })
	if e.String() != "changed a0: alias" {
		t.Errorf("the first event is %v", e)
	}
	if e.New.Stats.TxPackets <= before {
		t.Errorf("%d packets were sent before, %d after: the counters did not count", before, e.New.Stats.TxPackets)
	}
}

// TestWatchDown shows what the documentation says of changes that the kernel
// announces only of links that are up.
func TestWatchDown(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "a0", "type", "veth", "peer", "name", "b0")
	events := w.watch()
	events.snapshot()
	w.IP("link", "set", "a0", "alias", "below")
	w.IP("link", "set", "a0", "group", "4660")
	w.IP("link", "property", "add", "dev", "a0", "altname", "down-below")
	w.IP("link", "set", "a0", "up")
	var e iplink.Event
	var changes []string
	for e.New == nil || e.New.Flags&iplink.FlagUp == 0 { // the carrier's notices come when they like
		e = events.take()
		changes = append(changes, e.Changes...)
	}
	settled := waitFor(t, w.conn, "a0", iplink.Until("lower layer down", func(l *iplink.Link) bool { return l.OperState == iplink.OperLowerLayerDown }))
	for e.New.OperState != settled.OperState {
		e = events.take()
	}
	compareWithIP(t, "up", e.New, lab.IPLinks(t, w.File))
	for _, name := range []string{"alias", "altname", "group"} {
		if !slices.Contains(changes, name) {
			t.Errorf("%s is not in %v", name, changes)
		}
	}
}

// TestWatchBridgeLink changes a port by a message of the bridge's own, which the
// kernel announces without describing the link.
func TestWatchBridgeLink(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "type", "bridge")
	w.IP("link", "add", "a0", "master", "br0", "type", "veth", "peer", "name", "b0")
	events := w.watch()
	events.snapshot()
	setBridgePortCost(t, w, "a0", 4321)
	e := events.changed("a0", "port.cost")
	if e.String() != "changed a0: port.cost" {
		t.Errorf("the event is %v", e)
	}
	compareWithIP(t, "cost", e.New, lab.IPLinks(t, w.File))
	if testutil.LinkJSON(t, w.File, "a0")["linkinfo"].(map[string]any)["info_slave_data"].(map[string]any)["cost"] != 4321.0 {
		t.Error("ip says that the cost did not change")
	}
}
