package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/veth"
)

// TestDeleteTogether names both ends of a pair, a link twice, by another name,
// and links that go with their parents.
func TestDeleteTogether(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "a1", "type", "veth", "peer", "name", "b1")
	ns.IP("link", "property", "add", "dev", "a1", "altname", "a-name-of-more-than-15-bytes")
	ns.IP("link", "add", "m1", "link", "a1", "type", "macvlan")
	ns.IP("link", "add", "m2", "link", "m1", "type", "macvlan")
	ns.IP("link", "add", "br0", "type", "bridge")
	ns.IP("link", "set", "b1", "master", "br0", "up")
	err := c.Delete(t.Context(), "m2", "a1", "b1", "a-name-of-more-than-15-bytes", "br0", "a1", "m1")
	if got := ns.Names(); err != nil || len(got) != 1 {
		t.Errorf("error %v, links %v", err, got)
	}
}

func TestDeleteMissing(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "a1", "group", "4660", "type", "bridge")
	ns.IP("link", "add", "b1", "group", "22136", "type", "bridge")
	before := ns.IP("-d", "-j", "link")
	for _, names := range [][]string{{"nope"}, {"a1", "nope"}, {"a1", "b1", "nope"}, {"a1", "no/name"}} {
		err := c.Delete(t.Context(), names...)
		if want := map[bool]error{true: fs.ErrInvalid, false: fs.ErrNotExist}[names[1%len(names)] == "no/name"]; !errors.Is(err, want) {
			t.Errorf("%v: %v", names, err)
		}
		if after := ns.IP("-d", "-j", "link"); after != before {
			t.Errorf("%v: links %s\nbefore %s", names, after, before)
		}
	}
	var named *iplink.Error
	if err := c.Delete(t.Context(), "a1", "nope"); !errors.As(err, &named) || named.Name != "nope" {
		t.Errorf("%v does not name the link", err)
	}
	if err := c.DeleteIfExists(t.Context(), "a1", "nope", "b1"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteIfExists(t.Context(), "a1", "nope"); err != nil {
		t.Error(err)
	}
	if got := ns.Names(); len(got) != 1 {
		t.Errorf("links %v", got)
	}
}

// TestDeleteCancelled stops before it changes anything.
func TestDeleteCancelled(t *testing.T) {
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("a1"), veth.New("b1"))
	before := ns.IP("-d", "-j", "link")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(syscall.EDOM)
	if err := c.Delete(ctx, "a1", "b1"); !errors.Is(err, syscall.EDOM) {
		t.Errorf("error %v", err)
	}
	if after := ns.IP("-d", "-j", "link"); after != before {
		t.Errorf("links %s\nbefore %s", after, before)
	}
}
