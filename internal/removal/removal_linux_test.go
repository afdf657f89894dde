package removal

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestByIndex deletes a link, and leaves two alone: one that has another name by now, and
// one that is of another kind. They are in their groups afterwards.
func TestByIndex(t *testing.T) {
	ns := testutil.NewLab(t)
	ns.IP("link add gone group 18 type bridge")
	ns.IP("link add renamed group 4660 type bridge")
	ns.IP("link add other group 22136 type vxlan id 4660 dstport 4789")
	rt := testutil.OpenedBy(ns, func() (*rtnl.Conn, error) { return rtnl.Dial(rtnl.Here) })
	held := rtnl.Held{Conn: rt}
	index := func(name string) int { return int(ns.Link(name)["ifindex"].(float64)) }
	links := []Target{
		{Index: index("gone"), Name: "gone", Kind: "bridge"},
		{Index: index("renamed"), Name: "before", Kind: "bridge"},
		{Index: index("other"), Name: "other", Kind: "bridge"},
	}
	r := New(held, held, map[int]uint32{})
	if err := r.ByIndex(t.Context(), links); err != nil {
		t.Error(err)
	}
	if got := ns.Names(); !slices.Equal(got, []string{"lo", "renamed", "other"}) {
		t.Errorf("links %v", got)
	}
	for name, group := range map[string]string{"renamed": "4660", "other": "22136"} {
		if got := ns.Link(name)["group"]; got != group {
			t.Errorf("%s is in group %v, want %s", name, got, group)
		}
	}
	for i, want := range []bool{false, false, true} {
		if got := r.Has(t.Context(), links[i]); got != want {
			t.Errorf("%s is there: %v", links[i].Name, got)
		}
	}
}

// TestBatchLen makes a batch smaller if the kernel waits for some of its links.
func TestBatchLen(t *testing.T) {
	links := make([]Target, 100)
	for i := range links {
		links[i] = Target{Index: i + 1, Waits: i%10 == 0}
	}
	for most, want := range map[int]int{50: 10, 1024: 100, 1: 1, 32: 1, 33: 2} {
		if got := batchLen(links, most); got != want {
			t.Errorf("%d links of at most %d, want %d", got, most, want)
		}
	}
}
