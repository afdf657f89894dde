package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// infoData returns what `ip` says of the settings of a link's kind.
func (ns *scratchNS) infoData(name string) map[string]any {
	ns.t.Helper()
	return ns.link(name)["linkinfo"].(map[string]any)["info_data"].(map[string]any)
}

// TestVXLANZeroIsDefault sets 0 where the kernel has a default for it, and demands
// what `ip` gets.
func TestVXLANZeroIsDefault(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	c, ns := scratch(t)
	ns.ip("link", "add", "vx9", "type", "vxlan", "id", "9", "ageing", "0", "dstport", "0")
	want := ns.infoData("vx9")
	spec := vxlan.New("vx0").VNI(7).Ageing(0).Port(0)
	created(t, c, spec)
	check := func(after string) {
		if got := ns.infoData("vx0"); got["ageing"] != want["ageing"] || got["port"] != want["port"] {
			t.Errorf("%s: ageing %v, port %v; `ip` gets %v, %v", after, got["ageing"], got["port"], want["ageing"], want["port"])
		}
	}
	check("Create")
	ensured(t, c, spec, false)
	updated(t, c, vxlan.New("vx0").Ageing(123*time.Second))
	if got := ns.infoData("vx0")["ageing"]; got != 123. {
		t.Errorf("ageing is %v", got)
	}
	updated(t, c, vxlan.New("vx0").Ageing(0))
	check("Update")
}

// TestVXLANMTU sets an MTU that the underlay cannot carry: a link that is made is
// given less, a change is refused.
func TestVXLANMTU(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	c, ns := scratch(t)
	testutil.IPBatch(t, ns.file, "link add under type veth peer name under1", "link add small mtu 1400 type veth peer name small1")
	for name, spec := range map[string]func() *vxlan.Builder{
		"1450": func() *vxlan.Builder { return vxlan.New("vx0").VNI(7).Dev("under") },
		"1430": func() *vxlan.Builder { return vxlan.New("vx0").VNI(7).Dev("under").Remote(addr("2001:db8::7")) },
	} {
		made := created(t, c, spec().MTU(1500))[0]
		if got := ns.link("vx0")["mtu"]; fmt.Sprint(got) != name || made.MTU == 1500 {
			t.Errorf("made with %v", got)
		}
		ensured(t, c, spec().MTU(1500), false)
		if said, err := ns.output("ip", "link", "set", "vx0", "mtu", "1500"); err == nil {
			t.Errorf("`ip` can: %s", said)
		}
		for _, s := range []iplink.Spec{vxlan.New("vx0").MTU(1500), spec().MTU(1500).TTL(17), iplink.Device("vx0").MTU(1500)} {
			_, err := c.Update(t.Context(), s)
			if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, syscall.EINVAL) || e.Attr != "mtu" || !strings.Contains(e.Message, "more than the "+name+" that under can carry") {
				t.Errorf("%v: error %v", s, err)
			}
		}
		updated(t, c, vxlan.New("vx0").MTU(made.MTU))
		updated(t, c, vxlan.New("vx0").MTU(1281))
		if got := ns.link("vx0")["mtu"]; got != 1281. {
			t.Errorf("changed to %v", got)
		}
		updated(t, c, vxlan.New("vx0").MTU(made.MTU))
		if _, err := c.Update(t.Context(), vxlan.New("vx0").Dev("small").MTU(made.MTU)); !errors.Is(err, iplink.ErrNotApplied) {
			t.Errorf("the new underlay carries less: error %v, `ip` says %v", err, ns.link("vx0")["mtu"])
		}
		ns.ip("link", "del", "vx0")
	}
}

// TestVXLANFixed changes what the driver changes only within bounds.
func TestVXLANFixed(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	c, ns := scratch(t)
	ns.ip("link", "add", "under", "type", "veth", "peer", "name", "under1")
	for _, test := range []struct {
		args string
		spec *vxlan.Builder
		attr string
	}{
		{"remote 192.0.2.7", vxlan.New("vx0").VNI(7).Port(4789).Remote(addr("2001:db8::7")), "remote"},
		{"remote 2001:db8::7", vxlan.New("vx0").VNI(7).Port(4789).Remote(addr("192.0.2.7")), "remote"},
		{"local 2001:db8::7", vxlan.New("vx0").VNI(7).Port(4789).Local(addr("192.0.2.7")), "local"},
		{"dev under", vxlan.New("vx0").VNI(7).Port(4789).DevIndex(0), "dev"},
	} {
		ns.ip(strings.Fields("link add vx0 type vxlan id 7 dstport 4789 " + test.args)...)
		for _, do := range []func(context.Context, ...iplink.Spec) error{
			func(ctx context.Context, s ...iplink.Spec) error { _, err := c.Update(ctx, s...); return err },
			func(ctx context.Context, s ...iplink.Spec) error { _, err := c.Ensure(ctx, s...); return err },
		} {
			err := do(t.Context(), test.spec)
			if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, iplink.ErrImmutable) || e.Attr != test.attr {
				t.Errorf("%s, then %v: error %v", test.args, test.spec, err)
			}
		}
		if change := ensured(t, c, test.spec.Clone().Recreate(), false, test.attr); !change.Recreated {
			t.Errorf("%s, then %v: %+v", test.args, test.spec, change)
		}
		ensured(t, c, test.spec, false)
		ns.ip("link", "del", "vx0")
	}
	ns.ip("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789")
	ensured(t, c, vxlan.New("vx0").Remote(addr("2001:db8::7")).Port(4789).Recreate(), false, "remote")
	updated(t, c, vxlan.New("vx0").Remote(addr("2001:db8::8")))
	updated(t, c, vxlan.New("vx0").Dev("under"))
	updated(t, c, vxlan.New("vx0").Remote(addr("ff05::123")))
	if got := ns.infoData("vx0")["group6"]; got != "ff05::123" {
		t.Errorf("%v", ns.infoData("vx0"))
	}
}
