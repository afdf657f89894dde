package iplink_test

import (
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/vlan"
)

func goldenBond() []goldenCase {
	base := func(mode iplink.BondMode) *bond.Builder { return bond.New("t0").Index(goldenIndex).Mode(mode) }
	addrs := func(texts ...string) (all []netip.Addr) {
		for _, text := range texts {
			all = append(all, addr(text))
		}
		return all
	}
	return []goldenCase{
		{"bond", "plain", bond.New("t0").Index(goldenIndex)},
		{"bond", "ports", base(bond.ActiveBackup).Primary("under").PrimaryReselect(bond.ReselectBetter).ClearActiveSlave().
			FailOverMAC(bond.FailOverFollow).AllSlavesActive(true).MinLinks(0x1234)},
		{"bond", "miimon", base(bond.BalanceXOR).MIIMon(50 * time.Millisecond).UpDelay(150 * time.Millisecond).
			DownDelay(350 * time.Millisecond).PeerNotifDelay(450 * time.Millisecond).UseCarrier(true)},
		{"bond", "arp", base(bond.ActiveBackup).ARPInterval(1234 * time.Millisecond).ARPIPTargets(addrs("192.0.2.18", "198.51.100.52")...).
			ARPValidate(bond.ValidateFilterBackup).ARPAllTargets(bond.ARPAll).ARPMissedMax(7)},
		{"bond", "ns", base(bond.ActiveBackup).NSIP6Targets(addrs("2001:db8::12", "fe80::1234")...)},
		{"bond", "no-targets", base(bond.ActiveBackup).NSIP6Targets().ARPIPTargets().MinLinks(3)},
		{"bond", "traffic", base(bond.BalanceRR).XmitHashPolicy(bond.HashEncap34).ResendIGMP(0x12).NumPeerNotif(0x34).
			LPInterval(0x1234 * time.Second).PacketsPerSlave(0x4321)},
		{"bond", "tlb", base(bond.BalanceTLB).TLBDynamicLB(false)},
		{"bond", "lacp", base(bond.IEEE8023AD).LACPRate(bond.LACPFast).LACPActive(false).ADSelect(bond.ADCount).
			ADActorSysPrio(0x1234).ADUserPortKey(0x321).ADActorSystem(goldenMAC)},
		{"team", "plain", team.New("t0").Index(goldenIndex)},
	}
}

func goldenVLAN() []goldenCase {
	base := func() *vlan.Builder { return vlan.New("t0").Index(goldenIndex).Parent("under").ID(0x123) }
	return []goldenCase{
		{"vlan", "plain", base()},
		{"vlan", "protocol", base().Protocol(vlan.IEEE8021AD)},
		{"vlan", "flags", base().ReorderHdr(false).GVRP(true).MVRP(false).LooseBinding(true)},
		{"vlan", "bridge-binding", vlan.New("t0").Index(goldenIndex).Parent("br0").ID(0x123).BridgeBinding(true)},
		{"vlan", "priorities", base().IngressQoSMap(map[uint32]uint32{1: 0x12345678, 5: 3}).
			EgressQoSMap(map[uint32]uint32{0x12: 1, 0x34: 5})},
	}
}

// handWrittenBond are requests about bonds and their ports: `ip` gives a port's
// settings only to a link that the kernel knows as one.
func handWrittenBond() []written {
	port := func(p *bond.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	b := bond.New("t0")
	return []written{
		{"bond", "18.2.32", b.Clone().CoupledControl(true), "01"},
		{"bond", "18.2.33", b.Clone().BroadcastNeighbor(true), "01"},
		{"bond", "18.2.34", b.Clone().LACPStrict(true), "01"},
		{"bondport", "18.5.5", port(bond.Port().QueueID(0x1234)), "34 12"},
		{"bondport", "18.5.9", port(bond.Port().Prio(-0x1234)), "cc ed ff ff"},
		{"bondport", "18.5.10", port(bond.Port().ActorPortPrio(0x4321)), "21 43"},
	}
}
