package bridge

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestMDBSource is about entries for one source, which have the filter mode include,
// whatever is said.
func TestMDBSource(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_igmp_version 3")
	for _, include := range []bool{true, false} {
		e := MDBEntry{Port: "p1", Group: ipv4, Source: sender, VLAN: 1, Permanent: true, Include: include}
		testutil.Must(t, x.s.AddMDB(x.Context(), e))
		said := shownMDB{Dev: "br0", Port: "p1", Grp: "239.1.2.3", Src: "192.0.2.9", State: "permanent", VID: 1, FilterMode: "include", Protocol: "static"}
		x.wantMDB(said)
		listed := x.mdb(ipv4)
		if len(listed) != 1 || !listed[0].Include {
			t.Errorf("ListMDB: %+v", listed)
		}
		testutil.Must(t, x.s.DeleteMDB(x.Context(), e))
		x.run("bridge mdb add dev br0 " + e.String())
		x.wantMDB(said)
		x.Batch("link set br0 type bridge mcast_igmp_version 2") // where the kernel reports no mode
		if listed := x.mdb(ipv4); len(listed) != 1 || !listed[0].Include {
			t.Errorf("ListMDB: %+v", listed)
		}
		x.Batch("link set br0 type bridge mcast_igmp_version 3")
		testutil.Must(t, x.s.DeleteMDB(x.Context(), x.mdb(ipv4)[0]))
	}
}

// TestMDBExclude is about the filter mode exclude, with sources and without.
func TestMDBExclude(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_igmp_version 3")
	none := MDBEntry{Port: "p1", Group: ipv4, VLAN: 1, Permanent: true}
	some := none
	some.Sources = []MDBSource{{Addr: sender}}
	for _, e := range []MDBEntry{none, some} {
		if len(e.Sources) > 0 && testutil.Older(t, 6, 3) {
			continue
		}
		testutil.Must(t, x.s.AddMDB(x.Context(), e))
		said := x.shownStar()
		if said.FilterMode != "exclude" || len(said.Sources) != len(e.Sources) {
			t.Errorf("bridge mdb show: %+v", said)
		}
		star := x.star()
		if star.Include {
			t.Errorf("ListMDB: %+v", star)
		}
		testutil.Must(t, x.s.DeleteMDB(x.Context(), star))
		testutil.Must(t, x.s.AddMDB(x.Context(), star))
		testutil.Must(t, x.s.DeleteMDB(x.Context(), star))
		if !testutil.IPOlder(t, 6, 3) {
			x.run("bridge mdb add dev br0 " + star.String())
			if again := x.shownStar(); again.FilterMode != said.FilterMode || len(again.Sources) != len(said.Sources) {
				t.Errorf("%+v, want %+v", again, said)
			}
			testutil.Must(t, x.s.DeleteMDB(x.Context(), star))
		}
	}
}

// TestMDBReasons is about what Linux 6.1 does not take.
func TestMDBReasons(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_igmp_version 3")
	e := MDBEntry{Port: "p1", Group: ipv4, VLAN: 1, Permanent: true}
	testutil.Must(t, x.s.AddMDB(x.Context(), e))
	protocol, sources := e, e
	protocol.Group, protocol.Protocol = netip.MustParseAddr("239.1.2.4"), 0x11
	sources.Group, sources.Sources = netip.MustParseAddr("239.1.2.5"), []MDBSource{{Addr: sender}}
	for says, err := range map[string]error{
		"239.1.2.3: file exists (an entry can be replaced since Linux 6.3: delete this one before)":  x.s.ReplaceMDB(x.Context(), e),
		"proto: invalid argument (a protocol is taken since Linux 6.3: leave it out)":                x.s.AddMDB(x.Context(), protocol),
		"source_list: invalid argument (lists of sources and filter modes are taken since Linux 6.3": x.s.AddMDB(x.Context(), sources),
	} {
		if testutil.Older(t, 6, 3) != (err != nil) || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%v, before Linux 6.3 %q", err, says)
		}
	}
}
