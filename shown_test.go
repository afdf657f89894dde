package iplink_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
)

// unshown are setters that have no effect on the commands: `ip` adds addresses, routes and
// neighbours as Exclusive does, makes persistent tun links and sockets of GTP anyway, and
// has no word for the default of DSCPInherit; the test gives Name the name that is there, and
// PortSettings no settings; an Update finds hardware by its name, and needs no other link.
var unshown = []string{"Exclusive", "Name", "PortSettings", "NoDSCPInherit", "*gtp.Builder.Sockets", "*tun.Builder.Persist", "*tun.Builder.LinkNetNSID",
	"*iplink.DeviceUpdate.Index", "*iplink.DeviceUpdate.LinkNetNSID", "*can.Builder.Index", "*can.Builder.LinkNetNSID", "*dsa.Builder.Index", "*dsa.Builder.LinkNetNSID"}

// TestStringShowsSetters calls each setter of each builder: the commands or their comment
// must change.
func TestStringShowsSetters(t *testing.T) {
	constructors := []any{iplink.Device}
	for _, k := range kindTests {
		if k.build != nil {
			constructors = append(constructors, k.build)
		}
	}
	for _, constructor := range constructors {
		build := reflect.ValueOf(constructor)
		self := build.Type().Out(0)
		for i := range self.NumMethod() {
			m := self.Method(i)
			if m.Type.NumOut() != 1 || m.Type.Out(0) != self || m.Name == "Clone" ||
				slices.Contains(unshown, m.Name) || slices.Contains(unshown, fmt.Sprintf("%v.%s", self, m.Name)) {
				continue
			}
			b := build.Call(samples(build.Type(), 0, 1))[0]
			before := shown(b)
			m.Func.Call(append([]reflect.Value{b}, samples(m.Type, 1, 2)...))
			if after := shown(b); after == before {
				t.Errorf("%v.%s leaves %q as it is", self, m.Name, after)
			}
		}
	}
}

// shown returns the commands of a builder.
func shown(b reflect.Value) string {
	if port, ok := b.Interface().(iplink.PortSpec); ok {
		return iplink.Device("eth0").PortSettings(port).String()
	}
	return fmt.Sprint(b.Interface())
}
