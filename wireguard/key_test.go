package wireguard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
)

// TestPublicKey uses the private keys of RFC 7748, section 6.1.
func TestPublicKey(t *testing.T) {
	for private, public := range map[string]string{
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=": "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
		"XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os=": "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=",
	} {
		k, err := ParsePrivateKey(private)
		if got := k.PublicKey().String(); err != nil || got != public {
			t.Errorf("%s, %v, want %s", got, err, public)
		}
	}
	a, err := GeneratePrivateKey()
	b, _ := GeneratePrivateKey()
	if err != nil || a.Len() != 32 || a.Equal(b.WireGuardSecret) || a.Expose()[0]&7 != 0 || a.Expose()[31]>>6 != 1 {
		t.Error("keys are not random scalars")
	}
	if k := NewPrivateKey(make([]byte, 32)).PublicKey(); !k.IsZero() {
		t.Errorf("no key has the public key %v", k)
	}
	if GeneratePresharedKey().Equal(GeneratePresharedKey()) {
		t.Error("preshared keys are not random")
	}
	a.Wipe()
	if a.Len() != 0 || !a.PublicKey().IsZero() || a.String() != "none" {
		t.Error("a wiped key is left")
	}
}

func TestParse(t *testing.T) {
	good := publicOf(0x20)
	if k, err := ParseKey(good.String()); err != nil || k != good {
		t.Errorf("%v, %v", k, err)
	}
	for _, bad := range []string{"", "c2VjcmV0", good.String()[:43], good.String() + "AAAA", strings.Replace(good.String(), "=", "!", 1)} {
		_, err := ParseKey(bad)
		_, second := ParsePrivateKey(bad)
		_, third := ParsePresharedKey(bad)
		for _, err := range []error{err, second, third} {
			if !errors.Is(err, fs.ErrInvalid) || bad != "" && strings.Contains(err.Error(), bad) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
	var peer struct{ Key Key }
	text, err := json.Marshal(struct{ Key Key }{good})
	if err == nil {
		err = json.Unmarshal(text, &peer)
	}
	if err != nil || peer.Key != good {
		t.Errorf("%s, %v", text, err)
	}
}

// TestSecretsAreHidden prints secrets in all ways.
func TestSecretsAreHidden(t *testing.T) {
	private, shared := privateOf(0x10), presharedOf(0x20)
	peer := Peer{Key: publicOf(0x30), PresharedKey: shared, Endpoint: netip.MustParseAddrPort("192.0.2.7:4660")}
	b := New("wg0").PrivateKey(private).Peer(peer)
	bad := b.Clone().Peer(Peer{Key: publicOf(0x10), PresharedKey: shared})
	_, err := bad.Create(t.Context())
	var texts []string
	for _, v := range []any{private, &private, shared, peer, &peer, []Peer{peer}, b, err, struct{ K PrivateKey }{private}, iplink.WireGuardInfo{PrivateKey: private.WireGuardSecret, Peers: []Peer{peer}}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%X", "%s", "%q", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		if text, err := json.Marshal(v); err == nil {
			texts = append(texts, string(text))
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		texts = append(texts, log.String())
	}
	for _, secret := range [][]byte{private.Expose(), shared.Expose()} {
		needles := []string{string(secret), Key(secret).String(), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprint(secret), "[]")}
		for _, text := range texts {
			for _, needle := range needles {
				if strings.Contains(text, needle) {
					t.Errorf("%s has a secret", text)
				}
			}
		}
	}
}

func TestString(t *testing.T) {
	peer := Peer{Key: publicOf(0x20), Endpoint: netip.MustParseAddrPort("[2001:db8::7]:4660"), AllowedIPs: prefixes("10.1.2.3/24", "::/0"), Keepalive: 25 * time.Second}
	key := publicOf(0x20).String()
	for _, c := range []struct {
		b    *Builder
		want string
	}{
		{New("wg0").Up(), "ip link add wg0 up type wireguard"},
		{New("wg0").ListenPort(0x1234).FwMark(0x77).Peer(peer).DelPeer(publicOf(0x30)), "ip link add wg0 type wireguard && wg set wg0 listen-port 4660 fwmark 0x77 peer " + key +
			" endpoint [2001:db8::7]:4660 persistent-keepalive 25 allowed-ips 10.1.2.0/24,::/0 peer " + publicOf(0x30).String() + " remove"},
		{New("wg0").PrivateKey(privateOf(0x10)).Peer(Peer{Key: publicOf(0x20), PresharedKey: presharedOf(0x21)}),
			"ip link add wg0 type wireguard # and, with keys that are not shown: wg set wg0 private-key redacted peer " + key + " preshared-key redacted"},
		{New("wg0").OnlyPeers(Peer{Key: publicOf(0x20), Keepalive: KeepaliveOff}), "ip link add wg0 type wireguard && wg set wg0 peer " + key +
			" persistent-keepalive off # ip has no word for: no other peers"},
	} {
		if got := c.b.String(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// TestRules has invalid settings refused before anything is sent.
func TestRules(t *testing.T) {
	key, wiped := publicOf(0x20), presharedOf(0x40)
	wiped.Wipe()
	wipedPrivate := privateOf(0x40)
	wipedPrivate.Wipe()
	word := "peer " + key.String()
	for _, c := range []struct {
		b          *Builder
		attr, text string
	}{
		{New("wg0").PrivateKey(PrivateKey{}), "private-key", "there is none, or it was wiped"},
		{New("wg0").PrivateKey(wipedPrivate), "private-key", "there is none, or it was wiped"},
		{New("wg0").PrivateKey(NewPrivateKey(make([]byte, 31))), "private-key", "31 bytes, where 32 are due"},
		{New("wg0").Peer(Peer{}), "peer " + Key{}.String() + " public-key", "the zero key is none"},
		{New("wg0").Peer(Peer{Key: key}).Peer(Peer{Key: key}), word, "this peer is given twice"},
		{New("wg0").Peer(Peer{Key: key}).DelPeer(key), word, "this peer is given twice"},
		{New("wg0").PrivateKey(privateOf(0x20)).Peer(Peer{Key: key}), word, "it is the link's own public key, which the kernel ignores as a peer"},
		{New("wg0").Peer(Peer{Key: publicOf(0x30), AllowedIPs: prefixes("10.1.0.0/16")}, Peer{Key: key, AllowedIPs: prefixes("10.1.2.3/16")}), word + " allowed-ips",
			"10.1.0.0/16 is given to peer " + publicOf(0x30).String() + ", too, and only one can have it"},
		{New("wg0").Peer(Peer{Key: key, PresharedKey: wiped}), word + " preshared-key", "it was wiped"},
		{New("wg0").Peer(Peer{Key: key, PresharedKey: NewPresharedKey([]byte("short"))}), word + " preshared-key", "5 bytes, where 32 are due"},
		{New("wg0").Peer(Peer{Key: key, Endpoint: netip.MustParseAddrPort("192.0.2.1:0")}), word + " endpoint", "192.0.2.1 has no port: packets go to an address and a UDP port"},
		{New("wg0").Peer(Peer{Key: key, Endpoint: netip.AddrPortFrom(netip.Addr{}, 7)}), word + " endpoint", "port 7 has no address"},
		{New("wg0").Peer(Peer{Key: key, Endpoint: netip.MustParseAddrPort("[::]:7")}), word + " endpoint", ":: is not an address of a host"},
		{New("wg0").Peer(Peer{Key: key, Endpoint: netip.MustParseAddrPort("[fe80::1%eth0]:7")}), word + " endpoint", "the zone of fe80::1%eth0 must be an interface index, as a decimal number"},
		{New("wg0").Peer(Peer{Key: key, Keepalive: 65536 * time.Second}), word + " persistent-keepalive", "18h12m16s is not in 0s…65535s"},
		{New("wg0").Peer(Peer{Key: key, Keepalive: -time.Second}), word + " persistent-keepalive", "-1s is not in 0s…65535s"},
		{New("wg0").Peer(Peer{Key: key, Keepalive: 1500 * time.Millisecond}), word + " persistent-keepalive", "1.5s is not a whole number of seconds"},
		{New("wg0").Peer(Peer{Key: key, AllowedIPs: []netip.Prefix{{}}}), word + " allowed-ips", "invalid Prefix is not a prefix of IPv4 or IPv6"},
	} {
		_, err := c.b.Create(t.Context())
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || !errors.Is(err, fs.ErrInvalid) || e.Attr != c.attr || e.Message != c.text {
			t.Errorf("%v\n gives %v\n want %s: %s", c.b, err, c.attr, c.text)
		}
	}
}

// secretOf returns 32 bytes that start with n, and the text of wg(8) for them.
func secretOf(n byte) []byte {
	b := make([]byte, keyLen)
	for i := range b {
		b[i] = n + byte(3*i)
	}
	b[0] &= 248
	b[31] = b[31]&127 | 64
	return b
}

func privateOf(n byte) PrivateKey     { return NewPrivateKey(secretOf(n)) }
func presharedOf(n byte) PresharedKey { return NewPresharedKey(secretOf(n)) }
func base64Of(n byte) string          { return Key(secretOf(n)).String() }

// publicOf returns the public key of privateOf(n).
func publicOf(n byte) Key { return privateOf(n).PublicKey() }

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, s := range texts {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}
