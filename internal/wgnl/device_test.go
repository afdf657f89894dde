package wgnl

import (
	"bytes"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
)

// Keys in base 16.
const (
	private  = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	first    = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
	second   = "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	preshare = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
)

// The messages of an answer, written by hand from the kernel's header: a device with two
// peers, the second of which continues in the second message.
const (
	one = "08000100 34120000 08000200 77673000" + "24000300 " + private + "24000400 " + first + "06000600 21430000 08000700 78563412" +
		"34010880" + "bc000080 24000100 " + first + "24000200 " + preshare + "14000400 0200 1234 c0000207 0000000000000000 06000500 39300000" +
		"14000600 78563412 00000000 15cd5b07 00000000 0c000700 f0debc9a 78563412 0c000800 21436587 00000000 08000a00 01000000" +
		"20000980 1c000080 06000100 02000000 08000200 0a010200 05000300 18000000" +
		"74000080 24000100 " + second + "20000400 0a00 5678 00000000 20010db8000000000000000000000007 09000000" +
		"2c000980 28000080 06000100 0a000000 14000200 20010db8000100000000000000000000 05000300 40000000"
	two = "4c000880 48000080 24000100 " + second + "20000980 1c000080 06000100 02000000 08000200 0a090000 05000300 10000000"
)

func TestAdd(t *testing.T) {
	var d Device
	d.Add(testutil.LittleEndian(t, one))
	d.Add(testutil.LittleEndian(t, two))
	if d.Err != nil || d.Index != 0x1234 || d.Port != 0x4321 || d.FwMark != 0x12345678 || d.Private != keyOf(t, private) || d.Public != keyOf(t, first) {
		t.Errorf("%+v", d)
	}
	want := []*Peer{
		{Public: keyOf(t, first), Preshared: keyOf(t, preshare), Endpoint: netip.MustParseAddrPort("192.0.2.7:4660"), Keepalive: 12345,
			Handshake: time.Unix(0x12345678, 123456789), RxBytes: 0x123456789abcdef0, TxBytes: 0x87654321, Protocol: 1,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}},
		{Public: keyOf(t, second), Endpoint: netip.MustParseAddrPort("[2001:db8::7%9]:22136"),
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("10.9.0.0/16")}},
	}
	if !reflect.DeepEqual(d.Peers, want) {
		t.Errorf("%+v\n%+v", *d.Peers[0], *d.Peers[1])
	}
	if d.Wipe(); !d.Private.IsZero() || !d.Peers[0].Preshared.IsZero() {
		t.Error("secrets are left")
	}
}

// TestAddWipes has no secret left in the message.
func TestAddWipes(t *testing.T) {
	b := testutil.LittleEndian(t, one)
	new(Device).Add(b)
	if bytes.Contains(b, testutil.LittleEndian(t, private)) || bytes.Contains(b, testutil.LittleEndian(t, preshare)) || !bytes.Contains(b, testutil.LittleEndian(t, first)) {
		t.Errorf("% x", b)
	}
}

func keyOf(t testing.TB, literal string) Key {
	return Key(testutil.LittleEndian(t, literal))
}

// TestAddFaults has faults reported, and all else read.
func TestAddFaults(t *testing.T) {
	for literal, want := range map[string]string{
		"07000100 341200":                                       "ifindex: 3 bytes where 4 are due",
		"08000300 00000000":                                     "private-key: 4 bytes where 32 are due",
		"0c000880 09000080 05000100":                            "peers: truncated netlink data",
		"10000880 0c000080 08000400 02000000":                   "peer: endpoint: 4 bytes of family 2",
		"18000880 14000080 10000980 0c000080 05000300 18000000": "allowed-ips: invalid IP/24 of family 0",
	} {
		var d Device
		d.Add(append(testutil.LittleEndian(t, "06000600 21430000"), testutil.LittleEndian(t, literal)...))
		if d.Err == nil || !strings.Contains(d.Err.Error(), want) {
			t.Errorf("%s: %v, want %s", literal, d.Err, want)
		}
		if d.Port != 0x4321 {
			t.Errorf("%s: port %#x", literal, d.Port)
		}
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(testutil.LittleEndian(f, one), testutil.LittleEndian(f, two))
	f.Add(testutil.LittleEndian(f, one)[8:], []byte(nil))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var d, again Device
		for _, d := range []*Device{&d, &again} {
			d.Add(bytes.Clone(a))
			d.Add(bytes.Clone(b))
		}
		if (d.Err == nil) != (again.Err == nil) || !reflect.DeepEqual(d.Peers, again.Peers) {
			t.Errorf("%+v, then %+v", d, again)
		}
		ips := 0
		for _, p := range d.Peers {
			if d.Peer(p.Public) != p {
				t.Errorf("the peer %x is not found", p.Public)
			}
			ips += len(p.AllowedIPs)
		}
		if len(d.Peers)+ips > (len(a)+len(b))/4 {
			t.Errorf("%d bytes hold %d peers and %d allowed IPs", len(a)+len(b), len(d.Peers), ips)
		}
	})
}
