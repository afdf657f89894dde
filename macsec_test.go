package iplink_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/macsec"
)

var macsecMAC = net.HardwareAddr{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}

func TestMACsecEncoding(t *testing.T) {
	encoded(t, macsec.New("a").SCI(iplink.MACsecSCIOf(macsecMAC, 0x1234)), "0c000100 0211223344551234")
	encoded(t, macsec.New("a").Port(0x1234), "0600020012340000")
	encoded(t, macsec.New("a").Cipher(macsec.GCMAES128), "0c000400 0100000100c28000")
	encoded(t, macsec.New("a").Cipher(macsec.GCMAESXPN256).ICVLen(12), "0c000400 0400000100c28000 050003000c000000")
	encoded(t, macsec.New("a").Replay(true).Window(0x12345678), "05000c0001000000 08000500 78563412")
	encoded(t, macsec.New("a").EndStation(true), "0500090000000000 05000a0001000000")
	encoded(t, macsec.New("a").SCB(true), "0500090000000000 05000b0001000000")
	encoded(t, macsec.New("a").Encrypt(true).Protect(false).Validate(macsec.Check).EncodingSA(3).Offload(macsec.OffloadMAC),
		"0500070001000000 0500080000000000 05000d0001000000 0500060003000000 05000f0002000000")
}

// TestMACsecDecoding reads what Linux 6.12 says of a link with GCM-AES-128, whose
// number is the old one.
func TestMACsecDecoding(t *testing.T) {
	l := decoded(t, "3c001200 0b0001006d61637365630000 2c000200 0c000100 0211223344551234 0c000400 0100000100028000 0500030010000000 0500070001000000")
	got := l.Info.(*iplink.MACsecInfo)
	if got.SCI.String() != "0211223344551234" || got.Port != 0x1234 || got.Cipher != macsec.GCMAES128 || got.ICVLen != 16 || !got.Encrypt {
		t.Errorf("got %+v", got)
	}
	if d := iplink.CompareInfo(macsec.New("a").Cipher(macsec.GCMAES128), got); len(d) != 0 {
		t.Errorf("differs: %v", d)
	}
}

// TestMACsecPort compares a port, which the kernel reports as part of the SCI.
func TestMACsecPort(t *testing.T) {
	have := &iplink.Link{Kind: iplink.KindMACsec, Info: &iplink.MACsecInfo{Port: 0x1234}}
	for _, c := range []struct {
		port    uint16
		differs int
	}{{0x1234, 0}, {0x4321, 1}} {
		p := iplink.PlanUpdate(t.Context(), macsec.New("a").Port(c.port), have)
		d := p.Differences
		if len(d) != c.differs || c.differs > 0 && !d[0].Immutable {
			t.Errorf("%#x: %v", c.port, d)
		}
		if c.differs == 0 && !p.Info.Empty() {
			t.Errorf("%#x is sent though it is so", c.port)
		}
	}
}

func TestMACsecSCI(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 0x1234)
	if sci.MAC().String() != macsecMAC.String() || sci.Port() != 0x1234 {
		t.Errorf("%v is of %v and %#x", sci, sci.MAC(), sci.Port())
	}
	if short := iplink.MACsecSCIOf(macsecMAC[:5], 0x1234); short != (macsec.SCI{}) {
		t.Errorf("5 bytes give %v", short)
	}
}

func TestMACsecRefusals(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 7)
	m := func() *macsec.Builder { return macsec.New("a").Parent("b") }
	for _, r := range []badSpec{
		{spec: macsec.New("a"), message: "link: a macsec sits on another link: name it with Parent"},
		{spec: m().SCI(macsec.SCI{}), message: "sci: the zero SCI is none: it needs an address of 6 bytes, and a port"},
		{spec: m().SCI(sci).Port(7), message: "port: the SCI holds a port: set one of both"},
		{spec: m().Port(0), message: "port: 0 is not in 1…65535"},
		{spec: m().Cipher(0x0080020001000001), message: "cipher: 0x0080020001000001 is not a cipher suite"},
		{spec: m().ICVLen(7), message: "icvlen: 7 is not in 8…16"},
		{spec: m().ICVLen(17), message: "icvlen: 17 is not in 8…16"},
		{spec: m().EncodingSA(4), message: "encodingsa: 4 is not in 0…3"},
		{spec: m().Validate(3), message: "validate: 3 is not one of disabled, check, strict"},
		{spec: m().Offload(3), message: "offload: 3 is not one of off, phy, mac"},
		{spec: m().Replay(true), message: "replay: needs Window"},
		{spec: m().Replay(true), op: "update", message: "replay: needs Window"},
		{spec: m().SendSCI(true).EndStation(true), message: "end_station: needs SendSCI(false)"},
		{spec: m().EndStation(true).SendSCI(true), message: "end_station: needs SendSCI(false)"},
		{spec: m().SendSCI(true).SCB(true), message: "scb: needs SendSCI(false)"},
		{spec: m().EndStation(true).SCB(true), message: "scb: cannot go with EndStation"},
		{spec: m().SCI(sci).EndStation(true), message: "sci: cannot go with EndStation or SCB: others take the SCI from the address then"},
		{spec: m().Cipher(macsec.GCMAESXPN128).Window(1 << 30), message: "window: 1073741824 is more than 1073741823, the most with gcm-aes-xpn-128"},
	} {
		r.test(t)
	}
	accepted(t, "create", m(), m().Window(1<<31), m().Replay(false), m().Replay(true).Window(0), m().SendSCI(false).EndStation(true),
		m().SCI(sci).SendSCI(true), m().SCI(sci).SendSCI(false), m().Cipher(macsec.GCMAESXPN256).Window(1<<30-1))
}

func TestMACsecChanges(t *testing.T) {
	link := func(i iplink.MACsecInfo) *iplink.Link {
		return iplink.Reported(iplink.Link{Kind: iplink.KindMACsec, Flags: uapi.IFF_UP, Info: &i},
			attr.SetOf(uapi.IFLA_MACSEC_OFFLOAD, uapi.IFLA_MACSEC_WINDOW))
	}
	m := func() *macsec.Builder { return macsec.New("a") }
	for _, c := range []struct {
		spec    *macsec.Builder
		have    *iplink.Link
		message string
	}{
		{m().Window(1 << 30), link(iplink.MACsecInfo{Cipher: macsec.GCMAESXPN256}), "window: 1073741824 is more than 1073741823, the most with gcm-aes-xpn-256"},
		{m().SendSCI(true), link(iplink.MACsecInfo{EndStation: true}), "send_sci: needs EndStation(false)"},
		{m().SendSCI(true), link(iplink.MACsecInfo{SCB: true}), "send_sci: needs SCB(false)"},
		{m().SendSCI(true).SCB(false), link(iplink.MACsecInfo{SCB: true}), ""},
		{m().EndStation(true), link(iplink.MACsecInfo{SCB: true}), "end_station: needs SCB(false)"},
		{m().SCB(true), link(iplink.MACsecInfo{EndStation: true}), "scb: needs EndStation(false)"},
		{m().Offload(macsec.OffloadPHY), link(iplink.MACsecInfo{}), "offload: changes only while the link is down: DownFirst takes it down before"},
		{m().Offload(macsec.OffloadPHY).DownFirst(), link(iplink.MACsecInfo{}), ""},
		{m().Offload(macsec.OffloadPHY), &iplink.Link{Kind: iplink.KindMACsec, Info: &iplink.MACsecInfo{}}, "offload: this kernel takes it only when the link is made"},
	} {
		refusedChange(t, c.spec, c.have, c.message)
	}
}

// secret is a key that is nowhere else in what is printed.
const secret = "c0ffee5ec4e7d00dfeedfacebadc0de1"

// leaks reports whether text holds the secret in any of the ways that bytes are
// printed.
func leaks(text string) bool {
	b, _ := hex.DecodeString(secret)
	text = strings.ToLower(text)
	for _, form := range []string{
		secret, string(b), fmt.Sprint(b), fmt.Sprintf("% x", b), fmt.Sprintf("%#v", b), fmt.Sprintf("%# x", b), fmt.Sprintf("%q", b), fmt.Sprintf("%+q", b),
		strings.Trim(fmt.Sprint(b[3:7]), "[]"), secret[6:20], fmt.Sprintf("%#v", b[3:7])[7:20],
	} {
		if strings.Contains(text, strings.ToLower(form)) {
			return true
		}
	}
	return false
}

func mustKey(t testing.TB, digits string) macsec.Key {
	t.Helper()
	k, err := iplink.ParseMACsecKey(digits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestMACsecKeyRedacted prints everything that holds a key in every way there
// is.
func TestMACsecKeyRedacted(t *testing.T) {
	k := mustKey(t, secret)
	sa := macsec.SA{AN: 1, PN: 1, KeyID: macsec.KeyID{1}, Key: k, SSCI: 1, Salt: k}
	builder := macsec.New("a").Parent("b").TxSA(sa).RxSC(iplink.MACsecSCIOf(macsecMAC, 7), sa)
	refused := iplink.Refusal(builder)
	if refused == nil {
		t.Fatal("a salt is taken without XPN")
	}
	info := macsecInfo(builder)
	for _, v := range slices.Concat(iplink.Wanted(builder), []any{k, &k, sa, &sa, []macsec.SA{sa}, map[string]macsec.Key{"k": k}, struct{ hidden macsec.Key }{k}, struct{ hidden []macsec.SA }{[]macsec.SA{sa}},
		builder, *info, info, builder.Own(builder), *builder.Own(builder), builder.Clone(), refused}) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%w"} {
			if text := fmt.Sprintf(verb, v); leaks(text) {
				t.Errorf("%T printed by %s: %s", v, verb, text)
			}
		}
		text, err := json.Marshal(v)
		if err == nil && leaks(string(text)) {
			t.Errorf("%T as JSON: %s", v, text)
		}
		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(h).Info("say", "value", v, slog.Group("group", slog.Any("value", v)))
		}
		if leaks(log.String()) {
			t.Errorf("%T logged: %s", v, &log)
		}
	}
	if got := fmt.Sprintf("%v %+v %#v %s %x %d", k, k, k, k, k, k); got != strings.Repeat("redacted ", 5)+"redacted" {
		t.Error(got)
	}
	if text, err := json.Marshal(map[string]any{"key": k}); err != nil || string(text) != `{"key":"redacted"}` {
		t.Errorf("%s, %v", text, err)
	}
	if got := fmt.Sprint(macsec.Key{}); got != "none" {
		t.Error(got)
	}
}

// TestMACsecKeyLeaks makes sure that leaks would find one.
func TestMACsecKeyLeaks(t *testing.T) {
	b, _ := hex.DecodeString(secret)
	for _, text := range []string{"key " + secret, fmt.Sprintf("%X", b), fmt.Sprintf("%v", struct{ k []byte }{b}), fmt.Sprintf("%#v", struct{ k []byte }{b}), string(b)} {
		if !leaks(text) {
			t.Errorf("not found in %s", text)
		}
	}
}

func TestMACsecKeyWipe(t *testing.T) {
	b, _ := hex.DecodeString(secret)
	k := iplink.NewMACsecKey(b)
	builder := macsec.New("a").Parent("b").TxSA(macsec.SA{PN: 1, Key: k})
	shared := macsecInfo(builder).TxSAs[0].Key.Expose()
	if err := iplink.Refusal(builder); err != nil {
		t.Fatal(err)
	}
	b[0]++
	if k.Expose()[0] == b[0] || k.Len() != 16 {
		t.Error("the key shares the caller's memory")
	}
	k.Wipe()
	if !bytes.Equal(shared, make([]byte, 16)) {
		t.Errorf("% x is left", shared)
	}
	if k.Len() != 0 || k.Expose() != nil || k.String() != "none" {
		t.Errorf("%d bytes: %v", k.Len(), k)
	}
	if err := iplink.Refusal(builder); err == nil || err.Error() != "create macsec a: tx sa 0 key: invalid argument (there is none, or it was wiped)" {
		t.Error(err)
	}
	k.Wipe()
	macsec.Key{}.Wipe()
}

func TestMACsecKeyEqual(t *testing.T) {
	k := mustKey(t, secret)
	if !k.Equal(mustKey(t, strings.ToUpper(secret))) || k.Equal(mustKey(t, secret[2:])) || k.Equal(macsec.Key{}) || !(macsec.Key{}).Equal(macsec.Key{}) {
		t.Error("keys are compared wrongly")
	}
	if diff := cmp.Diff(macsec.SA{Key: k}, macsec.SA{Key: mustKey(t, secret)}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(macsec.SA{Key: k}, macsec.SA{}); diff == "" || leaks(diff) {
		t.Error(diff)
	}
}

func TestMACsecKeyParse(t *testing.T) {
	for _, digits := range []string{secret[1:], secret + "g0", secret + " ", "0x" + secret} {
		k, err := iplink.ParseMACsecKey(digits)
		if !errors.Is(err, fs.ErrInvalid) || leaks(err.Error()) || k.Len() != 0 {
			t.Errorf("%d characters: %v, %v", len(digits), k, err)
		}
	}
	_, err := iplink.ParseMACsecKey("abc")
	if want := "parse: key: invalid argument (these 3 characters are not pairs of hexadecimal digits)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestMACsecKeyID(t *testing.T) {
	for digits, want := range map[string]string{
		"01":                               "01000000000000000000000000000000",
		"a1B2c3":                           "a1b2c300000000000000000000000000",
		"000102030405060708090a0b0c0d0e0f": "000102030405060708090a0b0c0d0e0f",
	} {
		if id, err := iplink.ParseMACsecKeyID(digits); err != nil || id.String() != want {
			t.Errorf("%s: %v, %v", digits, id, err)
		}
	}
	for _, digits := range []string{"", "1", "0g", strings.Repeat("01", 17)} {
		_, err := iplink.ParseMACsecKeyID(digits)
		if want := fmt.Sprintf("parse: keyid: invalid argument (%q is not up to 32 hexadecimal digits in pairs)", digits); err == nil || err.Error() != want || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

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
		"ip link add a0 link b type macsec && ip macsec add a0 rx sci 0211223344551234 on": macsec.New("a0").Parent("b").RxSC(sci),
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

func goldenMACsec() []goldenSpec {
	base := func() *macsec.Builder { return macsec.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenSpec{
		{"plain", base()},
		{"sci", base().SCI(macsec.SCIOf(lab.MAC, 0x1234)).Cipher(macsec.GCMAES128).ICVLen(12)},
		{"port", base().Port(0x1234).Encrypt(true).Protect(false).Validate(macsec.Check).EncodingSA(3)},
		{"xpn", base().Cipher(macsec.GCMAESXPN256).Replay(true).Window(0x12345678)},
		{"end-station", base().EndStation(true)},
		{"scb", base().SCB(true).Offload(macsec.OffloadMAC)},
	}
}
