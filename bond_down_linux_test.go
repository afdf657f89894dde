package iplink_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// TestBondDownKeepsLayer3 changes what takes a bond down, and demands that what
// the builder wants above the link layer is there afterwards.
func TestBondDownKeepsLayer3(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := scratch(t)
	wanted := func() *bond.Builder {
		return bond.New("b0").Mode(bond.IEEE8023AD).Up().
			Addrs(inet.Addr{Prefix: prefix("192.0.2.17/28"), ValidLifetime: 600 * time.Second}, inet.Addr{Prefix: prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD}).
			DefaultRoute(addr("192.0.2.18")).DefaultRoute(addr("2001:db8::18")).
			Neighs(inet.Neigh{Addr: addr("192.0.2.18"), LLAddr: otherMAC})
	}
	created(t, c, wanted())
	before := layer3Of(t, ns.file, "b0")
	for _, verb := range []func(*bond.Builder) error{
		func(b *bond.Builder) error { _, err := c.Update(t.Context(), b.LACPRate(bond.LACPFast)); return err },
		func(b *bond.Builder) error { _, err := c.Ensure(t.Context(), b.LACPRate(bond.LACPSlow)); return err },
	} {
		if err := verb(wanted().DownFirst()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, layer3Of(t, ns.file, "b0")); diff != "" {
			t.Errorf("lost: %s", diff)
		}
		mended(t, c, wanted(), 0, "nothing")
	}
}

// TestMasterTakesNoPorts joins what nothing can join.
func TestMasterTakesNoPorts(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
	for _, spec := range []iplink.Spec{iplink.Device("v1").Master("v0"), bridge.New("br0").Master("v0"), veth.New("w0").Master("v0")} {
		_, err := c.Update(t.Context(), spec)
		if strings.Contains(spec.String(), "add") {
			_, err = c.Create(t.Context(), spec)
		}
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "(v0 is a veth and takes no ports)") {
			t.Errorf("%v: error %v", spec, err)
		}
	}
	_, err := c.Create(t.Context(), veth.New("x0"), veth.New("x1").Master("x0"))
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "create veth x1: operation not supported (x0 is a veth and takes no ports)") {
		t.Errorf("error %v", err)
	}
}

// TestBondQueueTaken gives two ports of a bond one queue.
func TestBondQueueTaken(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, _ := scratch(t)
	created(t, c, bond.New("b0"), dummy.New("p1").Master("b0").PortSettings(bond.Port().QueueID(3)), dummy.New("p2").Master("b0"))
	const text = "queue_id: another port of the bond has that queue, or the bond has none of that number"
	for _, do := range []func() error{
		func() error {
			_, err := c.Update(t.Context(), iplink.Device("p2").PortSettings(bond.Port().QueueID(3)))
			return err
		},
		func() error {
			_, err := c.Ensure(t.Context(), dummy.New("p2").PortSettings(bond.Port().QueueID(99)))
			return err
		},
		func() error {
			_, err := c.Create(t.Context(), dummy.New("p3").Master("b0").PortSettings(bond.Port().QueueID(3)))
			return err
		},
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("error %v, want %s", err, text)
		}
	}
}
