package kerneltest_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/vxlan"
)

// A randomSetting is a setting of a kind with its word in `ip -d link show`.
type randomSetting[B any] struct {
	word string
	// choose returns a value in that command's words, and the function that sets it.
	choose func(*rand.Rand) (text string, set func(B))
}

// number is a setting that takes numbers from low to high.
func number[B any](word string, low, high int, set func(B, int)) randomSetting[B] {
	return randomSetting[B]{word, func(r *rand.Rand) (string, func(B)) {
		n := low + r.IntN(high-low+1)
		return fmt.Sprint(n), func(b B) { set(b, n) }
	}}
}

// oneOf is a setting that takes the values of an enumeration.
func oneOf[B any, V fmt.Stringer](word string, values []V, set func(B, V)) randomSetting[B] {
	return randomSetting[B]{word, func(r *rand.Rand) (string, func(B)) {
		v := values[r.IntN(len(values))]
		return v.String(), func(b B) { set(b, v) }
	}}
}

// onOff is a setting that `ip` shows as on and off.
func onOff[B any](word string, set func(B, bool)) randomSetting[B] {
	return boolean(word, "off", "on", set)
}

// bit is a setting that `ip` shows as 0 and 1.
func bit[B any](word string, set func(B, bool)) randomSetting[B] {
	return boolean(word, "0", "1", set)
}

func boolean[B any](word, off, on string, set func(B, bool)) randomSetting[B] {
	return randomSetting[B]{word, func(r *rand.Rand) (string, func(B)) {
		if r.IntN(2) == 1 {
			return on, func(b B) { set(b, true) }
		}
		return off, func(b B) { set(b, false) }
	}}
}

// TestEnsureRandomKinds ensures random settings of a kind after each other. Each time `ip`
// has to show all of them; Ensure again finds nothing; and if somebody else changes one
// setting, Ensure sets that one and no other.
func TestEnsureRandomKinds(t *testing.T) {
	const ms = time.Millisecond
	remotes := []netip.Addr{lab.Addr("192.0.2.17"), lab.Addr("192.0.2.33"), lab.Addr("198.51.100.5")}
	t.Run("bond", func(t *testing.T) {
		ensureRandomly(t, iplink.KindBond, nil, func() *bond.Builder { return bond.New("t0") }, []randomSetting[*bond.Builder]{
			oneOf("mode", []iplink.BondMode{bond.BalanceRR, bond.ActiveBackup, bond.BalanceXOR, bond.Broadcast, bond.IEEE8023AD, bond.BalanceTLB, bond.BalanceALB}, func(b *bond.Builder, m iplink.BondMode) { b.Mode(m) }),
			number("miimon", 1, 999, func(b *bond.Builder, n int) { b.MIIMon(time.Duration(n) * ms) }),
			number("resend_igmp", 0, 255, func(b *bond.Builder, n int) { b.ResendIGMP(uint32(n)) }),
			number("num_grat_arp", 0, 255, func(b *bond.Builder, n int) { b.NumPeerNotif(uint8(n)) }),
			number("min_links", 0, 99, func(b *bond.Builder, n int) { b.MinLinks(uint32(n)) }),
			number("lp_interval", 1, 999, func(b *bond.Builder, n int) { b.LPInterval(time.Duration(n) * time.Second) }),
			bit("all_slaves_active", func(b *bond.Builder, on bool) { b.AllSlavesActive(on) }),
			oneOf("xmit_hash_policy", []iplink.BondXmitHashPolicy{bond.HashLayer2, bond.HashLayer34, bond.HashEncap23}, func(b *bond.Builder, p iplink.BondXmitHashPolicy) { b.XmitHashPolicy(p) }),
			oneOf("primary_reselect", []iplink.BondPrimaryReselect{bond.ReselectAlways, bond.ReselectBetter, bond.ReselectFailure}, func(b *bond.Builder, p iplink.BondPrimaryReselect) { b.PrimaryReselect(p) }),
		})
	})
	t.Run("macsec", func(t *testing.T) {
		ensureRandomly(t, iplink.KindMACsec, []string{"link add u0 type dummy"}, func() *macsec.Builder { return macsec.New("t0").Parent("u0").Replay(true) }, []randomSetting[*macsec.Builder]{
			onOff("encrypt", func(b *macsec.Builder, on bool) { b.Encrypt(on) }),
			onOff("protect", func(b *macsec.Builder, on bool) { b.Protect(on) }),
			number("encodingsa", 0, 3, func(b *macsec.Builder, n int) { b.EncodingSA(uint8(n)) }),
			number("window", 1, 0xffff, func(b *macsec.Builder, n int) { b.Window(uint32(n)) }),
			oneOf("validate", []iplink.MACsecValidation{macsec.Disabled, macsec.Check, macsec.Strict}, func(b *macsec.Builder, v iplink.MACsecValidation) { b.Validate(v) }),
		})
	})
	t.Run("macvlan", func(t *testing.T) {
		ensureRandomly(t, iplink.KindMacvlan, []string{"link add u0 type bridge"}, func() *macvlan.Builder { return macvlan.New("t0").Parent("u0") }, []randomSetting[*macvlan.Builder]{
			oneOf("mode", []iplink.MacvlanMode{macvlan.Private, macvlan.VEPA, macvlan.Bridge}, func(b *macvlan.Builder, m iplink.MacvlanMode) { b.Mode(m) }),
			number("bcqueuelen", 1, 9999, func(b *macvlan.Builder, n int) { b.BCQueueLen(uint32(n)) }),
		})
	})
	t.Run("ipvlan", func(t *testing.T) {
		ensureRandomly(t, iplink.KindIPvlan, []string{"link add u0 type dummy"}, func() *ipvlan.Builder { return ipvlan.New("t0").Parent("u0") }, []randomSetting[*ipvlan.Builder]{
			oneOf("mode", []iplink.IPvlanMode{ipvlan.L2, ipvlan.L3, ipvlan.L3S}, func(b *ipvlan.Builder, m iplink.IPvlanMode) { b.Mode(m) }),
		})
	})
	t.Run("bridge", func(t *testing.T) {
		ensureRandomly(t, iplink.KindBridge, nil, func() *bridge.Builder { return bridge.New("t0") }, []randomSetting[*bridge.Builder]{
			number("mcast_startup_query_count", 1, 9999, func(b *bridge.Builder, n int) { b.MulticastStartupQueryCount(uint32(n)) }),
			number("priority", 0, 0xffff, func(b *bridge.Builder, n int) { b.Priority(uint16(n)) }),
			number("mcast_last_member_count", 2, 9999, func(b *bridge.Builder, n int) { b.MulticastLastMemberCount(uint32(n)) }),
			bit("mcast_snooping", func(b *bridge.Builder, on bool) { b.MulticastSnooping(on) }),
			bit("mcast_querier", func(b *bridge.Builder, on bool) { b.MulticastQuerier(on) }),
		})
	})
	t.Run("vxlan", func(t *testing.T) {
		ensureRandomly(t, iplink.KindVXLAN, nil, func() *vxlan.Builder { return vxlan.New("t0").VNI(0x1234).Port(4789) }, []randomSetting[*vxlan.Builder]{
			number("ttl", 1, 255, func(b *vxlan.Builder, n int) { b.TTL(uint8(n)) }),
			number("ageing", 1, 9999, func(b *vxlan.Builder, n int) { b.Ageing(time.Duration(n) * time.Second) }),
			oneOf("df", []iplink.VXLANDF{vxlan.DFSet, vxlan.DFInherit}, func(b *vxlan.Builder, d iplink.VXLANDF) { b.DF(d) }),
			oneOf("remote", remotes, func(b *vxlan.Builder, a netip.Addr) { b.Remote(a) }),
		})
	})
	t.Run("geneve", func(t *testing.T) {
		ensureRandomly(t, iplink.KindGeneve, nil, func() *geneve.Builder { return geneve.New("t0").VNI(0x1234) }, []randomSetting[*geneve.Builder]{
			number("ttl", 1, 255, func(b *geneve.Builder, n int) { b.TTL(uint8(n)) }),
			oneOf("df", []iplink.GeneveDF{geneve.DFSet, geneve.DFInherit}, func(b *geneve.Builder, d iplink.GeneveDF) { b.DF(d) }),
			oneOf("remote", remotes, func(b *geneve.Builder, a netip.Addr) { b.Remote(a) }),
		})
	})
}

// ensureRandomly is the test for one kind, whose link is named t0. The commands make what it
// needs.
func ensureRandomly[B iplink.Spec](t *testing.T, kind string, commands []string, build func() B, settings []randomSetting[B]) {
	testutil.Need(t, kind)
	c, ns := lab.Scratch(t)
	testutil.IPBatch(t, ns.File, commands...)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range lab.Many(t, 4, 100) {
		want, shown := build(), map[string]string{}
		for _, s := range settings {
			text, set := s.choose(r)
			set(want)
			shown[s.word] = text
		}
		if _, err := c.Ensure(t.Context(), want); err != nil {
			t.Fatalf("%v: %v", want, err)
		}
		shows(t, ns, shown)
		change, err := c.Ensure(t.Context(), want)
		if err != nil || change[0].Changed() {
			t.Fatalf("%v again: %v, %v", want, change, err)
		}
		s := settings[r.IntN(len(settings))]
		text, set := s.choose(r)
		spoilt := build()
		set(spoilt)
		if _, err := c.Update(t.Context(), spoilt); err != nil {
			t.Fatalf("%v: %v", spoilt, err)
		}
		shows(t, ns, map[string]string{s.word: text})
		change, err = c.Ensure(t.Context(), want)
		if differs := text != shown[s.word]; err != nil || change[0].Changed() != differs || differs && len(change[0].Differences) != 1 {
			t.Fatalf("%v after %s %s: %+v, %v", want, s.word, text, change[0], err)
		}
		shows(t, ns, shown)
	}
}

// shows looks for words with their values in `ip -d link show`.
func shows(t *testing.T, ns *testutil.Lab, words map[string]string) {
	t.Helper()
	fields := strings.Fields(ns.IP("-d", "link", "show", "t0"))
	for word, value := range words {
		found := false
		for i := range fields[1:] {
			found = found || fields[i] == word && fields[i+1] == value
		}
		if !found {
			t.Fatalf("%s is not %s: %v", word, value, fields)
		}
	}
}
