package iplink_test

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/macsec"
)

// aKey returns a key of a length.
func aKey(bytes int) macsec.Key {
	return iplink.NewMACsecKey(make([]byte, bytes))
}

func TestMACsecSAString(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 0x1234)
	for want, m := range map[string]*macsec.Builder{
		"ip link add a0 link b type macsec encrypt on # and, with keys that are not shown: " +
			"ip macsec add a0 tx sa 1 pn 77 on key 01230000000000000000000000000000 redacted && " +
			"ip macsec add a0 rx sci 0211223344551234 on && " +
			"ip macsec add a0 rx sci 0211223344551234 sa 3 pn 1 off key 00000000000000000000000000000000 redacted": macsec.New("a0").Parent("b").Encrypt(true).
			TxSA(macsec.SA{AN: 1, PN: 77, Active: true, KeyID: macsec.KeyID{1, 0x23}, Key: aKey(16)}).
			RxSC(sci, macsec.SA{AN: 3, PN: 1, Key: aKey(16)}),
		"ip link add a0 link b type macsec cipher gcm-aes-xpn-128 # and, with keys that are not shown: " +
			"ip macsec add a0 tx sa 0 xpn 4294967296 salt redacted ssci 1a off key 00000000000000000000000000000000 redacted": macsec.New("a0").Parent("b").
			Cipher(macsec.GCMAESXPN128).TxSA(macsec.SA{PN: 1 << 32, SSCI: 0x1a, Salt: aKey(12), Key: aKey(16)}),
		"ip link add a0 link b type macsec # and, with keys that are not shown: ip macsec add a0 rx sci 0211223344551234 on": macsec.New("a0").Parent("b").RxSC(sci),
	} {
		if got := m.String(); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

// TestMACsecSARefusals has each message of what is refused before anything is
// sent; package macsecnl has the other combinations.
func TestMACsecSARefusals(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 7)
	m := func() *macsec.Builder { return macsec.New("a").Parent("b") }
	good := macsec.SA{PN: 1, Key: aKey(16)}
	with := func(change func(*macsec.SA)) macsec.SA {
		sa := good
		change(&sa)
		return sa
	}
	for _, r := range []badSpec{
		{spec: m().TxSA(with(func(a *macsec.SA) { a.AN = 4 })), message: "tx sa 4 an: 4 is not in 0…3"},
		{spec: m().TxSA(with(func(a *macsec.SA) { a.PN = 0 })), message: "tx sa 0 pn: 0 is not in 1…4294967295"},
		{spec: m().TxSA(with(func(a *macsec.SA) { a.PN = 1 << 32 })), message: "tx sa 0 pn: 4294967296 is not in 1…4294967295: only XPN ciphers have more than 32 bits"},
		{spec: m().TxSA(with(func(a *macsec.SA) { a.Key = macsec.Key{} })), message: "tx sa 0 key: there is none, or it was wiped"},
		{spec: m().TxSA(with(func(a *macsec.SA) { a.Key = aKey(32) })), message: "tx sa 0 key: 32 bytes, where 16 are due with gcm-aes-128"},
		{spec: m().Cipher(macsec.GCMAES256).TxSA(good), message: "tx sa 0 key: 16 bytes, where 32 are due with gcm-aes-256"},
		{spec: m().Cipher(macsec.GCMAESXPN128).TxSA(good), message: "tx sa 0 ssci: an XPN cipher needs one, 1 or more"},
		{spec: m().TxSA(good, good), message: "tx sa 0 an: two associations of one channel have this number"},
		{spec: m().TxSA(good).TxSA(good), message: "tx sa 0 an: two associations of one channel have this number"},
		{spec: m().RxSC(macsec.SCI{}), message: "rx sci: the zero SCI is none: it needs an address of 6 bytes, and a port"},
		{spec: m().RxSC(sci).RxSC(sci), message: "rx 0211223344550007: two channels have this SCI"},
		{spec: m().RxSC(sci, with(func(a *macsec.SA) { a.AN = 9 })), message: "rx 0211223344550007 sa 9 an: 9 is not in 0…3"},
		{spec: m().RxSC(sci, with(func(a *macsec.SA) { a.SSCI = 9 })), message: "rx 0211223344550007 sa 0 ssci: only XPN ciphers have one, and the link's is gcm-aes-128"},
		{spec: m().RxSC(sci, with(func(a *macsec.SA) { a.Salt = aKey(12) })), message: "rx 0211223344550007 sa 0 salt: only XPN ciphers have one, and the link's is gcm-aes-128"},
		{spec: m().Cipher(macsec.GCMAESXPN128).RxSC(sci, with(func(a *macsec.SA) { a.SSCI = 9; a.Salt = aKey(11) })), message: "rx 0211223344550007 sa 0 salt: 11 bytes, where 12 are due"},
		{spec: macsec.New("a").TxSA(with(func(a *macsec.SA) { a.Key = aKey(17) })), op: "update", message: "tx sa 0 key: 17 bytes, where 16 or 32 are due"},
	} {
		r.test(t)
	}
	accepted(t, "create", m().TxSA(good, with(func(a *macsec.SA) { a.AN = 3; a.PN = 1<<32 - 1 })).RxSC(sci, good).RxSC(iplink.MACsecSCIOf(macsecMAC, 8)),
		m().Cipher(macsec.GCMAESXPN256).TxSA(macsec.SA{PN: 1<<64 - 1, Key: aKey(32), SSCI: 1, Salt: aKey(12)}))
	accepted(t, "update", macsec.New("a").TxSA(with(func(a *macsec.SA) { a.Key = aKey(32) })))
	refusedChange(t, macsec.New("a").TxSA(with(func(a *macsec.SA) { a.Key = aKey(32) })),
		&iplink.Link{Kind: iplink.KindMACsec, Info: &iplink.MACsecInfo{Cipher: macsec.GCMAES128, TxSAs: []macsec.SA{}}},
		"tx sa 0 key: 32 bytes, where 16 are due with gcm-aes-128")
}

// TestMACsecSADrift compares what is wanted with what a link has, and looks at
// what would be done.
func TestMACsecSADrift(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 7)
	one := macsec.SA{AN: 1, PN: 1, Active: true, KeyID: macsec.KeyID{0x11}, Key: aKey(16)}
	m := func() *macsec.Builder { return macsec.New("a").TxSA(one).RxSC(sci, one) }
	told := func(sa macsec.SA) []macsec.SA { sa.Key = macsec.Key{}; return []macsec.SA{sa, {AN: 2}} }
	is := func(change func(*macsec.SA)) macsec.SA { sa := one; change(&sa); return sa }
	rx := func(active bool, sas []macsec.SA) []iplink.MACsecRxSC {
		return []iplink.MACsecRxSC{{SCI: sci, Active: active, SAs: sas}}
	}
	off := is(func(a *macsec.SA) { a.Active = false })
	another := is(func(a *macsec.SA) { a.KeyID = macsec.KeyID{0x22} })
	for name, c := range map[string]struct {
		have    iplink.MACsecInfo
		want    []string
		becomes int // steps
	}{
		"as wanted":      {iplink.MACsecInfo{TxSAs: told(is(func(a *macsec.SA) { a.PN = 99 })), RxSCs: rx(true, told(one))}, nil, 0},
		"nothing":        {iplink.MACsecInfo{TxSAs: []macsec.SA{}}, []string{"tx sa: have none, want sa 1 on", "rx: have none, want sci 0211223344550007 on sa 1 on"}, 3},
		"not active":     {iplink.MACsecInfo{TxSAs: told(off), RxSCs: rx(false, told(off))}, []string{"tx sa: have sa 1 off sa 2 off, want sa 1 on", "rx: have sci 0211223344550007 off sa 1 off sa 2 off, want sci 0211223344550007 on sa 1 on"}, 3},
		"no association": {iplink.MACsecInfo{TxSAs: told(one), RxSCs: rx(true, nil)}, []string{"rx: have sci 0211223344550007 on, want sci 0211223344550007 on sa 1 on"}, 1},
		"another key": {iplink.MACsecInfo{TxSAs: told(another), RxSCs: rx(true, told(one))}, []string{"tx sa key: have sa 1 key 22000000000000000000000000000000 sa 2 key 00000000000000000000000000000000, " +
			"want sa 1 key 11000000000000000000000000000000 (immutable)"}, 0},
		"another key there": {iplink.MACsecInfo{TxSAs: told(one), RxSCs: rx(true, told(another))}, []string{"rx sa key: have sci 0211223344550007 sa 1 key 22000000000000000000000000000000 sa 2 key 00000000000000000000000000000000, " +
			"want sci 0211223344550007 sa 1 key 11000000000000000000000000000000 (immutable)"}, 0},
	} {
		var got []string
		p := iplink.PlanUpdate(t.Context(), m(), iplink.Reported(iplink.Link{Kind: iplink.KindMACsec, Info: &c.have},
			attr.SetOf(own.MACsecTxSA, own.MACsecTxKey, own.MACsecRxSC, own.MACsecRxKey)))
		for _, d := range p.Differences {
			text := d.String()
			if d.Immutable {
				text += " (immutable)"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, c.want) || p.Info.Empty() != (len(c.want) == 0) {
			t.Errorf("%s: %q", name, got)
		}
		if !p.Data.Empty() {
			t.Errorf("%s: the link's own request has some of it", name)
		}
		if n := iplink.MACsecSteps(macsecInfo(m()), &c.have); n != c.becomes {
			t.Errorf("%s: %d steps, want %d", name, n, c.becomes)
		}
	}
}

// macsecInfo returns the struct that holds what was set.
func macsecInfo(b *macsec.Builder) *iplink.MACsecInfo {
	return b.Own(b).Info.(*iplink.MACsecInfo)
}

// TestMACsecSAClone has a copy that does not share what is added to it.
func TestMACsecSAClone(t *testing.T) {
	m := macsec.New("a").Encrypt(true).TxSA(macsec.SA{AN: 1})
	a, b := m.Clone().TxSA(macsec.SA{AN: 2}), m.Clone().TxSA(macsec.SA{AN: 3})
	if has, hasA, hasB := macsecInfo(m).TxSAs, macsecInfo(a).TxSAs, macsecInfo(b).TxSAs; len(has) != 1 || hasA[1].AN != 2 || hasB[1].AN != 3 {
		t.Errorf("%v, %v, %v", has, hasA, hasB)
	}
	if set := iplink.PlanCreate(a).Data; set != attr.SetOf(uapi.IFLA_MACSEC_ENCRYPT) {
		t.Errorf("the request has %v", set)
	}
}
