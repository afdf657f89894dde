package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/ipoib"
)

func TestIPoIBEncoding(t *testing.T) {
	encoded(t, ipoib.New("ib0.8001").PKey(0x8001).Mode(ipoib.Datagram), "0600010001800000 0600020000000000")
	encoded(t, ipoib.New("ib0.8001").Mode(ipoib.Connected).UMCast(true), "0600020001000000 0600030001000000")
	encoded(t, ipoib.New("ib0.8004").PKey(4), "0600010004800000")
	encoded(t, ipoib.New("ib0.9234").PKey(0x1234).UMCast(false), "0600010034920000 0600030000000000")
}

func TestIPoIBDecoding(t *testing.T) {
	l := decoded(t, "2c0012000a00010069706f69620000001c000200060001000280000006000200010000000600030001000000")
	if got, want := *l.Info.(*iplink.IPoIBInfo), (iplink.IPoIBInfo{PKey: 0x8002, Mode: ipoib.Connected, UMCast: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestIPoIBMembership compares keys that differ in the bit that the kernel adds.
func TestIPoIBMembership(t *testing.T) {
	want, have := ipoib.New("a").PKey(4), &iplink.IPoIBInfo{PKey: 0x8004}
	if d := iplink.CompareInfo(want, have); len(d) != 0 {
		t.Errorf("4 and 0x8004 differ: %v", d)
	}
	have.PKey = 0x8005
	if d := iplink.CompareInfo(want, have); len(d) != 1 || !d[0].CreateOnly {
		t.Errorf("4 and 0x8005: %v", d)
	}
}

func TestIPoIBRefusals(t *testing.T) {
	for _, r := range []badSpec{
		{spec: ipoib.New("a").PKey(4), message: "link: a ipoib sits on another link: name it with Parent"},
		{spec: ipoib.New("a").Parent("ib0").PKey(0), message: "pkey: 0x0 is no partition key"},
		{spec: ipoib.New("a").Parent("ib0").PKey(0x8000), message: "pkey: 0x8000 is no partition key"},
		{spec: ipoib.New("a").Parent("ib0").Mode(2), message: "mode: 2 is none of datagram, connected"},
		{spec: ipoib.New("a").Parent("ib0").MTU(65521), message: "mtu: 65521 is not in 72…65520"},
	} {
		r.test(t)
	}
}

// TestIPoIBLater looks for the MTU behind the request that makes the link, which
// the kernel would ignore there.
func TestIPoIBLater(t *testing.T) {
	const want = "ip link add ib0c link ib0 type ipoib mode connected && ip link set dev ib0c mtu 4660"
	if got := ipoib.New("ib0c").Parent("ib0").Mode(ipoib.Connected).MTU(0x1234).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
