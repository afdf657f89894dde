package iplink_test

import (
	"fmt"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestReadingAllocates little: a Link, what it has of its kind, and what both hold
// of the message. Links of a list are allocated many at a time.
func TestReadingAllocates(t *testing.T) {
	c, _ := scratch(t)
	const n = 200
	var specs []iplink.Spec
	for i := range n {
		specs = append(specs, vxlan.New(fmt.Sprint("x", i)).VNI(uint32(0x1234+i)))
	}
	mustCreate(t, c, specs...)
	mustCreate(t, c, bridge.New("br"))
	get := testing.AllocsPerRun(100, func() {
		if l, err := c.Get(t.Context(), "x77"); err != nil || l.Info.(*iplink.VXLANInfo).VNI != 0x1234+77 {
			t.Fatal(l, err)
		}
	})
	list := testing.AllocsPerRun(10, func() {
		if all, err := c.List(t.Context()); err != nil || len(all) != n+2 {
			t.Fatal(len(all), err)
		}
	})
	t.Logf("%v allocations to get a link, %v to list %d", get, list, n+2)
	if get > 6 || list > 2*n {
		t.Errorf("%v allocations to get a link, want at most 6; %v to list %d, want at most %d", get, list, n+2, 2*n)
	}
}

// TestListedIsAsRead lists links of several kinds, much alike and not, and those that
// were made together: each is as it is when read alone.
func TestListedIsAsRead(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "over", "address", "02:00:00:00:12:34", "type", "veth", "peer", "name", "under")
	ns.ip("link", "set", "over", "alias", "a text for people")
	ns.ip("link", "property", "add", "dev", "over", "altname", "another", "altname", "one-more")
	specs := []iplink.Spec{bridge.New("br").Priority(0x1234)}
	for i := range 40 {
		specs = append(specs, vxlan.New(fmt.Sprint("x", i)).VNI(uint32(0x1234+i)).TTL(uint8(1+i%3)),
			veth.New(fmt.Sprint("v", i)).Master("br").PortSettings(bridge.Port().Cost(uint32(0x12+i%5))))
	}
	made := mustCreate(t, c, specs...)
	all, err := c.List(t.Context())
	if err != nil || len(all) != 3+1+40+80 {
		t.Fatal(len(all), err)
	}
	for _, l := range append(all, made...) {
		isAsRead(t, c, l)
	}
}
