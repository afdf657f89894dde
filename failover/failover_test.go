package failover

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
)

// TestGroup sorts links in, and asks which one carries the traffic.
func TestGroup(t *testing.T) {
	link := func(name, parent, port string, flags iplink.Flags, carrier bool) *iplink.Link {
		return &iplink.Link{Name: name, Flags: flags, Carrier: carrier, Hardware: iplink.Hardware{ParentDev: parent, PhysPortName: port}}
	}
	for _, c := range []struct {
		ports                    []*iplink.Link
		standby, primary, active string
	}{
		{nil, "", "", ""},
		{[]*iplink.Link{link("a", "virtio7", "", uapi.IFF_UP, true)}, "a", "", "a"},
		{[]*iplink.Link{link("b", "0000:01:00.0", "", uapi.IFF_UP, true), link("a", "virtio7", "", uapi.IFF_UP, true)}, "a", "b", "b"},
		{[]*iplink.Link{link("a", "virtio7", "", uapi.IFF_UP, true), link("b", "0000:01:00.0", "", uapi.IFF_UP, false)}, "a", "b", "a"},
		{[]*iplink.Link{link("a", "virtio7", "", 0, true), link("b", "0000:01:00.0", "", 0, true)}, "a", "b", ""},
		{[]*iplink.Link{link("b", "", "", uapi.IFF_UP, true), link("a", "", "sby", uapi.IFF_UP, true)}, "a", "b", "b"},
	} {
		group := &Group{Failover: link("f", "virtio7", "", uapi.IFF_UP, true)}
		for _, port := range c.ports {
			group.add(port)
		}
		for what, names := range map[string][2]string{
			"standby": {name(group.Standby), c.standby}, "primary": {name(group.Primary), c.primary}, "active": {name(group.Active()), c.active},
		} {
			if names[0] != names[1] {
				t.Errorf("%s is %q, want %q", what, names[0], names[1])
			}
		}
	}
}

func name(l *iplink.Link) string {
	if l == nil {
		return ""
	}
	return l.Name
}
