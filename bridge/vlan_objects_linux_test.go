package bridge

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// wantedPort is a new port of br0 with VLANs.
func wantedPort(p *PortBuilder) *veth.Builder {
	return veth.New("t0").Peer(veth.New("t1")).Master("br0").PortSettings(p)
}

// words returns differences as text.
func spelled(diffs []iplink.Difference) (all []string) {
	for _, d := range diffs {
		all = append(all, d.String())
	}
	return all
}

func TestPortVLANs(t *testing.T) {
	x := newScratch(t, "")
	some := append(VLANRange(10, 20), VLAN{ID: 7, PVID: true, Untagged: true})
	sorted := append([]VLAN{{ID: 7, PVID: true, Untagged: true}}, VLANRange(10, 20)...)
	spec := wantedPort(Port().VLANs(some...))
	x.In(func() { _, err := spec.Create(t.Context()); testutil.Must(t, err) })
	x.wantVLANs("t0", append([]VLAN{{ID: 1, Untagged: true}}, sorted...)...)

	only := wantedPort(Port().OnlyVLANs(some...))
	ensure := func(s iplink.Spec, want ...string) {
		t.Helper()
		x.In(func() {
			c, err := iplink.Dial()
			testutil.Must(t, err)
			defer c.Close()
			changes, err := c.Ensure(t.Context(), s)
			testutil.Must(t, err)
			if got := spelled(changes[0].Differences); !slices.Equal(got, want) {
				t.Errorf("differences %q, want %q", got, want)
			}
		})
	}
	ensure(spec)
	ensure(only, "vlan: have vid 1 untagged, want none")
	ensure(only)
	x.wantVLANs("t0", sorted...)
	testutil.Bridge(t, x.File, "vlan", "del", "vid", "12-13", "dev", "t0")
	testutil.Bridge(t, x.File, "vlan", "add", "vid", "15", "untagged", "dev", "t0")
	testutil.Bridge(t, x.File, "vlan", "add", "vid", "99", "dev", "t0")
	ensure(only, "vlan: have vid 99, want none", "vlan: have none, want vid 12-13", "vlan: have vid 15 untagged, want vid 15")
	x.wantVLANs("t0", sorted...)

	x.Batch("link del t0")
	x.In(func() { _, err := only.Create(t.Context()); testutil.Must(t, err) })
	x.wantVLANs("t0", sorted...)
	x.Batch("link del t0")
	testutil.Shell(t, x.File, only.String())
	x.wantVLANs("t0", sorted...)
}

func TestPortVLANsAll(t *testing.T) {
	x := newScratch(t, "")
	x.In(func() {
		_, err := wantedPort(Port().OnlyVLANs(VLANRange(1, 4094)...)).Create(t.Context())
		testutil.Must(t, err)
	})
	x.wantVLANs("t0", VLANRange(1, 4094)...)
}

// TestOwnVLANs is about the VLANs of the bridge itself, and tunnels of a port.
func TestOwnVLANs(t *testing.T) {
	x := newScratch(t, "")
	x.In(func() {
		_, err := New("br0").OnlyVLANs(VLAN{ID: 7, PVID: true}).Ensure(t.Context())
		testutil.Must(t, err)
		x.wantVLANs("br0", VLAN{ID: 7, PVID: true})
		tunnelled := wantedPort(Port().VLANTunnel(true).OnlyVLANs(VLAN{ID: 7, Tunnel: 700}, VLAN{ID: 8, Tunnel: 701}))
		_, err = tunnelled.Create(t.Context())
		testutil.Must(t, err)
		x.wantVLANs("t0", VLAN{ID: 7, Tunnel: 700}, VLAN{ID: 8, Tunnel: 701})
		change, err := tunnelled.Ensure(t.Context())
		if err != nil || change.Changed() {
			t.Errorf("%+v, %v", change, err)
		}
	})
}

// TestPortVLANsUndone has a later link of the call fail.
func TestPortVLANsUndone(t *testing.T) {
	x := newScratch(t, "")
	x.In(func() {
		c, err := iplink.Dial()
		testutil.Must(t, err)
		defer c.Close()
		before := x.Names()
		_, err = c.Create(t.Context(), wantedPort(Port().VLANs(VLAN{ID: 7})), New("p1"))
		wants(t, err, fs.ErrExist)
		if after := x.Names(); !slices.Equal(before, after) {
			t.Errorf("%v is left of %v", after, before)
		}
		_, err = wantedPort(Port().VLANs(VLAN{ID: 7, Tunnel: 70})).Create(t.Context())
		if err == nil || !strings.Contains(err.Error(), "vlan vid 7") || !strings.Contains(err.Error(), "VLANTunnel") {
			t.Errorf("error %v", err)
		}
	})
}

func TestVLANFaults(t *testing.T) {
	for text, p := range map[string]*PortBuilder{
		"vid 0 is not in 1…4094":        Port().VLANs(VLAN{}),
		"a range that ends before it b": Port().OnlyVLANs(VLANRange(20, 10)...),
		"or is from a range":            Port().VLANs(VLAN{Tunnel: 70}),
		"vid 4095 is not in 1…4094":     Port().OnlyVLANs(VLAN{ID: 4095}),
		"both 3 and 7 are to be":        Port().VLANs(VLAN{ID: 7, PVID: true}, VLAN{ID: 3, PVID: true}),
		"VLAN 8 is given twice":         Port().VLANs(VLAN{ID: 8, Tunnel: 70}, VLAN{ID: 8, Tunnel: 71}),
		"VLAN 7 is given twice":         Port().VLANs(VLAN{ID: 7}).VLANs(VLAN{ID: 7, Untagged: true}),
		"exclude each other":            Port().VLANs(VLAN{ID: 7}).OnlyVLANs(VLAN{ID: 8}),
		"the tunnel 16777216 of VLAN":   Port().VLANs(VLAN{ID: 7, Tunnel: 1 << 24}),
	} {
		_, err := wantedPort(p).Create(t.Context())
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || !errors.Is(err, fs.ErrInvalid) || e.Name != "t0" || !strings.HasSuffix(e.Attr, "VLANs") || !strings.Contains(e.Message, text) {
			t.Errorf("error %v, want %s", err, text)
		}
	}
}
