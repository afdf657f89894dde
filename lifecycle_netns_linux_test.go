package iplink_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// spaces are the namespaces of a test: that of the Conn, and two others.
type spaces struct {
	home       *os.File
	a, b       *iplink.NetNS
	aDir, bDir *os.File
}

func newSpaces(t *testing.T) spaces {
	s := spaces{home: testutil.NetNS(t), a: unnamed(t), b: unnamed(t)}
	s.aDir, s.bDir = fileOf(t, s.a), fileOf(t, s.b)
	testutil.IPBatch(t, s.home, "link add pad1 type bridge", "link add pad2 type bridge", "link add under index 77 type veth peer name under1")
	return s
}

// fileOf returns another descriptor of a namespace, for `ip`.
func fileOf(t *testing.T, ns *iplink.NetNS) *os.File {
	t.Helper()
	var file *os.File
	err := ns.Do(func() (err error) {
		file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// TestCreateInNetNS makes links whose ends and parents are in several
// namespaces, and looks with `ip` where they are.
func TestCreateInNetNS(t *testing.T) {
	for name, c := range map[string]struct {
		spec       func(spaces) iplink.Spec
		home, a, b []string // what is there afterwards
	}{
		"main end": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Peer(veth.New("t1").MTU(1281)) },
			[]string{"t1"}, []string{"t0"}, nil},
		"peer": {func(s spaces) iplink.Spec { return veth.New("t0").Peer(veth.New("t1").NetNS(s.b).Up().Alias("there")) },
			[]string{"t0"}, nil, []string{"t1"}},
		"both": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Up().Peer(veth.New("t1").NetNS(s.b).Up()) },
			nil, []string{"t0"}, []string{"t1"}},
		"both in one": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Up().Peer(veth.New("t1").NetNS(s.a).Up()) },
			nil, []string{"t0", "t1"}, nil},
		"same name": {func(s spaces) iplink.Spec { return veth.New("t0").NetNS(s.a).Peer(veth.New("t0").NetNS(s.b)) },
			nil, []string{"t0"}, []string{"t0"}},
		"name that is taken at home": {func(s spaces) iplink.Spec { return veth.New("under").NetNS(s.a).Peer(veth.New("pad1").NetNS(s.b)) },
			nil, []string{"under"}, []string{"pad1"}},
		"parent at home": {func(s spaces) iplink.Spec { return macvlan.New("t0").Parent("under").NetNS(s.a) },
			nil, []string{"t0"}, nil},
		"parent at home by index": {func(s spaces) iplink.Spec { return macvlan.New("t0").ParentIndex(77).NetNS(s.b).Up().Alias("x") },
			nil, nil, []string{"t0"}},
		"underlay at home": {func(s spaces) iplink.Spec { return vxlan.New("t0").VNI(7).Dev("under").NetNS(s.a) },
			nil, []string{"t0"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpaces(t)
			before := linkNames(t, s.home)
			_, err := inNetNS(t, s.home, func(conn *iplink.Conn) (any, error) { return conn.Create(t.Context(), c.spec(s)) })
			if err != nil {
				t.Fatal(err)
			}
			same(t, "home", linkNames(t, s.home), append(before, c.home...))
			same(t, "a", linkNames(t, s.aDir), append([]string{"lo"}, c.a...))
			same(t, "b", linkNames(t, s.bDir), append([]string{"lo"}, c.b...))
		})
	}
}

// same compares lists regardless of their order.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestCreateWithLinkNetNS makes a link here whose parent is elsewhere.
func TestCreateWithLinkNetNS(t *testing.T) {
	s := newSpaces(t)
	testutil.IPBatch(t, s.aDir, "link add below index 291 type veth peer name below1")
	for i, spec := range []iplink.Spec{
		macvlan.New("t0").Parent("below").LinkNetNS(s.a),
		macvlan.New("t1").Parent("below").LinkNetNS(s.a).NetNS(s.b),
	} {
		got, err := inNetNS(t, s.home, func(conn *iplink.Conn) ([]*iplink.Link, error) { return conn.Create(t.Context(), spec) })
		if err != nil {
			t.Fatal(err)
		}
		if l := got[0]; l.Parent != 0x123 || l.NetNSID < 0 {
			t.Errorf("%s sits on %d in namespace %d", l.Name, l.Parent, l.NetNSID)
		}
		where := []*os.File{s.home, s.bDir}[i]
		l := testutil.LinkJSON(t, where, fmt.Sprint("t", i))
		if l["link_index"] != float64(0x123) || l["link_netnsid"] == nil {
			t.Errorf("ip: %v", l)
		}
	}
}

// TestUnderlayWithLinkNetNS makes a VXLAN whose underlay is elsewhere. The
// kernel reports the VXLAN itself as what it sits on.
func TestUnderlayWithLinkNetNS(t *testing.T) {
	s := newSpaces(t)
	testutil.IPBatch(t, s.aDir, "link add below index 291 type veth peer name below1")
	got, err := inNetNS(t, s.home, func(conn *iplink.Conn) ([]*iplink.Link, error) {
		return conn.Create(t.Context(), vxlan.New("t0").VNI(7).Dev("below").LinkNetNS(s.a))
	})
	if err != nil {
		t.Fatal(err)
	}
	if dev := got[0].Info.(*iplink.VXLANInfo).Dev; dev != 0x123 || got[0].NetNSID < 0 {
		t.Errorf("underlay %d in namespace %d", dev, got[0].NetNSID)
	}
	w := &witness{ns: s.home}
	inData("link", "if291", nil).ask(t, w, 0)
}
