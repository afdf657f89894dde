package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// TestCreateAloneSendsTheKindOnly leaves the index to the kernel, which hands
// out small ones.
func TestCreateAloneSendsTheKindOnly(t *testing.T) {
	c, ns := lab.Scratch(t)
	if l := lab.MustCreate(t, c, bridge.New("br"))[0]; l.Index > 100 || ns.Link("br")["ifindex"] != float64(l.Index) {
		t.Errorf("index %d, ip has %v", l.Index, ns.Link("br")["ifindex"])
	}
}

// TestCreateNamesEarlierOnes makes links on links that the same call makes, in
// two namespaces.
func TestCreateNamesEarlierOnes(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, other := lab.Scratch(t)
	lab.MustCreate(t, c,
		bridge.New("br").AltName("a-long-name-for-the-bridge"),
		veth.New("v0").Up().Peer(veth.New("v1").Up()),
		macvlan.New("mv").Parent("v1").Up(),
		vxlan.New("vx").VNI(0x1234).Dev("v0").Master("br").Up(),
		vxlan.New("far").VNI(0x1235).Dev("v0").NetNS(lab.NetNS(other)),
	)
	if m := ns.Link("vx")["master"]; m != "br" {
		t.Errorf("master %v", m)
	}
	if l := ns.Link("mv")["link"]; l != "v1" {
		t.Errorf("parent %v", l)
	}
	if l := other.Link("far"); l["linkinfo"].(map[string]any)["info_kind"] != "vxlan" {
		t.Errorf("%v", l)
	}
}

// TestCreateMissing names the spec and the setting.
func TestCreateMissing(t *testing.T) {
	c, ns := lab.Scratch(t)
	before := ns.Names()
	for text, spec := range map[string]iplink.Spec{
		`create veth v: master: no such device (there is no link "nope" in the namespace of the Conn)`:                                   veth.New("v").Master("nope"),
		`create macvlan m: link: no such device (there is no link "nope" in the namespace of the Conn: LinkNetNS says where else it is)`: macvlan.New("m").Parent("nope"),
		`create vxlan x: dev: no such device (there is no link "nope" in the namespace of the Conn: LinkNetNS says where else it is)`:    vxlan.New("x").VNI(7).Dev("nope"),
	} {
		_, err := c.Create(t.Context(), bridge.New("br"), spec)
		if err == nil || err.Error() != text || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v\nwant %s", err, text)
		}
	}
	if got := ns.Names(); !slices.Equal(got, before) {
		t.Errorf("links %v, before %v", got, before)
	}
}

// TestCreateManyFails undoes many, which go together, and leaves what others
// have in their groups.
func TestCreateManyFails(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, other := lab.Scratch(t)
	ns.IP("link", "add", "taken", "group", "4660", "type", "bridge")
	before := ns.IP("-d", "-j", "link")
	var specs []iplink.Spec
	for i := range lab.Many(t, 40, 200) {
		specs = append(specs, veth.New(fmt.Sprintf("a%d", i)).Peer(veth.New(fmt.Sprintf("b%d", i)).NetNS(lab.NetNS(other)).Up()))
	}
	_, err := c.Create(t.Context(), append(specs, bridge.New("taken"))...)
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	if after := ns.IP("-d", "-j", "link"); after != before {
		t.Errorf("links %s\nbefore %s", after, before)
	}
	if got := other.Names(); len(got) != 1 {
		t.Errorf("in the other namespace %v", got)
	}
}

// TestCreateOnClosedConn says so.
func TestCreateOnClosedConn(t *testing.T) {
	c, ns := lab.Scratch(t)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), bridge.New("br")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Create: %v", err)
	}
	if err := c.Delete(t.Context(), "lo"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Delete: %v", err)
	}
	if got := ns.Names(); len(got) != 1 {
		t.Errorf("links %v", got)
	}
}

// TestCreateWithIndexes honours them, and refuses one that is taken.
func TestCreateWithIndexes(t *testing.T) {
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("a").Index(0x1234), bridge.New("b").Index(0x4321))
	if a, b := ns.Link("a")["ifindex"], ns.Link("b")["ifindex"]; a != float64(0x1234) || b != float64(0x4321) {
		t.Errorf("indexes %v and %v", a, b)
	}
	if _, err := c.Create(t.Context(), bridge.New("c"), bridge.New("d").Index(0x4321)); !errors.Is(err, syscall.EEXIST) {
		t.Errorf("error %v", err)
	}
	got := ns.Names() // in the order of a hash
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b", "lo"}) {
		t.Errorf("links %v", got)
	}
}

// TestCreateNothing is no error.
func TestCreateNothing(t *testing.T) {
	c, _ := lab.Scratch(t)
	if links, err := c.Create(context.Background()); len(links) != 0 || err != nil {
		t.Errorf("%v, %v", links, err)
	}
}

// TestJustFits has as many sources as fit, and one more be added, to the port of a
// bridge, of which the kernel says most.
func TestJustFits(t *testing.T) {
	c, ns := lab.Scratch(t)
	const most = 5374
	lab.MustCreate(t, c, bridge.New("under"), bridge.New("br"))
	made := lab.MustCreate(t, c, macvlan.New("m0").Parent("under").Mode(macvlan.Source).Sources(lab.SourceMACs(0, most)...).Master("br"))
	if n := len(made[0].Info.(*iplink.MacvlanInfo).Sources); n != most || made[0].Err != nil {
		t.Errorf("%d sources; %v", n, made[0].Err)
	}
	_, err := c.Update(t.Context(), macvlan.New("m0").AddSource(lab.SourceMACs(most, 1)[0]))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Attr != "macaddr" || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("one more: %v", err)
	}
	if _, err := c.Update(t.Context(), macvlan.New("m0").AddSource(lab.SourceMACs(0, 1)[0])); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if n := mustGet(t, c, "m0").Info.(*iplink.MacvlanInfo).SourceCount; n != most {
		t.Errorf("%d sources, want %d", n, most)
	}
	if said := ns.IP("-d", "link", "show", "dev", "m0"); !strings.Contains(said, "remotes (5374)") {
		t.Errorf("ip says %.300s", said)
	}
}

// TestMapsJustFit has entries be added to a map of a VLAN link until there is no room.
func TestMapsJustFit(t *testing.T) {
	c, _ := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("under"))
	testutil.Need(t, iplink.KindVLAN)
	lab.MustCreate(t, c, vlan.New("v0").Parent("under").ID(7).EgressQoSMap(lab.Priorities(0, 3000)))
	_, err := c.Update(t.Context(), vlan.New("v0").EgressQoSMap(lab.Priorities(3000, 3000)))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Attr != "egress-qos-map" || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("too many in the end: %v", err)
	}
	want := lab.Priorities(0, 5000)
	links, err := c.Update(t.Context(), vlan.New("v0").EgressQoSMap(want))
	if err != nil {
		t.Fatal(err)
	}
	if have := links[0].Info.(*iplink.VLANInfo).EgressQoSMap; !maps.Equal(have, want) {
		t.Errorf("%d entries, want %d", len(have), len(want))
	}
}

// TestByIndex finds links of several kinds by their index alone.
func TestByIndex(t *testing.T) {
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, "link add br0 index 4660 type bridge", "link add v0 index 4661 type veth peer name v1 index 4662",
		"link add vx0 index 4663 type vxlan id 7 dstport 4789", "link add mv0 index 4664 link v1 type macvlan")
	lab.Updated(t, c, bridge.New("").Index(4660).STP(true))
	if got := ns.InfoData("br0")["stp_state"]; got != 1. {
		t.Errorf("stp_state is %v", got)
	}
	specs := []iplink.Spec{bridge.New("").Index(4660).MTU(1281), veth.New("").Index(4661).MTU(1282), macvlan.New("").Index(4664).MTU(1183),
		veth.New("").Index(4662).MTU(1283), vxlan.New("").Index(4663).MTU(1284), iplink.DeviceIndex(1).MTU(1286)}
	names := []string{"br0", "v0", "mv0", "v1", "vx0", "lo"}
	mtus := []float64{1281, 1282, 1183, 1283, 1284, 1286}
	if _, err := c.Ensure(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if got := ns.Link(name)["mtu"]; got != mtus[i] {
			t.Errorf("%s has an MTU of %v, want %v", name, got, mtus[i])
		}
		if diffs, err := c.Diff(t.Context(), specs[i]); err != nil || len(diffs) > 0 {
			t.Errorf("%v: %v, %v", specs[i], diffs, err)
		}
		ns.IP("link", "set", name, "mtu", "1111")
		ns.IP(strings.Fields(specs[i].String())[1:]...)
		if got := ns.Link(name)["mtu"]; got != mtus[i] {
			t.Errorf("%v: the MTU is %v", specs[i], got)
		}
		lab.Ensured(t, c, specs[i], false)
	}
}

// TestByIndexRefused looks for what is not there under an index, or is of another
// kind or name.
func TestByIndexRefused(t *testing.T) {
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, "link add br0 index 4660 type bridge", "link add br1 index 4661 type bridge")
	for _, test := range []struct {
		spec iplink.Spec
		want error
	}{
		{bridge.New("").Index(4669).MTU(1281), fs.ErrNotExist},
		{veth.New("").Index(4660).MTU(1281), iplink.ErrKind},
		{bridge.New("br0").Index(4661).MTU(1281), iplink.ErrImmutable},
		{iplink.Device("br0").Index(4661).MTU(1281), iplink.ErrImmutable},
		{bridge.New("").MTU(1281), fs.ErrInvalid},
		{iplink.DeviceIndex(4660).Rename("a/b"), fs.ErrInvalid},
	} {
		_, err := c.Update(t.Context(), test.spec)
		if !errors.Is(err, test.want) {
			t.Errorf("Update of %v: error %v, want %v", test.spec, err, test.want)
		}
		if _, err := c.Ensure(t.Context(), test.spec); !errors.Is(err, test.want) {
			t.Errorf("Ensure of %v: error %v, want %v", test.spec, err, test.want)
		}
	}
	if _, err := c.Create(t.Context(), bridge.New("").Index(4670)); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Create without a name: %v", err)
	}
	for _, name := range []string{"br0", "br1"} {
		if got := ns.Link(name)["mtu"]; got != 1500. {
			t.Errorf("%s was touched: %v", name, got)
		}
	}
}
