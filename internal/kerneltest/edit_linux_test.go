package kerneltest_test

import (
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestEdit changes what every link has, on specs of several kinds, and leaves the
// settings of the kind alone.
func TestEdit(t *testing.T) {
	c, ns := lab.Scratch(t)
	specs := []iplink.Spec{bridge.New("t0").Priority(0x1234), veth.New("t1").Peer(veth.New("t2").MTU(1403)),
		vxlan.New("t3").VNI(4660), macvlan.New("t4").Parent("t1").Mode(macvlan.Private), iplink.Raw("bridge", "t5")}
	for _, spec := range specs {
		edited := iplink.Edit(spec).MTU(1402).Group(22136).Addr(lab.Prefix("192.0.2.33/28")).Up()
		if spec.String() != edited.String() || !strings.Contains(spec.String(), "mtu 1402") {
			t.Errorf("%v, edited %v", spec, edited)
		}
	}
	lab.MustCreate(t, c, specs...)
	links := map[string]lab.IPLink{}
	for _, l := range lab.IPLinks(t, ns.File) {
		links[l.Name] = l
	}
	for i, name := range []string{"t0", "t1", "t3", "t4", "t5"} {
		if l := links[name]; l.MTU != 1402 || !strings.Contains(ns.IP("address", "show", "dev", name), "inet 192.0.2.33/28") || !strings.Contains(ns.IP("link", "show", "dev", name), "group 22136") {
			t.Errorf("%v: %+v", specs[i], l)
		}
	}
	if links["t2"].MTU != 1403 {
		t.Errorf("peer: %+v", links["t2"])
	}
	for name, words := range map[string]string{"t0": "priority 4660", "t3": "id 4660", "t4": "mode private"} {
		if out := ns.IP("-d", "link", "show", "dev", name); !strings.Contains(out, words) {
			t.Errorf("%q is missing in %s", words, out)
		}
	}
	lab.Ensured(t, c, iplink.Edit(specs[0]), false)
	lab.Ensured(t, c, iplink.Edit(specs[0]).Alias("an alias"), false, "alias")
	if links := lab.IPLinks(t, ns.File); links[2].Alias != "an alias" && !strings.Contains(ns.IP("link", "show", "dev", "t0"), "alias an alias") {
		t.Errorf("%+v", links)
	}
}

// TestEditClone copies a builder as an Editor: the copy has the settings of the kind, and
// changes nothing of the original.
func TestEditClone(t *testing.T) {
	c, ns := lab.Scratch(t)
	base := vxlan.New("vx0").VNI(4660).MTU(1403)
	other := iplink.Edit(base).Clone().Name("vx1").MTU(1404)
	base.VNI(4661).Alias("later")
	lab.MustCreate(t, c, base, other)
	for name, want := range map[string][]string{"vx0": {"id 4661", "mtu 1403", "alias later"}, "vx1": {"id 4660", "mtu 1404"}} {
		out := ns.IP("-d", "link", "show", "dev", name)
		for _, words := range want {
			if !strings.Contains(out, words) {
				t.Errorf("%q is missing in %s", words, out)
			}
		}
		if name == "vx1" && strings.Contains(out, "alias") {
			t.Errorf("alias in %s", out)
		}
	}
}

// TestEditRefused refuses whatever is no builder of a link.
func TestEditRefused(t *testing.T) {
	c, _ := lab.Scratch(t)
	for _, spec := range []iplink.Spec{nil, (*bridge.Builder)(nil), iplink.Absent("br0"), iplink.Prune(iplink.OfGroup(7))} {
		edited := iplink.Edit(spec).MTU(1402)
		_, err := c.Ensure(t.Context(), edited)
		lab.Refused(t, err, "Edit", "give a builder")
		if !strings.HasPrefix(edited.String(), "# ") {
			t.Errorf("%v", edited)
		}
	}
	_, err := c.Create(t.Context(), iplink.Edit(new(bridge.Builder)).Name("br0"))
	lab.Refused(t, err, "Spec", "zero")
}
