package kerneltest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// filterOf returns the addresses of a link's filter that `bridge` shows, without those of
// groups.
func filterOf(ns *testutil.Lab, dev string) (macs []string) {
	ns.Helper()
	var all []struct {
		MAC, State string
		Flags      []string
	}
	testutil.BridgeJSON(ns, ns.File, &all, "fdb", "show", "dev", dev)
	for _, e := range all {
		if !strings.HasPrefix(e.MAC, "33:33") && !strings.HasPrefix(e.MAC, "01:") && e.State == "permanent" && slices.Equal(e.Flags, []string{"self"}) {
			macs = append(macs, e.MAC)
		}
	}
	slices.Sort(macs)
	return macs
}

func wantFilter(t *testing.T, ns *testutil.Lab, dev string, want ...string) {
	t.Helper()
	if got := filterOf(ns, dev); !slices.Equal(got, want) {
		t.Errorf("filter of %s: %q, want %q", dev, got, want)
	}
}

// groupsOf returns the number of groups in a link's filter.
func groupsOf(ns *testutil.Lab, dev string) int {
	return strings.Count(testutil.Bridge(ns, ns.File, "fdb", "show", "dev", dev), "33:33:")
}

func filterEntries(last ...byte) (all []fdb.Entry) {
	for _, b := range last {
		all = append(all, fdb.Entry{MAC: net.HardwareAddr{2, 0, 0, 0, 0x56, b}})
	}
	return all
}

// TestFilter gives links without a forwarding database addresses in their filter.
func TestFilter(t *testing.T) {
	c, ns := lab.Scratch(t)
	pair := func() *veth.Builder { return veth.New("v0").Peer(veth.New("v1")).Up() }
	lab.MustCreate(t, c, pair().FDB(filterEntries(1, 2)...), macvlan.New("m0").Parent("v0").Mode(macvlan.Private).Address(lab.MAC).Up())
	wantFilter(t, ns, "v0", "02:00:00:00:56:01", "02:00:00:00:56:02", lab.MAC.String())
	groups := groupsOf(ns, "v0")
	ensures := func(spec iplink.Spec, want ...string) {
		t.Helper()
		for _, want := range [][]string{want, nil} {
			changes, err := c.Ensure(t.Context(), spec)
			testutil.Must(t, err)
			if got := fmt.Sprint(changes[0].Differences); got != fmt.Sprint(want) {
				t.Errorf("differences %s, want %q", got, want)
			}
		}
	}
	ensures(pair().FDB(filterEntries(2)...))
	only := pair().OnlyFDB(filterEntries(2, 3)...)
	diffs, err := c.Diff(t.Context(), only)
	if err != nil || len(diffs) != 2 {
		t.Errorf("%v, %v", diffs, err)
	}
	ensures(only, "fdb: have 02:00:00:00:56:01 self permanent, want none", "fdb: have none, want 02:00:00:00:56:03 self permanent")
	wantFilter(t, ns, "v0", "02:00:00:00:56:02", "02:00:00:00:56:03", lab.MAC.String())
	if now := groupsOf(ns, "v0"); now != groups || now == 0 {
		t.Errorf("%d groups, before %d", now, groups)
	}
	_, err = c.Update(t.Context(), iplink.Device("v1").FDB(filterEntries(0x77)...))
	testutil.Must(t, err)
	wantFilter(t, ns, "v1", "02:00:00:00:56:77")
	if text := veth.New("x0").FDB(filterEntries(1)...).String(); !strings.HasSuffix(text, " && bridge fdb add 02:00:00:00:56:01 dev x0 self permanent") {
		t.Error(text)
	}
}

// TestFilterPassthru is about a driver that refuses to replace an entry.
func TestFilterPassthru(t *testing.T) {
	c, ns := lab.Scratch(t)
	spec := macvlan.New("m0").Parent("v0").Mode(macvlan.Passthru).OnlyFDB(filterEntries(1)...).Up()
	lab.MustCreate(t, c, veth.New("v0"), spec)
	wantFilter(t, ns, "m0", "02:00:00:00:56:01")
	lab.Mended(t, c, spec, 0, "nothing")
	testutil.Bridge(t, ns.File, "fdb", "del", "02:00:00:00:56:01", "dev", "m0", "self")
	testutil.Bridge(t, ns.File, "fdb", "add", "02:00:00:00:56:78", "dev", "m0", "self")
	lab.Mended(t, c, spec, 2, "other addresses")
	wantFilter(t, ns, "m0", "02:00:00:00:56:01")
	_, err := c.Create(t.Context(), veth.New("w0"), macvlan.New("m1").Parent("w0").Mode(macvlan.Bridge).FDB(filterEntries(1)...))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Name != "m1" || !strings.Contains(err.Error(), "fdb 02:00:00:00:56:01") || !strings.Contains(err.Error(), "passthru") {
		t.Errorf("%v", err)
	}
	if slices.Contains(ns.Names(), "w0") {
		t.Error("w0 is left")
	}
}

func TestFilterFaults(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "x1", "type", "vxlan", "id", "7", "dstport", "4789")
	one := filterEntries(1)[0]
	with := func(change func(*fdb.Entry)) iplink.Spec {
		e := one
		change(&e)
		return veth.New("x0").FDB(e)
	}
	for text, spec := range map[string]iplink.Spec{
		"exclude each other":       veth.New("x0").FDB(one).OnlyFDB(one),
		"only permanent entries":   with(func(e *fdb.Entry) { e.State = fdb.Static }),
		"the filter has no VLANs":  with(func(e *fdb.Entry) { e.VLAN = 7 }),
		"the database self":        with(func(e *fdb.Entry) { e.Flags = fdb.Master }),
		"has no flag sticky":       with(func(e *fdb.Entry) { e.Flags = fdb.Sticky }),
		"zeros are no address":     with(func(e *fdb.Entry) { e.MAC = make(net.HardwareAddr, 6) }),
		"see package vxlan":        with(func(e *fdb.Entry) { e.Dst = lab.Addr("192.0.2.1") }),
		"the address has 5 bytes":  with(func(e *fdb.Entry) { e.MAC = e.MAC[:5] }),
		"builder of package vxlan": iplink.Edit(vxlan.New("x0").VNI(7)).FDB(one),
		"a bridge has a forwardin": iplink.Edit(bridge.New("x0")).OnlyFDB(),
	} {
		_, err := c.Create(t.Context(), spec)
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || !errors.Is(err, fs.ErrInvalid) || e.Name != "x0" || !strings.HasSuffix(e.Attr, "FDB") || !strings.Contains(e.Message, text) {
			t.Errorf("%v, want %s", err, text)
		}
	}
	_, err := c.Update(t.Context(), iplink.Device("x1").FDB(one))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrInvalid) || e.Name != "x1" || !strings.Contains(err.Error(), "a vxlan has a forwarding database") {
		t.Errorf("%v", err)
	}
}
