package iplink_test

import (
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
