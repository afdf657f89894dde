package macsecnl

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
)

var (
	peer = SCI{2, 0, 0, 0, 0x34, 0x0b, 0x12, 0x34}
	key  = []byte("\x09\x87\x65\x43\x21\x09\x87\x65\x43\x21\x09\x87\x65\x43\x21\x09")
	salt = []byte("\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac")
)

// TestAppend compares requests with bytes written by hand from the kernel's
// header. That of the first is what `ip macsec add macsec0 tx sa 0 pn 1 on key
// 01 0987…09` was seen to send to a link of index 3, but that nests are marked as
// such.
func TestAppend(t *testing.T) {
	sa := SA{AN: 2, PN: 0x12345678, KeyID: [16]byte{1, 0x23}, Key: key}
	xpn := SA{AN: 3, PN: 0x123456789abcdef0, Active: true, KeyID: [16]byte{0xff}, Key: key, SSCI: 0x12345678, Salt: salt}
	for want, r := range map[string]Request{
		"04010000 08000100 03000000 44000380 05000100 00000000 08000300 01000000 14000500 01000000 00000000 00000000 00000000" +
			"14000400 09876543 21098765 43210987 65432109 05000200 01000000": AddSA(3, nil, SA{PN: 1, Active: true, KeyID: [16]byte{1}, Key: key}, false),
		"07010000 08000100 34120000 10000280 0c000100 02000000340b1234 44000380 05000100 02000000 08000300 78563412" +
			"14000500 01230000 00000000 00000000 00000000 14000400 09876543 21098765 43210987 65432109 05000200 00000000": AddSA(0x1234, &peer, sa, false),
		"04010000 08000100 34120000 60000380 05000100 03000000 0c000300 f0debc9a78563412" +
			"14000500 ff000000 00000000 00000000 00000000 14000400 09876543 21098765 43210987 65432109" +
			"08000800 12345678 10000900 a1a2a3a4 a5a6a7a8 a9aaabac 05000200 01000000": AddSA(0x1234, nil, xpn, true),
		"06010000 08000100 34120000 1c000380 05000100 01000000 08000300 21430000 05000200 00000000": UpdateSA(0x1234, nil, 1, new(uint64(0x4321)), new(false), false),
		"09010000 08000100 34120000 10000280 0c000100 02000000340b1234 18000380 05000100 01000000 0c000300 2143000001000000":// 64 bits
		UpdateSA(0x1234, &peer, 1, new(uint64(0x100004321)), nil, true),
		"06010000 08000100 34120000 14000380 05000100 03000000 05000200 01000000":                  UpdateSA(0x1234, nil, 3, nil, new(true), true),
		"05010000 08000100 34120000 0c000380 05000100 03000000":                                    DeleteSA(0x1234, nil, 3),
		"08010000 08000100 34120000 10000280 0c000100 02000000340b1234 0c000380 05000100 02000000": DeleteSA(0x1234, &peer, 2),
		"01010000 08000100 34120000 18000280 0c000100 02000000340b1234 05000200 01000000":          AddRxSC(0x1234, peer),
		"03010000 08000100 34120000 18000280 0c000100 02000000340b1234 05000200 00000000":          UpdateRxSC(0x1234, peer, false),
		"02010000 08000100 34120000 10000280 0c000100 02000000340b1234":                            DeleteRxSC(0x1234, peer),
		"0a010000 08000100 34120000 0c000980 05000100 02000000":                                    UpdateOffload(0x1234, 2),
	} {
		if got := r.Append(nil, 1); string(got) != string(testutil.LittleEndian(t, want)) {
			t.Errorf("command %d:\n got % x\nwant % x", r.Command, got, testutil.LittleEndian(t, want))
		}
	}
}

// TestRoom demands that the longest request fits the memory that is set aside
// for it: what it outgrows would keep a copy of the key.
func TestRoom(t *testing.T) {
	sa := SA{AN: 3, PN: 1, KeyID: [16]byte{1}, Key: make([]byte, 32), SSCI: 1, Salt: salt}
	r := AddSA(1, &peer, sa, true)
	if n := len(r.Append(nil, 1)); n > room/2 {
		t.Errorf("%d bytes of %d", n, room)
	}
}

func TestCheck(t *testing.T) {
	const aes128, aes256, xpn128, xpn256 = 0x0080c20001000001, 0x0080c20001000002, 0x0080c20001000003, 0x0080c20001000004
	good := func() SA { return SA{AN: 3, PN: 1, Key: key} }
	long := func() SA { return SA{PN: 1<<32 - 1, Key: make([]byte, 32)} }
	xpn := func() SA { return SA{PN: 1<<64 - 1, Key: key, SSCI: 1, Salt: salt} }
	with := func(sa SA, change func(*SA)) SA {
		change(&sa)
		return sa
	}
	for _, c := range []struct {
		sa    SA
		suite Suite
		want  string
	}{
		{good(), aes128, ""}, {good(), 0, ""}, {long(), aes256, ""}, {long(), 0, ""}, {xpn(), xpn128, ""}, {xpn(), 0, ""},
		{with(xpn(), func(a *SA) { a.Key = make([]byte, 32) }), xpn256, ""},
		{with(xpn(), func(a *SA) { a.Salt = make([]byte, 12) }), xpn128, ""},
		{with(good(), func(a *SA) { a.AN = 4 }), aes128, "an: 4 is not in 0…3"},
		{with(good(), func(a *SA) { a.PN = 0 }), aes128, "pn: 0 is not in 1…4294967295"},
		{with(good(), func(a *SA) { a.PN = 0 }), xpn128, "pn: 0 is not in 1…18446744073709551615"},
		{with(good(), func(a *SA) { a.PN = 1 << 32 }), aes128, "pn: 4294967296 is not in 1…4294967295: only XPN ciphers have more than 32 bits"},
		{with(good(), func(a *SA) { a.PN = 1 << 32 }), 0, "pn: 4294967296 is not in 1…4294967295: only XPN ciphers have more than 32 bits"},
		{with(good(), func(a *SA) { a.Key = nil }), aes128, "key: there is none, or it was wiped"},
		{with(good(), func(a *SA) { a.Key = key[1:] }), aes128, "key: 15 bytes, where 16 are due with gcm-aes-128"},
		{with(good(), func(a *SA) { a.Key = key[1:] }), 0, "key: 15 bytes, where 16 or 32 are due"},
		{long(), aes128, "key: 32 bytes, where 16 are due with gcm-aes-128"},
		{good(), aes256, "key: 16 bytes, where 32 are due with gcm-aes-256"},
		{xpn(), xpn256, "key: 16 bytes, where 32 are due with gcm-aes-xpn-256"},
		{with(good(), func(a *SA) { a.SSCI = 7 }), aes128, "ssci: only XPN ciphers have one, and the link's is gcm-aes-128"},
		{with(good(), func(a *SA) { a.Salt = salt }), aes128, "salt: only XPN ciphers have one, and the link's is gcm-aes-128"},
		{good(), xpn128, "ssci: an XPN cipher needs one, 1 or more"},
		{with(good(), func(a *SA) { a.Salt = salt }), 0, "ssci: an XPN cipher needs one, 1 or more"},
		{with(good(), func(a *SA) { a.SSCI = 7 }), xpn128, "salt: an XPN cipher needs one, and there is none, or it was wiped"},
		{with(good(), func(a *SA) { a.SSCI = 7 }), 0, "salt: an XPN cipher needs one, and there is none, or it was wiped"},
		{with(xpn(), func(a *SA) { a.Salt = salt[1:] }), xpn128, "salt: 11 bytes, where 12 are due"},
	} {
		got := ""
		if f := c.sa.Check(c.suite); f != nil {
			got = f.Word + ": " + f.Text
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.suite, got, c.want)
		}
	}
	if sa, f := CheckSAs([]SA{good(), {PN: 1, Key: key}, good()}, aes128); sa == nil || sa.AN != 3 || f.Text != "two associations of one channel have this number" {
		t.Errorf("%v, %v", sa, f)
	}
}

// TestReasons has a reason for every errno that the kernel's source gives to a
// command without one, and never a key.
func TestReasons(t *testing.T) {
	sa := SA{AN: 1, PN: 1, Key: key}
	for _, c := range []struct {
		r     Request
		errno syscall.Errno
		is    error
		want  string
	}{
		{AddRxSC(7, peer), syscall.EEXIST, syscall.EEXIST, "file exists (a MACsec link on this parent has a channel of this SCI already)"},
		{UpdateRxSC(7, peer, true), syscall.ENODEV, syscall.ENODEV, "no such device (there is no such channel)"},
		{DeleteRxSC(7, peer), syscall.ENODEV, syscall.ENODEV, "no such device (there is no such channel)"},
		{AddSA(7, nil, sa, false), syscall.EBUSY, syscall.EBUSY, "device or resource busy (there is an association of this number already)"},
		{AddSA(7, &peer, sa, false), syscall.EBUSY, syscall.EBUSY, "device or resource busy (there is an association of this number already)"},
		{AddSA(7, &peer, sa, false), syscall.ENODEV, syscall.ENODEV, "no such device (there is no such channel: add it before)"},
		{AddSA(7, nil, sa, false), syscall.ENOENT, errors.ErrUnsupported, "operation not supported (this kernel has no gcm(aes) (CONFIG_CRYPTO_GCM, CONFIG_CRYPTO_AES))"},
		{AddSA(7, &peer, sa, false), syscall.ENOENT, errors.ErrUnsupported, "operation not supported (this kernel has no gcm(aes) (CONFIG_CRYPTO_GCM, CONFIG_CRYPTO_AES))"},
		{UpdateSA(7, nil, 1, nil, new(true), false), syscall.ENODEV, syscall.ENODEV, "no such device (there is no such association)"},
		{UpdateSA(7, &peer, 1, nil, new(true), false), syscall.ENODEV, syscall.ENODEV, "no such device (there is no such association, or no such channel)"},
		{DeleteSA(7, nil, 1), syscall.ENODEV, syscall.ENODEV, "no such device (there is no such association)"},
		{DeleteSA(7, nil, 1), syscall.EBUSY, syscall.EBUSY, "device or resource busy (it is active: deactivate it before)"},
		{DeleteSA(7, &peer, 1), syscall.EBUSY, syscall.EBUSY, "device or resource busy (it is active: deactivate it before)"},
		{UpdateOffload(7, 1), syscall.EBUSY, syscall.EBUSY, "device or resource busy (changes only while the link is down and has no channel or association)"},
		{UpdateOffload(7, 1), syscall.EOPNOTSUPP, errors.ErrUnsupported, "operation not supported (the parent cannot take the work over)"},
		{DeleteSA(7, nil, 1), syscall.EPERM, syscall.EPERM, "operation not permitted (needs CAP_NET_ADMIN: run as root, or in a user namespace)"},
	} {
		err := c.r.refuse(&rtnl.Errno{Errno: c.errno})
		if !errors.Is(err, c.is) || err.Error() != c.want {
			t.Errorf("command %d: %v, want %s", c.r.Command, err, c.want)
		}
		if text := fmt.Sprintf("%v", err); strings.Contains(text, string(key)) || strings.Contains(text, fmt.Sprintf("%x", key)) {
			t.Errorf("the key is in %q", text)
		}
	}
	err := UpdateOffload(7, 1).refuse(&rtnl.Errno{Errno: syscall.EINVAL, Message: "said by the kernel"})
	if err.Error() != "invalid argument (said by the kernel)" {
		t.Error(err)
	}
}

func TestSubject(t *testing.T) {
	for want, r := range map[string]Request{
		"tx sa 1":                  UpdateSA(7, nil, 1, nil, nil, false),
		"rx 02000000340b1234 sa 2": DeleteSA(7, &peer, 2),
		"rx 02000000340b1234":      AddRxSC(7, peer),
		"":                         UpdateOffload(7, 1),
	} {
		if got := r.Subject(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
