package iplink_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scopeShown returns the scope that `ip` shows for an address of a link.
func (ns *scratchNS) scopeShown(name, local string) string {
	ns.t.Helper()
	var links []struct {
		Info []struct{ Local, Scope string } `json:"addr_info"`
	}
	ns.decode(&links, "-j", "address", "show", "dev", name)
	for _, a := range links[0].Info {
		if a.Local == local {
			return a.Scope
		}
	}
	return "absent"
}

// TestExplicitScope gives addresses each scope, the kernel's zero included: what is
// said is done, and what is not said is left to the default.
func TestExplicitScope(t *testing.T) {
	c, ns := scratch(t)
	for _, test := range []struct {
		prefix string
		scope  inet.Scope
		want   string
	}{
		{"127.1.2.3/24", inet.ScopeGlobal, "global"},
		{"127.2.3.4/24", 0, "host"},
		{"127.3.4.5/24", inet.ScopeLink, "link"},
		{"192.0.2.17/28", inet.ScopeGlobal, "global"},
		{"198.51.100.17/28", 0, "global"},
		{"203.0.113.17/28", inet.ScopeHost, "host"},
		{"203.0.113.33/28", 77, "77"},
		{"2001:db8::17/64", inet.ScopeGlobal, "global"},
		{"2001:db8:1::17/64", 0, "global"},
	} {
		spec := bridge.New("t0").Addrs(inet.Addr{Prefix: prefix(test.prefix), Scope: test.scope, Flags: nodad(prefix(test.prefix))})
		mustCreate(t, c, spec)
		if got := ns.scopeShown("t0", prefix(test.prefix).Addr().String()); got != test.want {
			t.Errorf("%s of scope %v: ip says %s, want %s", test.prefix, test.scope, got, test.want)
		}
		quietEnsure(t, c, spec)
		if err := c.Delete(t.Context(), "t0"); err != nil {
			t.Fatal(err)
		}
	}
}

// nodad spares IPv6 addresses the wait for others to object.
func nodad(p netip.Prefix) inet.AddrFlags {
	if p.Addr().Is6() {
		return inet.AddrNoDAD
	}
	return 0
}

// TestExplicitScopeDiffers demands the scope that an address does not have, the
// kernel's zero included: it is a difference, and an address is reported with it.
func TestExplicitScopeDiffers(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "t0", "type", "bridge")
	ns.ip("address", "add", "127.1.2.3/24", "dev", "t0", "scope", "host")
	ns.ip("address", "add", "127.2.3.4/24", "dev", "t0", "scope", "global")
	for text, scope := range map[string]inet.Scope{"127.1.2.3/24": inet.ScopeGlobal, "127.2.3.4/24": inet.ScopeHost} {
		_, err := c.Ensure(t.Context(), bridge.New("t0").Addrs(inet.Addr{Prefix: prefix(text), Scope: scope}))
		if !errors.Is(err, iplink.ErrImmutable) {
			t.Errorf("%s of scope %v: error %v", text, scope, err)
		}
		quietEnsure(t, c, bridge.New("t0").Addr(prefix(text)))
	}
	link, err := c.Get(t.Context(), "t0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Addrs(t.Context(), link)
	if err != nil || len(got) != 2 || got[0].Scope != inet.ScopeHost || got[1].Scope != inet.ScopeGlobal {
		t.Fatalf("%+v, error %v", got, err)
	}
	mustCreate(t, c, bridge.New("t1").Addrs(got...)) // as they are reported
	if host, global := ns.scopeShown("t1", "127.1.2.3"), ns.scopeShown("t1", "127.2.3.4"); host != "host" || global != "global" {
		t.Errorf("copied as %s and %s", host, global)
	}
}

// TestScopeOfGroups gives back addresses of groups as they are reported: of IPv6,
// the group's own scope.
func TestScopeOfGroups(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "t0", "up", "type", "bridge")
	for _, group := range []string{"ff02::77", "ff05::7", "ff08::7", "ff0e::7"} {
		ns.ip("address", "add", group+"/128", "dev", "t0", "autojoin", "nodad")
	}
	link, err := c.Get(t.Context(), "t0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Addrs(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	groups := 0
	for _, a := range got {
		if !a.Prefix.Addr().IsMulticast() {
			continue
		}
		groups++
		if err := iplink.Refusal(bridge.New("t1").Addrs(a)); err != nil {
			t.Errorf("%v of scope %v, as it is reported: %v", a.Prefix, a.Scope, err)
		}
	}
	if groups != 4 {
		t.Errorf("%d groups in %v", groups, got)
	}
}

// TestExplicitDefaults says what holds anyway: that is no difference, and lets
// nothing be made anew.
func TestExplicitDefaults(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	c, ns := scratch(t)
	for _, spec := range []iplink.Spec{
		bridge.New("t0").Addrs(inet.Addr{Prefix: prefix("192.0.2.17/28"), Label: "t0"}),
		bridge.New("t0").Addrs(inet.Addr{Prefix: prefix("192.0.2.17/28"), Broadcast: addr("0.0.0.0")}),
		bridge.New("t0").Addrs(inet.Addr{Prefix: prefix("192.0.2.17/28"), ValidLifetime: inet.Forever, PreferredLifetime: inet.Forever}),
		bridge.New("t0").Addrs(inet.Addr{Prefix: prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD, Metric: 256}),
		bridge.New("t0").Up().Addr(prefix("192.0.2.17/28")).Routes(inet.Route{Dst: prefix("10.0.0.0/8"), Table: 254, Proto: inet.RouteProtoBoot}),
		bridge.New("t0").Up().Routes(inet.Route{Dst: prefix("2001:db8:9::/48"), Metric: 1024}),
		bridge.New("t0").Up().Neighs(inet.Neigh{Addr: addr("192.0.2.19"), LLAddr: otherMAC, State: inet.NeighPermanent}),
	} {
		mustCreate(t, c, spec)
		quietEnsure(t, c, spec)
		ns.ip("link", "del", "t0")
	}
}
