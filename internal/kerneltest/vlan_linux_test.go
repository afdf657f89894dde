package kerneltest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
)

// TestVLANProc has the kernel say in its own words what was set and changed.
func TestVLANProc(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, dummy.New("under").Up(), vlan.New("v0").Parent("under").ID(0x123).ReorderHdr(false).LooseBinding(true).
		IngressQoSMap(map[uint32]uint32{1: 0x123456, 5: 3}).EgressQoSMap(map[uint32]uint32{0x12: 1, 0x34: 5}))
	procSays(ns, "v0", "v0  VID: 291\t REORDER_HDR: 0  dev->priv_flags:", "Device: under",
		"INGRESS priority mappings: 0:0  1:1193046  2:0  3:0  4:0  5:3  6:0 7:0", "EGRESS priority mappings: 18:1 52:5")
	lab.Updated(t, c, vlan.New("v0").ReorderHdr(true).IngressQoSMap(map[uint32]uint32{5: 0, 6: 2}).EgressQoSMap(map[uint32]uint32{0x12: 7}))
	procSays(ns, "v0", "v0  VID: 291\t REORDER_HDR: 1  dev->priv_flags:",
		"INGRESS priority mappings: 0:0  1:1193046  2:0  3:0  4:0  5:0  6:2 7:0", "EGRESS priority mappings: 18:7 52:5")
	if l := ns.Link("v0"); !strings.Contains(fmt.Sprint(l["linkinfo"]), "LOOSE_BINDING") {
		t.Errorf("a flag that was not named has changed: %v", l["linkinfo"])
	}
}

// TestVLANOnly demands exactly the entries that were asked for, by each verb, from a map
// that another program has changed as well.
func TestVLANOnly(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, dummy.New("under"), vlan.New("v0").Parent("under").ID(7).
		OnlyIngressQoSMap(map[uint32]uint32{1: 2}).OnlyEgressQoSMap(map[uint32]uint32{70000: 3, 5: 0}))
	qosMaps(ns, "1:2", "70000:3")
	ns.IP("link set v0 type vlan ingress-qos-map 3:4 egress-qos-map 6:7 70000:2")
	want := vlan.New("v0").OnlyIngressQoSMap(map[uint32]uint32{1: 5, 3: 4}).OnlyEgressQoSMap(map[uint32]uint32{70000: 3}).EgressQoSMap(map[uint32]uint32{8: 1})
	diffs, err := c.Diff(t.Context(), want)
	testutil.Must(t, err)
	if got, due := fmt.Sprint(diffs), "[ingress-qos-map: have 1:2 3:4, want 1:5 3:4 egress-qos-map: have 6:7 70000:2, want 6:0 8:1 70000:3]"; got != due {
		t.Errorf("differences\n%s, want\n%s", got, due)
	}
	lab.Ensured(t, c, want, false, "ingress-qos-map", "egress-qos-map")
	qosMaps(ns, "1:5 3:4", "70000:3 8:1")
	lab.Ensured(t, c, want, false)
	lab.Updated(t, c, vlan.New("v0").OnlyIngressQoSMap(map[uint32]uint32{7: 1}))
	qosMaps(ns, "7:1", "70000:3 8:1")
	lab.Updated(t, c, vlan.New("v0").OnlyIngressQoSMap(nil).OnlyEgressQoSMap(nil))
	qosMaps(ns, "", "")
	text := vlan.New("").Index(7).OnlyEgressQoSMap(map[uint32]uint32{1: 2}).String()
	if due := "ip link set dev if7 type vlan egress-qos-map 1:2 # ip has no word for: no other entries of egress-qos-map"; text != due {
		t.Errorf("%s, want\n%s", text, due)
	}
}

// qosMaps demands the entries of both maps of v0, as `ip` has them.
func qosMaps(ns *testutil.Lab, ingress, egress string) {
	ns.Helper()
	var all []struct {
		LinkInfo struct {
			Data struct {
				Ingress []struct{ From, To uint32 } `json:"ingress_qos"`
				Egress  []struct{ From, To uint32 } `json:"egress_qos"`
			} `json:"info_data"`
		} `json:"linkinfo"`
	}
	if err := json.Unmarshal([]byte(ns.IP("-d -j link show v0")), &all); err != nil {
		ns.Fatal(err)
	}
	words := func(entries []struct{ From, To uint32 }) string {
		var text []string
		for _, e := range entries {
			text = append(text, fmt.Sprintf("%d:%d", e.From, e.To))
		}
		slices.Sort(text)
		return strings.Join(text, " ")
	}
	data := all[0].LinkInfo.Data
	if in, out := words(data.Ingress), words(data.Egress); in != ingress || out != egress {
		ns.Errorf("ingress %q, want %q; egress %q, want %q", in, ingress, out, egress)
	}
}

// procSays demands texts of what the kernel has about a VLAN in /proc.
func procSays(ns *testutil.Lab, name string, texts ...string) {
	ns.Helper()
	said, err := ns.Proc("vlan/" + name)
	for _, text := range texts {
		if err != nil || !strings.Contains(said, text) {
			ns.Errorf("%q is not in\n%s%v", text, said, err)
		}
	}
}

// TestVLANExplains demands reasons where the kernel has none.
func TestVLANExplains(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	c, _ := lab.Scratch(t)
	lab.MustCreate(t, c, dummy.New("under").MTU(1400))
	for _, test := range []struct {
		spec  *vlan.Builder
		errno syscall.Errno
		text  string
	}{
		{vlan.New("v0").Parent("under").ID(7).MTU(1401), syscall.EINVAL, "1401 is more than the parent's 1400: raise that of under first"},
		{vlan.New("v0").Parent("under").ID(7).Up(), syscall.ENETDOWN, "the parent is down: bring it up first, or set LooseBinding"},
		{vlan.New("v0").Parent("lo").ID(7), syscall.EOPNOTSUPP, "VLANs not supported on device"},
	} {
		_, err := c.Create(t.Context(), test.spec)
		if !errors.Is(err, test.errno) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%v: error %v, want %s", test.spec, err, test.text)
		}
	}
	lab.MustCreate(t, c, vlan.New("v0").Parent("under").ID(7).Up().LooseBinding(true))
	_, err := c.Create(t.Context(), vlan.New("v1").Parent("under").ID(7))
	if !errors.Is(err, syscall.EEXIST) || !strings.Contains(err.Error(), "VLAN device already exists") {
		t.Errorf("error %v of a VLAN that is there already", err)
	}
}

// TestVLANOnPeer makes a VLAN that is up on the end of a pair that comes up only
// once both ends exist.
func TestVLANOnPeer(t *testing.T) {
	testutil.Need(t, iplink.KindVLAN)
	c, ns := lab.Scratch(t)
	_, err := c.Create(t.Context(), veth.New("ve0").Up().Peer(veth.New("ve1").Up()), vlan.New("v7").Parent("ve1").ID(7).Up())
	if err != nil {
		t.Fatal(err)
	}
	if l := ns.Link("v7"); l["link"] != "ve1" || l["operstate"] == "DOWN" {
		t.Errorf("got %v", l)
	}
}
