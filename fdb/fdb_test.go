package fdb_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/iplink-go/iplink/fdb"
)

func TestFDBWords(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	for _, c := range []struct {
		e    fdb.Entry
		want string
	}{
		{fdb.Entry{MAC: mac}, "02:00:00:00:12:34 permanent"},
		{fdb.Entry{MAC: mac, PortIndex: 71, State: fdb.Stale, Flags: 0xffff},
			"02:00:00:00:12:34 dev if71 self master use router extern_learn offload sticky locked 0xfd08 stale"},
		{fdb.Entry{MAC: mac, Port: "p1", VLAN: 291, State: fdb.Static, Notify: true, Inactive: true, NoRefresh: true, Used: time.Second},
			"02:00:00:00:12:34 dev p1 static vlan 291 activity_notify inactive norefresh"},
		{fdb.Entry{MAC: mac, State: fdb.Dynamic, Dst: netip.MustParseAddr("2001:db8::1"), DstPort: 0x1234, VNI: 0x4321, ViaIndex: 72, SrcVNI: 7},
			"02:00:00:00:12:34 dynamic dst 2001:db8::1 port 4660 vni 17185 via if72 src_vni 7"},
		{fdb.Entry{MAC: mac, State: 9, NextHop: 1194}, "02:00:00:00:12:34 State(9) nhid 1194"},
	} {
		if got := c.e.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
