package iplink_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestCreateContradictions refuses sets that cannot be made, whatever there is,
// before anything is sent, and names the specs.
func TestCreateContradictions(t *testing.T) {
	c, ns := scratch(t)
	_, other := scratch(t)
	sends := countSends(c)
	for _, test := range []struct {
		want  string
		specs []iplink.Spec
	}{
		{`create bridge a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of vxlan a (#1))`,
			[]iplink.Spec{vxlan.New("a").VNI(7), bridge.New("a")}},
		{`create veth b: name: invalid argument (#1 of 2: "b" in the same namespace is also a name of veth b (#1))`,
			[]iplink.Spec{veth.New("b").Peer(veth.New("b")), bridge.New("a")}},
		{`create bridge a: name: invalid argument (#2 of 2: "a" in the same namespace is also a name of veth b (#1))`,
			[]iplink.Spec{veth.New("b").NetNS(other.NetNS).Peer(veth.New("a")), bridge.New("a").NetNS(ns.NetNS)}},
		{`create bridge b: name: invalid argument (#2 of 2: "same-name" in the same namespace is also a name of bridge a (#1))`,
			[]iplink.Spec{bridge.New("a").AltName("same-name"), bridge.New("b").AltName("same-name")}},
		{`create bridge b: index: invalid argument (#2 of 2: 4660 in the same namespace is also that of bridge a (#1))`,
			[]iplink.Spec{bridge.New("a").Index(0x1234), bridge.New("b").Index(0x1234)}},
		{`create macvlan m: invalid argument (it refers to itself)`,
			[]iplink.Spec{macvlan.New("m").Parent("m")}},
		{`create veth v: invalid argument (#2 of 2: it refers to itself)`,
			[]iplink.Spec{bridge.New("a"), veth.New("v").Master("p").Peer(veth.New("p"))}},
		{`create macvlan a: invalid argument (#1 of 3: they refer to each other: macvlan a (#1) → macvlan c (#3) → macvlan b (#2) → macvlan a (#1))`,
			[]iplink.Spec{macvlan.New("a").Parent("c"), macvlan.New("b").Parent("a"), macvlan.New("c").Parent("b")}},
		{`create vxlan x: invalid argument (#1 of 2: it refers to bridge a (#2), which must come first)`,
			[]iplink.Spec{vxlan.New("x").VNI(7).Master("a"), bridge.New("a")}},
		{`create a: invalid argument (a Device names a link that exists already: use the New of a kind to make one)`,
			[]iplink.Spec{bridge.New("b"), iplink.Device("a").Up()}},
	} {
		_, err := c.Create(t.Context(), test.specs...)
		if !errors.Is(err, fs.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
	if *sends != 0 || len(ns.names()) != 1 {
		t.Errorf("%d sends, links %v", *sends, ns.names())
	}
	mustCreate(t, c, bridge.New("a").Index(0x1234), bridge.New("a").NetNS(other.NetNS).Index(0x1234)) // in different namespaces
}
