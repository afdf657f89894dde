package fdbmsg

import (
	"net"
	"net/netip"
	"testing"

	"github.com/iplink-go/iplink/fdb"
)

// FuzzParse parses anything as an entry; what an entry was encoded as, comes
// back.
func FuzzParse(f *testing.F) {
	r := Message{Index: 71, Via: 72, Flags: fdb.Self | fdb.Router, Entry: &fdb.Entry{
		MAC: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: fdb.Static, Dst: netip.MustParseAddr("2001:db8::1"),
		DstPort: 0x1234, VNI: 0x123456, SrcVNI: 0x654321, NextHop: 0x12345678, VLAN: 0x123, Notify: true, Inactive: true}}
	f.Add(r.Append(nil))
	name := func(index int) string { return map[int]string{71: "vx0", 72: "eth0"}[index] }
	want := *r.Entry
	want.Port, want.PortIndex, want.Via, want.ViaIndex, want.Flags = "vx0", 71, "eth0", 72, r.Flags
	if got, ok := Parse(r.Append(nil), name); !ok || got.String() != want.String() || got.Flags != want.Flags {
		f.Errorf("%v, want %v", got, want)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, ok := Parse(data, name); ok && (len(e.MAC) == 0 || e.String() == "") {
			t.Errorf("%+v", e)
		}
	})
}
