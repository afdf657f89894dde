package macsecnl

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// sample is a message of the list written by hand from the kernel's header: a
// link, an association with a 32-bit number and one with a 64-bit number.
const sample = "08000100 34120000" +
	"0c000980 05000100 02000000" +
	"74000480 0c000100 0200000012341234 0c000400 0100000100028000 05000500 0c000000 05000800 01000000 05000600 00000000 05000700 01000000" +
	"05000900 01000000 05000a00 01000000 05000b00 00000000 05000c00 01000000 05000d00 00000000 05000200 03000000 08000300 78563412" +
	"10000780 0c000100 1111000000000000" +
	"10000880 0c000200 2222000000000000" +
	"5c000580" +
	"24000100 05000100 02000000 05000200 01000000 08000300 78563412 08000600 07000800" +
	"34000200 05000100 03000000 05000200 00000000 0c000300 f0debc9a78563412 14000500 a1b2c3d4 00000000 00000000 00000001"

func TestParse(t *testing.T) {
	b := testutil.LittleEndian(t, sample)
	d := Parse(b)
	if d.Index != 0x1234 || d.Offload != 2 || d.SCI != (SCI{2, 0, 0, 0, 0x12, 0x34, 0x12, 0x34}) || d.Suite != 0x0080c20001000001 || d.ICVLen != 12 ||
		!d.Operational || d.Protect || !d.Replay || d.Validate != 1 || !d.Encrypt || d.SendSCI || !d.EndStation || d.SCB || d.EncodingSA != 3 || d.Window != 0x12345678 {
		t.Errorf("%+v", d)
	}
	if !bytes.Equal(d.TxStats, testutil.LittleEndian(t, "0c000100 1111000000000000")) || !bytes.Equal(d.Stats, testutil.LittleEndian(t, "0c000200 2222000000000000")) {
		t.Errorf("% x, % x", d.TxStats, d.Stats)
	}
	want := []SA{
		{AN: 2, Active: true, PN: 0x12345678, Stats: testutil.LittleEndian(t, "07000800")},
		{AN: 3, PN: 0x123456789abcdef0, KeyID: [16]byte{0xa1, 0xb2, 0xc3, 0xd4, 15: 1}},
	}
	if !reflect.DeepEqual(d.TxSAs, want) {
		t.Errorf("%+v", d.TxSAs)
	}
	if FindSA(d.TxSAs, 3) != &d.TxSAs[1] || FindSA(d.TxSAs, 0) != nil || d.FindRxSC(peer) != nil {
		t.Error("associations are not found by number")
	}
}

// TestParseFaults has what is wrong told, and all else read.
func TestParseFaults(t *testing.T) {
	for literal, want := range map[string]string{
		"0c000580 09000100 05000100":                   "tx sa_list: truncated netlink data",
		"10000580 0c000100 05000100 02000000":          "tx sa: pn: 0 bytes where 4 or 8 are due",
		"14000580 10000100 05000100 02000000 09000300": "tx sa: truncated netlink data",
		"10000680 0c000100 08000100 02000000":          "rx: sci: 4 bytes where 8 are due",
		"0c000480 08000100 02000000":                   "sci: 4 bytes where 8 are due",
		"07000100 341200":                              "ifindex: 3 bytes where 4 are due",
	} {
		d := Parse(append(testutil.LittleEndian(t, "0c000980 05000100 02000000"), testutil.LittleEndian(t, literal)...))
		if d.Err == nil || !strings.Contains(d.Err.Error(), want) {
			t.Errorf("%s: %v, want %s", literal, d.Err, want)
		}
	}
	if d := Parse(nil); d.Err != nil || d.Index != 0 {
		t.Errorf("%+v", d)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(testutil.LittleEndian(f, sample))
	f.Add(testutil.LittleEndian(f, sample)[8:])
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		d, again := Parse(b), Parse(b)
		if !bytes.Equal(b, before) {
			t.Fatal("decoding changed the bytes")
		}
		if (d.Err == nil) != (again.Err == nil) || len(d.TxSAs) != len(again.TxSAs) || len(d.RxSCs) != len(again.RxSCs) {
			t.Errorf("%+v, then %+v", d, again)
		}
		if len(d.TxSAs)+len(d.RxSCs) > len(b)/4 {
			t.Errorf("%d bytes hold %d associations and %d channels", len(b), len(d.TxSAs), len(d.RxSCs))
		}
	})
}
