package macsec

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/wire"
)

// listed returns the messages that a kernel was seen to send.
func listed(t testing.TB) (messages [][]byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/list.txt")
	testutil.Must(t, err)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			b, err := hex.DecodeString(strings.TrimSpace(line))
			testutil.Must(t, err)
			messages = append(messages, b)
		}
	}
	return messages
}

// TestDecode reads what Linux 6.12 said of two links that `ip` described alike.
func TestDecode(t *testing.T) {
	if wire.Order.Uint16([]byte{0x12, 0x34}) == 0x1234 {
		testutil.Skipf(t, "the bytes are those of a little-endian host")
	}
	want := []*Status{{
		Name: "a", Index: 29325679, Operational: true, SCI: SCI{2, 0, 0, 0, 0x12, 0x0a, 0, 1}, Cipher: GCMAES128, ICVLen: 16,
		Encrypt: true, Protect: true, SendSCI: true, Validate: Strict,
		Stats:   SecYStats{InPktsNoTag: 2, InPktsNoSCI: 1},
		TxStats: TxSCStats{OutPktsEncrypted: 5, OutOctetsEncrypted: 798},
		TxSAs:   []TxSA{{SA{PN: 6, Active: true}, TxSAStats{OutPktsEncrypted: 5}}},
		RxSCs: []RxSC{{SCI: SCI{2, 0, 0, 0, 0x34, 0x0b, 0, 1}, Active: true, Stats: RxSCStats{InOctetsDecrypted: 794, InPktsOK: 5},
			SAs: []RxSA{{SA{PN: 8, Active: true, KeyID: KeyID{1}}, RxSAStats{InPktsOK: 5}}}}},
	}, {
		Name: "a", Index: 274811903, Operational: true, SCI: SCI{2, 0, 0, 0, 0x12, 0x0a, 0x12, 0x34}, Cipher: GCMAESXPN256, ICVLen: 16, EncodingSA: 2,
		Protect: true, SendSCI: true, Replay: true, Window: 0x123, Validate: Strict,
		Stats: SecYStats{InPktsNoTag: 1},
		TxSAs: []TxSA{{SA: SA{AN: 2, PN: 1<<32 + 4, Active: true, KeyID: KeyID{0xa1, 0xb2}, SSCI: 0x12345678}}},
		RxSCs: []RxSC{{SCI: SCI{2, 0, 0, 0, 0x34, 0x0b, 0x43, 0x21}, Active: true, SAs: []RxSA{{SA: SA{AN: 3, PN: 5, KeyID: KeyID{0xc3}, SSCI: 7}}}}},
	}}
	for i, b := range listed(t) {
		d := macsecnl.Parse(b)
		got, err := statusOf("a", &d)
		if diff := cmp.Diff(want[i], got); diff != "" || err != nil {
			t.Errorf("%d: %v, - want, + got:\n%s", i, err, diff)
		}
		for n := range b { // cut off at each byte: what is wrong is told, or nothing is
			cut := macsecnl.Parse(b[:n])
			if s, err := statusOf("a", &cut); err == nil && s.Index != 0 && len(s.RxSCs) > 0 && n < len(b)-4 {
				t.Errorf("%d bytes of %d are taken for the whole", n, len(b))
			}
		}
	}
}

// TestCounters gives each counter a value of its own, by its number in the
// kernel's header.
func TestCounters(t *testing.T) {
	var secY SecYStats
	var txSC TxSCStats
	var rxSC RxSCStats
	var txSA TxSAStats
	var rxSA RxSAStats
	for _, c := range []struct {
		first, last uint16
		wide        bool
		table       attr.Table
	}{{1, 8, true, secY.attrs}, {1, 4, true, txSC.attrs}, {1, 10, true, rxSC.attrs}, {6, 7, false, txSA.attrs}, {1, 5, false, rxSA.attrs}} {
		var b []byte
		for typ := c.first; typ <= c.last; typ++ {
			if c.wide {
				b = wire.AppendU64(b, typ, 0x1234_0000_0000+uint64(typ))
			} else {
				b = wire.AppendU32(b, typ, 0x1234_0000+uint32(typ))
			}
		}
		testutil.Must(t, decode(b, c.table))
	}
	const w, n = 0x1234_0000_0000, 0x1234_0000
	for _, c := range []struct{ got, want any }{
		{secY, SecYStats{w + 1, w + 2, w + 3, w + 4, w + 5, w + 6, w + 7, w + 8}},
		{txSC, TxSCStats{w + 1, w + 2, w + 3, w + 4}},
		{rxSC, RxSCStats{w + 1, w + 2, w + 3, w + 4, w + 5, w + 6, w + 7, w + 8, w + 9, w + 10}},
		{txSA, TxSAStats{n + 6, n + 7}},
		{rxSA, RxSAStats{n + 1, n + 2, n + 3, n + 4, n + 5}},
	} {
		if c.got != c.want {
			t.Errorf("%+v, want %+v", c.got, c.want)
		}
	}
}
