package iplink_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestByIndex finds links of several kinds by their index alone.
func TestByIndex(t *testing.T) {
	c, ns := scratch(t)
	testutil.IPBatch(t, ns.file, "link add br0 index 4660 type bridge", "link add v0 index 4661 type veth peer name v1 index 4662",
		"link add vx0 index 4663 type vxlan id 7 dstport 4789", "link add mv0 index 4664 link v1 type macvlan")
	updated(t, c, bridge.New("").Index(4660).STP(true))
	if got := ns.infoData("br0")["stp_state"]; got != 1. {
		t.Errorf("stp_state is %v", got)
	}
	specs := []iplink.Spec{bridge.New("").Index(4660).MTU(1281), veth.New("").Index(4661).MTU(1282), macvlan.New("").Index(4664).MTU(1183),
		veth.New("").Index(4662).MTU(1283), vxlan.New("").Index(4663).MTU(1284), iplink.DeviceIndex(1).MTU(1286)}
	names := []string{"br0", "v0", "mv0", "v1", "vx0", "lo"}
	mtus := []float64{1281, 1282, 1183, 1283, 1284, 1286}
	if _, err := c.Ensure(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if got := ns.link(name)["mtu"]; got != mtus[i] {
			t.Errorf("%s has an MTU of %v, want %v", name, got, mtus[i])
		}
		if diffs, err := c.Diff(t.Context(), specs[i]); err != nil || len(diffs) > 0 {
			t.Errorf("%v: %v, %v", specs[i], diffs, err)
		}
		ns.ip("link", "set", name, "mtu", "1111")
		ns.ip(strings.Fields(specs[i].String())[1:]...)
		if got := ns.link(name)["mtu"]; got != mtus[i] {
			t.Errorf("%v: the MTU is %v", specs[i], got)
		}
		ensured(t, c, specs[i], false)
	}
}

// TestByIndexRefused looks for what is not there under an index, or is of another
// kind or name.
func TestByIndexRefused(t *testing.T) {
	c, ns := scratch(t)
	testutil.IPBatch(t, ns.file, "link add br0 index 4660 type bridge", "link add br1 index 4661 type bridge")
	for _, test := range []struct {
		spec iplink.Spec
		want error
	}{
		{bridge.New("").Index(4669).MTU(1281), fs.ErrNotExist},
		{veth.New("").Index(4660).MTU(1281), iplink.ErrKind},
		{bridge.New("br0").Index(4661).MTU(1281), iplink.ErrImmutable},
		{iplink.Device("br0").Index(4661).MTU(1281), iplink.ErrImmutable},
		{bridge.New("").MTU(1281), fs.ErrInvalid},
		{iplink.DeviceIndex(4660).Rename("a/b"), fs.ErrInvalid},
	} {
		_, err := c.Update(t.Context(), test.spec)
		if !errors.Is(err, test.want) {
			t.Errorf("Update of %v: error %v, want %v", test.spec, err, test.want)
		}
		if _, err := c.Ensure(t.Context(), test.spec); !errors.Is(err, test.want) {
			t.Errorf("Ensure of %v: error %v, want %v", test.spec, err, test.want)
		}
	}
	if _, err := c.Create(t.Context(), bridge.New("").Index(4670)); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Create without a name: %v", err)
	}
	for _, name := range []string{"br0", "br1"} {
		if got := ns.link(name)["mtu"]; got != 1500. {
			t.Errorf("%s was touched: %v", name, got)
		}
	}
}

// TestRenamedMeanwhile has the link that is found renamed before each send: that is
// never a success.
func TestRenamedMeanwhile(t *testing.T) {
	for verb, do := range map[string]func(*iplink.Conn) error{
		"Ensure": func(c *iplink.Conn) error { _, err := c.Ensure(t.Context(), bridge.New("br0").MTU(1281)); return err },
		"Update": func(c *iplink.Conn) error { _, err := c.Update(t.Context(), bridge.New("br0").MTU(1281)); return err },
		"Device": func(c *iplink.Conn) error {
			_, err := c.Update(t.Context(), iplink.Device("br0").MTU(1281))
			return err
		},
		"Rename": func(c *iplink.Conn) error {
			_, err := c.Update(t.Context(), iplink.Device("br0").Rename("br1").MTU(1281))
			return err
		},
	} {
		for moment := 1; ; moment++ {
			c, ns := scratch(t)
			ns.ip("link", "add", "br0", "type", "bridge")
			sends := 0
			c.SetHook(func(p rtnl.Point) error {
				if p != rtnl.BeforeSend {
					return nil
				}
				if sends++; sends == moment {
					ns.ip("link", "set", "br0", "name", "other0")
				}
				return nil
			})
			err := do(c)
			if sends < moment {
				break
			}
			if verb == "Rename" && moment > 1 || verb == "Ensure" && moment == 1 {
				continue // the name that comes later counts, and a link that is not found is made
			}
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, renamed before send %d: error %v, want fs.ErrNotExist", verb, moment, err)
			}
		}
	}
}
