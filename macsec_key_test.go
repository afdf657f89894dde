package iplink_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/macsec"
)

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
