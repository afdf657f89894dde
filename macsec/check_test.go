package macsec

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/openlink"
)

// TestRefused is about what is refused before anything is sent: the MACsec has no
// sockets. Package macsecnl has all combinations of what an association holds.
func TestRefused(t *testing.T) {
	secY := func(cipher iplink.MACsecCipher) *MACsec {
		return &MACsec{link: &openlink.Handle{Kind: iplink.KindMACsec, Name: "macsec0", Index: 77}, suite: macsecnl.Suite(cipher)}
	}
	m, long, xpn := secY(GCMAES128), secY(GCMAES256), secY(GCMAESXPN128)
	sci := SCIOf([]byte{2, 0, 0, 0, 0x34, 0x0b}, 0x1234)
	k, salt := NewKey(make([]byte, 16)), NewKey(make([]byte, 12))
	type call = func(context.Context) error
	tx := func(m *MACsec, sa SA) call { return func(ctx context.Context) error { return m.AddTxSA(ctx, sa) } }
	rx := func(sci SCI, sa SA) call { return func(ctx context.Context) error { return m.AddRxSA(ctx, sci, sa) } }
	sc := func(sci SCI, sas ...SA) call {
		return func(ctx context.Context) error { return m.AddRxSC(ctx, sci, sas...) }
	}
	set := func(m *MACsec, an uint8, s ...Setting) call {
		return func(ctx context.Context) error { return m.UpdateTxSA(ctx, an, s...) }
	}
	zero := "rx sci: invalid argument (the zero SCI is none: it needs an address of 6 bytes, and a port)"
	for _, c := range []struct {
		call call
		want string
	}{
		{tx(m, SA{AN: 4, PN: 1, Key: k}), "add macsec macsec0: tx sa 4 an: invalid argument (4 is not in 0…3)"},
		{tx(m, SA{AN: 3, Key: k}), "add macsec macsec0: tx sa 3 pn: invalid argument (0 is not in 1…4294967295)"},
		{tx(m, SA{PN: 1 << 32, Key: k}), "add macsec macsec0: tx sa 0 pn: invalid argument (4294967296 is not in 1…4294967295: only XPN ciphers have more than 32 bits)"},
		{tx(m, SA{PN: 1}), "add macsec macsec0: tx sa 0 key: invalid argument (there is none, or it was wiped)"},
		{tx(m, SA{PN: 1, Key: salt}), "add macsec macsec0: tx sa 0 key: invalid argument (12 bytes, where 16 are due with gcm-aes-128)"},
		{tx(long, SA{PN: 1, Key: k}), "add macsec macsec0: tx sa 0 key: invalid argument (16 bytes, where 32 are due with gcm-aes-256)"},
		{tx(m, SA{PN: 1, Key: k, SSCI: 1}), "add macsec macsec0: tx sa 0 ssci: invalid argument (only XPN ciphers have one, and the link's is gcm-aes-128)"},
		{tx(m, SA{PN: 1, Key: k, Salt: salt}), "add macsec macsec0: tx sa 0 salt: invalid argument (only XPN ciphers have one, and the link's is gcm-aes-128)"},
		{tx(xpn, SA{PN: 1, Key: k, Salt: salt}), "add macsec macsec0: tx sa 0 ssci: invalid argument (an XPN cipher needs one, 1 or more)"},
		{tx(xpn, SA{PN: 1, Key: k, SSCI: 1}), "add macsec macsec0: tx sa 0 salt: invalid argument (an XPN cipher needs one, and there is none, or it was wiped)"},
		{tx(xpn, SA{PN: 1, Key: k, SSCI: 1, Salt: k}), "add macsec macsec0: tx sa 0 salt: invalid argument (16 bytes, where 12 are due)"},
		{rx(SCI{}, SA{PN: 1, Key: k}), "add macsec macsec0: " + zero},
		{rx(sci, SA{AN: 255, PN: 1, Key: k}), "add macsec macsec0: rx 02000000340b1234 sa 255 an: invalid argument (255 is not in 0…3)"},
		{rx(sci, SA{AN: 1, Key: k}), "add macsec macsec0: rx 02000000340b1234 sa 1 pn: invalid argument (0 is not in 1…4294967295)"},
		{sc(SCIOf(nil, 7)), "add macsec macsec0: " + zero},
		{sc(sci, SA{PN: 1, Key: k}, SA{PN: 1, Key: k}), "add macsec macsec0: rx 02000000340b1234 sa 0 an: invalid argument (two associations of one channel have this number)"},
		{sc(sci, SA{PN: 1, Key: k}, SA{AN: 1, Key: k}), "add macsec macsec0: rx 02000000340b1234 sa 1 pn: invalid argument (0 is not in 1…4294967295)"},
		{set(m, 4, SetPN(7)), "set macsec macsec0: tx sa 4 an: invalid argument (4 is not in 0…3)"},
		{set(m, 1), "set macsec macsec0: tx sa 1 pn: invalid argument (nothing is to change: SetPN or SetActive)"},
		{set(m, 1, SetPN(0), SetActive(true)), "set macsec macsec0: tx sa 1 pn: invalid argument (0 is not in 1…4294967295)"},
		{set(m, 1, SetPN(1<<32)), "set macsec macsec0: tx sa 1 pn: invalid argument (4294967296 is not in 1…4294967295: only XPN ciphers have more than 32 bits)"},
		{set(xpn, 1, SetPN(0)), "set macsec macsec0: tx sa 1 pn: invalid argument (0 is not in 1…18446744073709551615)"},
		{func(ctx context.Context) error { return m.UpdateRxSA(ctx, SCI{}, 1, SetPN(1)) }, "set macsec macsec0: " + zero},
		{func(ctx context.Context) error { return m.UpdateRxSA(ctx, sci, 5, SetPN(1)) }, "set macsec macsec0: rx 02000000340b1234 sa 5 an: invalid argument (5 is not in 0…3)"},
		{func(ctx context.Context) error { return m.UpdateRxSC(ctx, SCI{}, true) }, "set macsec macsec0: " + zero},
		{func(ctx context.Context) error { return m.DeleteTxSA(ctx, 4) }, "delete macsec macsec0: tx sa 4 an: invalid argument (4 is not in 0…3)"},
		{func(ctx context.Context) error { return m.DeleteRxSA(ctx, sci, 4, Deactivate) }, "delete macsec macsec0: rx 02000000340b1234 sa 4 an: invalid argument (4 is not in 0…3)"},
		{func(ctx context.Context) error { return m.DeleteRxSA(ctx, SCI{}, 1) }, "delete macsec macsec0: " + zero},
		{func(ctx context.Context) error { return m.DeleteRxSC(ctx, SCI{}) }, "delete macsec macsec0: " + zero},
		{func(ctx context.Context) error { return m.SetOffload(ctx, 3) }, "offload macsec macsec0: offload: invalid argument (3 is not one of off, phy, mac)"},
	} {
		err := c.call(t.Context())
		if err == nil || err.Error() != c.want || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestRotationRefused is about what is refused for what the link is.
func TestRotationRefused(t *testing.T) {
	m := &MACsec{link: &openlink.Handle{Kind: iplink.KindMACsec, Name: "macsec0", Index: 77}, suite: macsecnl.Suite(GCMAES128)}
	peer, other := SCIOf([]byte{2, 0, 0, 0, 0x34, 0x0b}, 0x1234), SCIOf([]byte{2, 0, 0, 0, 0x34, 0x0b}, 7)
	old := &Status{TxSAs: []TxSA{{SA: SA{AN: 0}}}, RxSCs: []RxSC{{SCI: peer, SAs: []RxSA{{SA: SA{AN: 2}}}}}}
	next := func(an uint8) SA { return SA{AN: an, PN: 1, Key: NewKey(make([]byte, 16))} }
	for want, r := range map[string]Rotation{
		"rotate macsec macsec0: tx sa 0 pn: invalid argument (0 is not in 1…4294967295)":                                                          {},
		"rotate macsec macsec0: tx sa 0: device or resource busy (there is an association of this number already: take another)":                  {Tx: next(0)},
		"rotate macsec macsec0: rx 02000000340b0007: file does not exist (there is no such channel)":                                              {Tx: next(1), Rx: map[SCI]SA{other: next(1)}},
		"rotate macsec macsec0: rx 02000000340b1234 sa 2: device or resource busy (there is an association of this number already: take another)": {Tx: next(1), Rx: map[SCI]SA{peer: next(2)}},
		"rotate macsec macsec0: rx 02000000340b1234 sa 1 key: invalid argument (there is none, or it was wiped)":                                  {Tx: next(1), Rx: map[SCI]SA{peer: {AN: 1, PN: 1}}},
	} {
		if err := m.checkRotation(&r, old); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := m.checkRotation(&Rotation{Tx: next(1), Rx: map[SCI]SA{peer: next(1)}}, old); err != nil {
		t.Error(err)
	}
}

// FuzzStatus decodes any bytes as a message of the kernel's list. What holds for
// any: what is wrong is told, and the same again gives the same.
func FuzzStatus(f *testing.F) {
	f.Add([]byte{8, 0, 1, 0, 0x34, 0x12, 0, 0})
	for _, b := range listed(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, again := macsecnl.Parse(b), macsecnl.Parse(b)
		s, err := statusOf("a", &d)
		other, fault := statusOf("a", &again)
		if (err == nil) != (fault == nil) || s.Index != other.Index || len(s.TxSAs) != len(other.TxSAs) || len(s.RxSCs) != len(other.RxSCs) {
			t.Errorf("%+v, %v, then %+v, %v", s, err, other, fault)
		}
		for _, c := range s.RxSCs {
			if s.RxSC(c.SCI) == nil {
				t.Errorf("%v is not found", c.SCI)
			}
		}
	})
}
