package iplink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// linkNames returns the names of all links that `ip` lists with the arguments,
// in its order.
func linkNames(t testing.TB, ns *os.File, args ...string) []string {
	t.Helper()
	var links []struct {
		Name string `json:"ifname"`
	}
	out := testutil.IP(t, ns, append([]string{"-j", "link", "show"}, args...)...)
	if out == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(out), &links); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	var names []string
	for _, l := range links {
		if l.Name != "" { // what a filter hides is an empty object
			names = append(names, l.Name)
		}
	}
	return names
}

// TestManyLinksLeaveNothing makes and removes links; what they leave behind in
// this process makes TestMain fail.
func TestManyLinksLeaveNothing(t *testing.T) {
	ns := testutil.NetNS(t)
	for i := range 100 {
		name := fmt.Sprint("t", i)
		testutil.In(t, ns, func() {
			if _, err := veth.New(name).Peer(veth.New(name + "p").Up()).Up().Create(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := bridge.New(name + "b").Up().Create(t.Context()); err != nil {
				t.Error(err)
			}
			if err := iplink.Delete(t.Context(), name, name+"b"); err != nil {
				t.Error(err)
			}
		})
	}
	if left := linkNames(t, ns); !slices.Equal(left, []string{"lo"}) {
		t.Errorf("left: %v", left)
	}
}

// lifecycleLinks are there before links are made in vain. The bridge has an
// address of its own and a port, as otherwise it follows the ports that come
// and go.
var lifecycleLinks = []string{
	"link add br0 address 02:00:00:00:12:34 type bridge", "link add under type veth peer name under1",
	"link add there type veth peer name there1", "link property add dev there altname alternative",
	"link set dev under1 master br0",
}

// TestCreateIsAllOrNothing fails at one step after another.
func TestCreateIsAllOrNothing(t *testing.T) {
	pair := func() *veth.Builder { return veth.New("t0").Peer(veth.New("t1")) }
	refused := map[string][]iplink.Spec{
		"second link":        {bridge.New("t0"), bridge.New("there")},
		"third link":         {bridge.New("t0"), pair().Clone().Peer(veth.New("t2").Master("t0")), macvlan.New("there").Parent("t2")},
		"altname taken":      {bridge.New("t0").AltName("mine", "alternative")},
		"altname of itself":  {bridge.New("t0").AltName("mine", "mine")},
		"address refused":    {bridge.New("t0").Addr(netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.1/24"))},
		"port refused":       {pair().Master("br0").PortSettings(bridge.Port().State(bridge.PortLearning))},
		"protodown refused":  {pair().ProtoDown(true)},
		"peer's name":        {veth.New("t0").Peer(veth.New("there"))},
		"peer's altname":     {veth.New("t0").Peer(veth.New("t1").AltName("alternative"))},
		"peer's master":      {veth.New("t0").Peer(veth.New("t1").Master("there"))},
		"peer's address":     {veth.New("t0").Peer(veth.New("t1").Addr(netip.MustParsePrefix("ff02::1/128")))},
		"carrier of a veth":  {veth.New("t0").Peer(veth.New("t1").Carrier(false))},
		"not applied":        {bridge.New("t0"), bridge.New("t1").MulticastHashElasticity(17)},
		"same VNI":           {vxlan.New("t0").VNI(7), vxlan.New("t1").VNI(7)},
		"index taken":        {bridge.New("t0").Index(0x1234), bridge.New("t1").Index(0x1234)},
		"same name twice":    {bridge.New("t0"), bridge.New("t0")},
		"address generation": {bridge.New("t0").AddrGenMode(iplink.AddrGenStableSecret)},
	}
	if !testutil.Older(t, 6, 5) { // which take any size of a new link
		refused["GSO above the TSO"] = []iplink.Spec{bridge.New("t0"), bridge.New("t1").GSOMaxSize(1 << 30)}
	}
	for name, specs := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := testutil.NetNS(t)
			testutil.IPBatch(t, ns, lifecycleLinks...)
			before := links(t, ns)
			_, err := inNetNS(t, ns, func(c *iplink.Conn) (any, error) { return c.Create(t.Context(), specs...) })
			if err == nil {
				t.Error("no error")
			}
			t.Log(err)
			if diff := cmp.Diff(before, links(t, ns)); diff != "" {
				t.Errorf("changed: %s", diff)
			}
		})
	}
}

// links returns all that `ip` says about all links.
func links(t testing.TB, ns *os.File) (all []map[string]any) {
	t.Helper()
	out := testutil.IP(t, ns, "-d", "-j", "link")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, l := range all {
		info, _ := l["linkinfo"].(map[string]any)
		data, _ := info["info_data"].(map[string]any)
		delete(data, "gc_timer")
	}
	return all
}

// TestCreateWithinItself makes links of which later ones name earlier ones.
func TestCreateWithinItself(t *testing.T) {
	ns := testutil.NetNS(t)
	got, err := inNetNS(t, ns, func(c *iplink.Conn) ([]*iplink.Link, error) {
		return c.Create(t.Context(),
			bridge.New("br1").Up(),
			veth.New("v0").Peer(veth.New("v1").Master("br1").Up()).Up(),
			macvlan.New("m0").Parent("v0").Mode(macvlan.Bridge),
			vxlan.New("x0").VNI(7).Dev("m0").Master("br1").PortSettings(bridge.Port().Isolated(true)))
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[2].Parent != got[1].Index || got[3].Master != got[0].Index || got[3].Info.(*iplink.VXLANInfo).Dev != got[2].Index {
		t.Errorf("%+v", got)
	}
	for path, want := range map[string]any{"v1 master": "br1", "m0 link": "v0", "x0 master": "br1"} {
		name, key, _ := strings.Cut(path, " ")
		if have := testutil.LinkJSON(t, ns, name)[key]; have != want {
			t.Errorf("%s: %v, want %v", path, have, want)
		}
	}
}

// TestCreateWithoutContext makes nothing once the context has ended.
func TestCreateWithoutContext(t *testing.T) {
	ns := testutil.NetNS(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := inNetNS(t, ns, func(c *iplink.Conn) (any, error) {
		_, err := c.Create(ctx, bridge.New("t0"), veth.New("t1"))
		if _, again := c.Create(t.Context(), bridge.New("after")); again != nil {
			t.Errorf("the Conn is unusable: %v", again)
		}
		return nil, err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if have := linkNames(t, ns); !slices.Equal(have, []string{"lo", "after"}) {
		t.Errorf("%v", have)
	}
}

// TestCreateWhileTheContextEnds ends it at any moment: either all links are
// there, or none.
func TestCreateWhileTheContextEnds(t *testing.T) {
	ns := testutil.NetNS(t)
	for i := range 30 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := inNetNS(t, ns, func(c *iplink.Conn) (any, error) {
			go func() {
				for range i * 1000 { // a moment that grows
					_ = ctx.Err()
				}
				cancel()
			}()
			return c.Create(ctx, bridge.New("t0"), veth.New("t1").Peer(veth.New("t2").Up()), macvlan.New("t3").Parent("t1"))
		})
		have := linkNames(t, ns)
		switch {
		case err == nil && len(have) == 5:
			testutil.IPBatch(t, ns, "link del t0", "link del t1")
		case err != nil && slices.Equal(have, []string{"lo"}):
		default:
			t.Fatalf("error %v, links %v", err, have)
		}
		cancel()
	}
}
