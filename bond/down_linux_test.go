package bond_test

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
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// TestBondDownKeepsLayer3 changes what takes a bond down, and demands that what
// the builder wants above the link layer is there afterwards.
func TestBondDownKeepsLayer3(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	wanted := func() *bond.Builder {
		return bond.New("b0").Mode(bond.IEEE8023AD).Up().
			Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), ValidLifetime: 600 * time.Second}, inet.Addr{Prefix: lab.Prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD}).
			DefaultRoute(lab.Addr("192.0.2.18")).DefaultRoute(lab.Addr("2001:db8::18")).
			Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.18"), LLAddr: lab.OtherMAC})
	}
	lab.MustCreate(t, c, wanted())
	before := lab.Layer3Of(t, ns.File, "b0")
	for _, verb := range []func(*bond.Builder) error{
		func(b *bond.Builder) error { _, err := c.Update(t.Context(), b.LACPRate(bond.LACPFast)); return err },
		func(b *bond.Builder) error { _, err := c.Ensure(t.Context(), b.LACPRate(bond.LACPSlow)); return err },
	} {
		if err := verb(wanted().DownFirst()); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, lab.Layer3Of(t, ns.File, "b0")); diff != "" {
			t.Errorf("lost: %s", diff)
		}
		lab.Mended(t, c, wanted(), 0, "nothing")
	}
}

// TestMasterTakesNoPorts joins what nothing can join.
func TestMasterTakesNoPorts(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "v0", "type", "veth", "peer", "name", "v1")
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
	c, _ := lab.Scratch(t)
	lab.MustCreate(t, c, bond.New("b0"), dummy.New("p1").Master("b0").PortSettings(bond.Port().QueueID(3)), dummy.New("p2").Master("b0"))
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
