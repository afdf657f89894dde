package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestDeleteSpecs deletes in three namespaces the links that Create has made, and no
// others.
func TestDeleteSpecs(t *testing.T) {
	c, ns := lab.Scratch(t)
	labs := []*testutil.Lab{ns, testutil.NewLab(t), testutil.NewLab(t)}
	one, two := lab.NetNS(labs[1]), lab.NetNS(labs[2])
	for _, l := range labs {
		l.Batch("link add foreign0 type bridge", "link add foreign1 type veth peer name foreign2")
	}
	specs := []iplink.Spec{
		bridge.New("br0"),
		veth.New("a0").Master("br0").Peer(veth.New("a1").NetNS(one)),
		veth.New("b0").NetNS(one).Peer(veth.New("b1").NetNS(two)),
		vxlan.New("vx0").NetNS(one).VNI(4660),
		bridge.New("br1"), veth.New("c0"),
		macvlan.New("mv0").Parent("c0").NetNS(two),
	}
	before := map[int][]string{}
	for i, l := range labs {
		before[i] = l.Names()
	}
	lab.MustCreate(t, c, specs...)
	unnamed := len(ns.Names())
	if unnamed != 9 {
		t.Fatalf("links %v", ns.Names())
	}
	for range 2 { // the second time all are missing
		if err := c.DeleteSpecs(t.Context(), specs...); err != nil {
			t.Fatal(err)
		}
		for i, l := range labs {
			if got := l.Names(); !slices.Equal(got, before[i]) {
				t.Errorf("namespace %d: links %v, want %v", i, got, before[i])
			}
		}
	}
	lab.MustCreate(t, c, veth.New("b1").NetNS(two)) // the other end of a spec alone
	testutil.In(t, ns.File, func() {
		if err := iplink.DeleteSpecs(t.Context(), specs...); err != nil {
			t.Error(err)
		}
	})
	if got := labs[2].Names(); !slices.Equal(got, before[2]) {
		t.Errorf("links %v", got)
	}
}

// TestDeleteSpecsRefused deletes nothing at all if one of the specs cannot be deleted.
func TestDeleteSpecsRefused(t *testing.T) {
	c, ns := lab.Scratch(t)
	far := testutil.NewLab(t)
	there := lab.NetNS(far)
	ns.Batch("link add br0 type bridge", "link add vx0 type vxlan id 4660 dstport 4789")
	far.IP("link", "add", "a1", "type", "bridge")
	before := ns.IP("-d", "-j", "link") + far.IP("-d", "-j", "link")
	ended, end := context.WithCancelCause(t.Context())
	end(syscall.EDOM)
	for name, call := range map[string]struct {
		ctx   context.Context
		specs []iplink.Spec
		want  error
		text  string
	}{
		"kind":       {t.Context(), []iplink.Spec{bridge.New("br0"), bridge.New("vx0")}, iplink.ErrKind, "delete bridge vx0"},
		"first":      {t.Context(), []iplink.Spec{bridge.New("vx0"), bridge.New("br0")}, iplink.ErrKind, "delete bridge vx0"},
		"peer":       {t.Context(), []iplink.Spec{veth.New("a0").Peer(veth.New("a1").NetNS(there)), bridge.New("br0")}, iplink.ErrKind, "delete veth a1"},
		"loopback":   {t.Context(), []iplink.Spec{bridge.New("lo"), bridge.New("br0")}, iplink.ErrKind, "delete bridge lo"},
		"device":     {t.Context(), []iplink.Spec{iplink.Device("vx0"), bridge.New("br0")}, fs.ErrInvalid, "Device"},
		"absent":     {t.Context(), []iplink.Spec{iplink.Absent("vx0"), bridge.New("br0")}, fs.ErrInvalid, "only Ensure"},
		"prune":      {t.Context(), []iplink.Spec{iplink.Prune(iplink.OfGroup(0)), bridge.New("br0")}, fs.ErrInvalid, "only Ensure"},
		"nil":        {t.Context(), []iplink.Spec{nil, bridge.New("br0")}, fs.ErrInvalid, "nil"},
		"zero":       {t.Context(), []iplink.Spec{new(bridge.Builder), bridge.New("br0")}, fs.ErrInvalid, "zero"},
		"name":       {t.Context(), []iplink.Spec{bridge.New("a/b"), bridge.New("br0")}, fs.ErrInvalid, "a/b"},
		"no name":    {t.Context(), []iplink.Spec{bridge.New(""), bridge.New("br0")}, fs.ErrInvalid, "empty"},
		"no context": {ended, []iplink.Spec{vxlan.New("vx0"), bridge.New("br0")}, syscall.EDOM, "br0"},
	} {
		err := c.DeleteSpecs(call.ctx, call.specs...)
		if !errors.Is(err, call.want) || !strings.Contains(err.Error(), call.text) {
			t.Errorf("%s: %v", name, err)
		}
		if after := ns.IP("-d", "-j", "link") + far.IP("-d", "-j", "link"); after != before {
			t.Fatalf("%s: links %s\nbefore %s", name, after, before)
		}
	}
}

// TestDeleteSpecsDenied names the link that the kernel does not delete.
func TestDeleteSpecsDenied(t *testing.T) {
	_, ns := lab.Scratch(t)
	ns.Batch("link add br0 type bridge", "link add br1 type bridge")
	withoutNetAdmin(t, ns, func() {
		err := iplink.DeleteSpecs(t.Context(), bridge.New("br0"))
		if !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "delete br0: ") {
			t.Error(err)
		}
		if err := iplink.DeleteSpecs(t.Context(), bridge.New("br0"), bridge.New("br1")); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "delete br1: ") {
			t.Error(err)
		}
	})
}

// TestDeleteIndex deletes by index alone and with others, and nothing if one is missing.
func TestDeleteIndex(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 index 4660 type bridge", "link add a0 index 4661 type veth peer name a1 index 4662",
		"link add br1 index 4663 type bridge", "link add br2 index 4664 type bridge", "link property add dev br2 altname second-name")
	before := ns.IP("-d", "-j", "link")
	for _, call := range []struct {
		indexes []int
		want    error
		text    string
	}{
		{[]int{4660, 4699}, fs.ErrNotExist, "delete with index 4699"}, {[]int{4660, 0}, fs.ErrInvalid, "index"}, {[]int{-7}, fs.ErrInvalid, "-7"},
		{[]int{4660, 1}, syscall.EOPNOTSUPP, "delete lo"},
	} {
		if err := c.DeleteIndex(t.Context(), call.indexes...); !errors.Is(err, call.want) || !strings.Contains(err.Error(), call.text) {
			t.Errorf("%v: %v", call.indexes, err)
		}
		if after := ns.IP("-d", "-j", "link"); after != before {
			t.Fatalf("%v: links %s\nbefore %s", call.indexes, after, before)
		}
	}
	if err := c.DeleteIndex(t.Context(), 4660); err != nil {
		t.Error(err)
	}
	if got := ns.Names(); !slices.Equal(got, []string{"lo", "a1", "a0", "br1", "br2"}) && !slices.Equal(got, []string{"lo", "a0", "a1", "br1", "br2"}) {
		t.Errorf("links %v", got)
	}
	testutil.In(t, ns.File, func() {
		if err := iplink.DeleteIndex(t.Context(), 4662, 4661, 4664, 4662); err != nil {
			t.Error(err)
		}
	})
	if got := ns.Names(); !slices.Equal(got, []string{"lo", "br1"}) {
		t.Errorf("links %v", got)
	}
	if err := c.DeleteIndex(t.Context(), 4660); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("again: %v", err)
	}
	if err := c.DeleteIndex(t.Context()); err != nil {
		t.Error(err)
	}
}
