package bond_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestLACP has two bonds speak with one another, and compares with
// /proc/net/bonding what has come of it.
func TestLACP(t *testing.T) {
	fast := func(name string, key uint16) *bond.Builder {
		return bond.New(name).Mode(bond.IEEE8023AD).LACPRate(bond.LACPFast).ADUserPortKey(key).Up()
	}
	x := newScratch(t, fast("b0", 0x123))
	testutil.Must(x, x.b.AddPort(x.Context(), "p1"))
	var lacp *bond.LACP
	var err error
	testutil.Eventually(x, "there is an aggregator", func() bool {
		lacp, err = x.b.LACP(x.Context())
		testutil.Must(x, err)
		return lacp.Ports[0].InUse
	})
	if lacp.Ports[0].Agreed() || lacp.PartnerSystem.String() != "00:00:00:00:00:00" || lacp.Ports[0].Partner&iplink.LACPSynchronization != 0 {
		t.Errorf("without a partner: %+v", lacp)
	}
	x.In(func() {
		_, err := fast("b1", 0x321).Address([]byte{2, 0, 0, 0, 0x12, 0x34}).Create(x.Context())
		testutil.Must(x, err)
		b1, err := bond.Open(x.Context(), "b1")
		testutil.Must(x, err)
		defer b1.Close()
		testutil.Must(x, b1.AddPort(x.Context(), "q1"))
		testutil.Must(x, b1.AddPort(x.Context(), "q2"))
	})
	testutil.Must(x, x.b.AddPort(x.Context(), "p2"))
	testutil.Eventually(x, "the bonds agree", func() bool {
		lacp, err = x.b.LACP(x.Context())
		testutil.Must(x, err)
		return lacp.BondADInfo.Ports == 2 && lacp.Ports[0].Agreed() && lacp.Ports[1].Agreed()
	})
	if lacp.PartnerSystem.String() != "02:00:00:00:12:34" || lacp.ActorKey>>6 != 0x123 || lacp.PartnerKey>>6 != 0x321 {
		t.Errorf("%+v", lacp.BondADInfo)
	}
	x.compareLACP(lacp)
	x.IP("link set q1 down")
	testutil.Eventually(x, "p1 is out", func() bool {
		lacp, err = x.b.LACP(x.Context())
		testutil.Must(x, err)
		return lacp.BondADInfo.Ports == 1 && !lacp.Ports[0].Agreed()
	})
	if said := procOf(t, x.File, "b0"); said.bond["active Number of ports"] != "1" || !strings.Contains(said.ports["p1"]["MII Status"], "down") {
		t.Errorf("/proc says %v", said)
	}
}

// compareLACP compares what is told of two ends that agree with
// /proc/net/bonding.
func (x *scratch) compareLACP(lacp *bond.LACP) {
	x.Helper()
	said := procOf(x, x.File, "b0")
	for word, got := range map[string]any{
		"active Aggregator ID": lacp.Aggregator, "active Number of ports": lacp.BondADInfo.Ports, "active Actor Key": lacp.ActorKey,
		"active Partner Key": lacp.PartnerKey, "active Partner Mac Address": lacp.PartnerSystem,
	} {
		if fmt.Sprint(got) != said.bond[word] {
			x.Errorf("%s: %v, /proc says %q", word, got, said.bond[word])
		}
	}
	churn := map[iplink.BondChurnState]string{iplink.BondChurnMonitor: "monitoring", iplink.BondChurned: "churned", iplink.BondNoChurn: "none"}
	for _, p := range lacp.Ports {
		proc := said.ports[p.Name]
		if !p.InUse || fmt.Sprint(p.AggregatorID) != proc["Aggregator ID"] ||
			fmt.Sprint(uint8(p.Actor)) != proc["details actor lacp pdu: port state"] ||
			fmt.Sprint(uint8(p.Partner)) != proc["details partner lacp pdu: port state"] {
			x.Errorf("%+v, /proc says %v", p, proc)
		}
		if words := p.Actor.String(); words != "active,short_timeout,aggregating,in_sync,collecting,distributing" {
			x.Errorf("%s: state %s", p.Name, words)
		}
		if !testutil.Older(x, 7, 1) && (churn[p.ActorChurn] != proc["Actor Churn State"] || churn[p.PartnerChurn] != proc["Partner Churn State"]) {
			x.Errorf("%s: churn %v and %v, /proc says %v", p.Name, p.ActorChurn, p.PartnerChurn, proc)
		}
	}
}
