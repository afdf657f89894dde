package rtnl

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// named makes a namespace of `ip netns` and opens it.
func named(t *testing.T, ns *os.File) (string, *os.File) {
	t.Helper()
	name := testutil.Name(t)
	testutil.IP(t, ns, "netns", "add", name)
	t.Cleanup(func() { testutil.IP(t, ns, "netns", "del", name) })
	file, err := os.Open("/run/netns/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return name, file
}

// listed returns the ids that `ip netns` lists in a namespace.
func listed(t *testing.T, ns *os.File) (ids []int32) {
	t.Helper()
	var all []struct{ NSID int32 }
	out := testutil.IP(t, ns, "-j", "netns", "list-id")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, id := range all {
		ids = append(ids, id.NSID)
	}
	slices.Sort(ids)
	return ids
}

// TestNSID looks up the id of a namespace that has one, and of one that has none
// yet, as `ip netns` has them.
func TestNSID(t *testing.T) {
	t.Parallel()
	c, ns := dialed(t)
	name, first := named(t, ns)
	_, second := named(t, ns)
	testutil.IP(t, ns, "netns", "set", name, "22136")
	ctx := t.Context()
	if id, err := FindNSID(ctx, c, int(first.Fd())); id != 22136 || err != nil {
		t.Errorf("id %d, error %v, want 22136", id, err)
	}
	if id, err := FindNSID(ctx, c, int(second.Fd())); id != -1 || err != nil {
		t.Errorf("id %d, error %v, want none", id, err)
	}
	made, err := FindOrMakeNSID(ctx, c, int(second.Fd()))
	again, errAgain := FindOrMakeNSID(ctx, c, int(second.Fd()))
	if made < 0 || made != again || err != nil || errAgain != nil {
		t.Errorf("ids %d and %d, errors %v and %v", made, again, err, errAgain)
	}
	ids, err := ListNSIDs(ctx, c.Dump)
	if want := listed(t, ns); err != nil || !slices.Equal(ids, want) || len(ids) != 2 {
		t.Errorf("ids %d, error %v, want %d", ids, err, want)
	}
	// The first one knows the second by another id, which the kernel translates.
	other := dialIn(t, first)
	there, err := FindOrMakeNSID(ctx, other, int(second.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if id, err := TranslateNSID(ctx, c, made, 22136); id != there || err != nil {
		t.Errorf("id %d, error %v, want %d", id, err, there)
	}
	if id, err := FindNSID(ctx, c, int(os.Stdin.Fd())); id != -1 || err == nil {
		t.Errorf("id %d, error %v of what is not a namespace", id, err)
	}
}

func TestParseNSID(t *testing.T) {
	whole := wire.AppendU32(appendRTGen(nil), uapi.NETNSA_NSID, 0x1234)
	for _, c := range []struct {
		data []byte
		id   int32
		ok   bool
	}{{whole, 0x1234, true}, {whole[:11], -1, false}, {whole[:4], -1, false}, {nil, -1, false}} {
		if id, ok := ParseNSID(wire.Message{Data: c.data}); id != c.id || ok != c.ok {
			t.Errorf("id %#x, %v in % x, want %#x, %v", id, ok, c.data, c.id, c.ok)
		}
	}
	if b := AppendTarget(nil, uapi.IFLA_TARGET_NETNSID, OwnNetNS); b != nil {
		t.Errorf("% x directs a request home", b)
	}
}
