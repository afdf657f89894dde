package vxlan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// TestVXLANZeroIsDefault sets 0 where the kernel has a default for it, and demands
// what `ip` gets.
func TestVXLANZeroIsDefault(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "vx9", "type", "vxlan", "id", "9", "ageing", "0", "dstport", "0")
	want := ns.InfoData("vx9")
	spec := vxlan.New("vx0").VNI(7).Ageing(0).Port(0)
	lab.MustCreate(t, c, spec)
	check := func(after string) {
		if got := ns.InfoData("vx0"); got["ageing"] != want["ageing"] || got["port"] != want["port"] {
			t.Errorf("%s: ageing %v, port %v; `ip` gets %v, %v", after, got["ageing"], got["port"], want["ageing"], want["port"])
		}
	}
	check("Create")
	lab.Ensured(t, c, spec, false)
	lab.Updated(t, c, vxlan.New("vx0").Ageing(123*time.Second))
	if got := ns.InfoData("vx0")["ageing"]; got != 123. {
		t.Errorf("ageing is %v", got)
	}
	lab.Updated(t, c, vxlan.New("vx0").Ageing(0))
	check("Update")
}

// TestVXLANMTU sets an MTU that the underlay cannot carry: a link that is made is
// given less, a change is refused.
func TestVXLANMTU(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, "link add under type veth peer name under1", "link add small mtu 1400 type veth peer name small1")
	for name, spec := range map[string]func() *vxlan.Builder{
		"1450": func() *vxlan.Builder { return vxlan.New("vx0").VNI(7).Dev("under") },
		"1430": func() *vxlan.Builder { return vxlan.New("vx0").VNI(7).Dev("under").Remote(lab.Addr("2001:db8::7")) },
	} {
		made := lab.MustCreate(t, c, spec().MTU(1500))[0]
		if got := ns.Link("vx0")["mtu"]; fmt.Sprint(got) != name || made.MTU == 1500 {
			t.Errorf("made with %v", got)
		}
		lab.Ensured(t, c, spec().MTU(1500), false)
		if said, err := ns.Run("ip", "link", "set", "vx0", "mtu", "1500"); err == nil {
			t.Errorf("`ip` can: %s", said)
		}
		for _, s := range []iplink.Spec{vxlan.New("vx0").MTU(1500), spec().MTU(1500).TTL(17), iplink.Device("vx0").MTU(1500)} {
			_, err := c.Update(t.Context(), s)
			if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, syscall.EINVAL) || e.Attr != "mtu" || !strings.Contains(e.Message, "more than the "+name+" that under can carry") {
				t.Errorf("%v: error %v", s, err)
			}
		}
		lab.Updated(t, c, vxlan.New("vx0").MTU(made.MTU))
		lab.Updated(t, c, vxlan.New("vx0").MTU(1281))
		if got := ns.Link("vx0")["mtu"]; got != 1281. {
			t.Errorf("changed to %v", got)
		}
		lab.Updated(t, c, vxlan.New("vx0").MTU(made.MTU))
		if _, err := c.Update(t.Context(), vxlan.New("vx0").Dev("small").MTU(made.MTU)); !errors.Is(err, iplink.ErrNotApplied) {
			t.Errorf("the new underlay carries less: error %v, `ip` says %v", err, ns.Link("vx0")["mtu"])
		}
		ns.IP("link", "del", "vx0")
	}
}

// TestVXLANFixed changes what the driver changes only within bounds.
func TestVXLANFixed(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "veth", "peer", "name", "under1")
	for _, test := range []struct {
		args string
		spec *vxlan.Builder
		attr string
	}{
		{"remote 192.0.2.7", vxlan.New("vx0").VNI(7).Port(4789).Remote(lab.Addr("2001:db8::7")), "remote"},
		{"remote 2001:db8::7", vxlan.New("vx0").VNI(7).Port(4789).Remote(lab.Addr("192.0.2.7")), "remote"},
		{"local 2001:db8::7", vxlan.New("vx0").VNI(7).Port(4789).Local(lab.Addr("192.0.2.7")), "local"},
		{"dev under", vxlan.New("vx0").VNI(7).Port(4789).DevIndex(0), "dev"},
	} {
		ns.IP(strings.Fields("link add vx0 type vxlan id 7 dstport 4789 " + test.args)...)
		for _, do := range []func(context.Context, ...iplink.Spec) error{
			func(ctx context.Context, s ...iplink.Spec) error { _, err := c.Update(ctx, s...); return err },
			func(ctx context.Context, s ...iplink.Spec) error { _, err := c.Ensure(ctx, s...); return err },
		} {
			err := do(t.Context(), test.spec)
			if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, iplink.ErrImmutable) || e.Attr != test.attr {
				t.Errorf("%s, then %v: error %v", test.args, test.spec, err)
			}
		}
		if change := lab.Ensured(t, c, test.spec.Clone().Recreate(), false, test.attr); !change.Recreated {
			t.Errorf("%s, then %v: %+v", test.args, test.spec, change)
		}
		lab.Ensured(t, c, test.spec, false)
		ns.IP("link", "del", "vx0")
	}
	ns.IP("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789")
	lab.Ensured(t, c, vxlan.New("vx0").Remote(lab.Addr("2001:db8::7")).Port(4789).Recreate(), false, "remote")
	lab.Updated(t, c, vxlan.New("vx0").Remote(lab.Addr("2001:db8::8")))
	lab.Updated(t, c, vxlan.New("vx0").Dev("under"))
	lab.Updated(t, c, vxlan.New("vx0").Remote(lab.Addr("ff05::123")))
	if got := ns.InfoData("vx0")["group6"]; got != "ff05::123" {
		t.Errorf("%v", ns.InfoData("vx0"))
	}
}
