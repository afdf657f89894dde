package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestWholeChange changes one setting where a request has to carry the others: all that
// the kernel has reported, except those that cannot change, and the MTU.
func TestWholeChange(t *testing.T) {
	littleEndian(t)
	have := decoded(t, "07000300 67310000"+
		"08000400 01050000"+ // MTU 1281
		"44001200"+
		"0a000100 67656e65 76650000"+
		"34000200"+
		"08000100 56341200 08000200 c0000207 05000300 21000000 05000400 14000000 06000500 17c10000 08000b00 00012345")
	data, mtu := iplink.WholeChange(geneve.New("g1").TTL(0x11).Port(0x17c1), have)
	found := map[uint16]string{}
	for a, err := range wire.Attrs(wire.Find(data, uapi.IFLA_INFO_DATA)) {
		if err != nil {
			t.Fatal(err)
		}
		found[a.Type] = string(a.Data)
	}
	want := map[uint16]string{
		uapi.IFLA_GENEVE_REMOTE: "\xc0\x00\x02\x07", uapi.IFLA_GENEVE_TTL: "\x11", uapi.IFLA_GENEVE_TOS: "\x14", uapi.IFLA_GENEVE_LABEL: "\x00\x01\x23\x45",
	}
	if len(found) != len(want) {
		t.Errorf("the request has %v, want %v", found, want)
	}
	for typ, value := range want {
		if found[typ] != value {
			t.Errorf("attribute %d is % x, want % x", typ, found[typ], value)
		}
	}
	if mtu != 1281 {
		t.Errorf("the request sets the MTU to %d", mtu)
	}
	if _, mtu = iplink.WholeChange(geneve.New("g1").TTL(0x11).MTU(0x567), have); mtu != 0x567 {
		t.Errorf("the request sets the MTU to %d, not to the wanted one", mtu)
	}
	if data, mtu = iplink.WholeChange(geneve.New("g1").Up(), have); len(data) > 0 || mtu != 0 {
		t.Errorf("a change of other settings carries % x and the MTU %d", data, mtu)
	}
}
