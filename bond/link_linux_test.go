package bond_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/veth"
)

// TestBondNeeds demands that what the default mode does not have is refused before
// it is sent, as the kernel would refuse it.
func TestBondNeeds(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	for _, test := range []struct {
		spec *bond.Builder
		attr string
		text string
		said string
	}{
		{bond.New("b0").LACPRate(bond.LACPFast), "lacp_rate", "needs Mode 802.3ad", "option not supported in mode"},
		{bond.New("b0").TLBDynamicLB(false), "tlb_dynamic_lb", "needs Mode balance-tlb, balance-alb", "option not supported in mode"},
		{bond.New("b0").Primary("lo"), "primary", "needs Mode active-backup, balance-tlb, balance-alb", "option not supported in mode"},
		{bond.New("b0").UpDelay(100 * time.Millisecond), "updelay", "needs MIIMon, which is off", "Operation not permitted"},
	} {
		_, err := c.Create(t.Context(), test.spec)
		lab.Refused(t, err, test.attr, test.text)
		_, err = c.Ensure(t.Context(), test.spec)
		lab.Refused(t, err, test.attr, test.text)
		if said, err := ns.Run("sh", "-c", test.spec.String()); err == nil || !strings.Contains(said, test.said) {
			t.Errorf("%v: the kernel says %q", test.spec, said)
		}
	}
	if left := ns.Names(); !slices.Equal(left, []string{"lo"}) {
		t.Errorf("left behind: %v", left)
	}
}

// TestBondWhileUp changes what changes only while a bond is down, or has no
// ports.
func TestBondWhileUp(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bond.New("b0").Mode(bond.IEEE8023AD).Up(), dummy.New("p1").Master("b0").Up())
	before := bondData(ns)
	for _, test := range []struct {
		spec *bond.Builder
		attr string
		text string
	}{
		{bond.New("b0").LACPRate(bond.LACPFast), "lacp_rate", "changes only while the link is down: DownFirst"},
		{bond.New("b0").ADSelect(bond.ADCount), "ad_select", "changes only while the link is down: DownFirst"},
		{bond.New("b0").LACPActive(false).MinLinks(3), "lacp_active", "changes only while the link is down: DownFirst"},
		{bond.New("b0").Mode(bond.BalanceXOR), "mode", "changes only while the link has no ports: take out p1"},
		{bond.New("b0").Mode(bond.BalanceXOR).DownFirst(), "mode", "changes only while the link has no ports: take out p1"},
		{bond.New("b0").FailOverMAC(bond.FailOverActive), "fail_over_mac", "changes only while the link has no ports: take out p1"},
		{bond.New("b0").PacketsPerSlave(3), "packets_per_slave", "not for mode 802.3ad, only for balance-rr"},
		{bond.New("b0").UpDelay(150 * time.Millisecond), "updelay", "is not a multiple of MIIMon, which is 100ms"},
	} {
		_, err := c.Update(t.Context(), test.spec)
		lab.Refused(t, err, test.attr, test.text)
		_, err = c.Ensure(t.Context(), test.spec)
		lab.Refused(t, err, test.attr, test.text)
	}
	if after := bondData(ns); !reflect.DeepEqual(before, after) {
		t.Errorf("changed from %v to %v", before, after)
	}
	lab.Updated(t, c, bond.New("b0").Mode(bond.IEEE8023AD).LACPRate(bond.LACPSlow).FailOverMAC(bond.FailOverNone))
	lab.Updated(t, c, bond.New("b0").LACPRate(bond.LACPFast).ADUserPortKey(0x123).DownFirst())
	data := ns.Link("b0")["linkinfo"].(map[string]any)["info_data"].(map[string]any)
	if data["ad_lacp_rate"] != "fast" || data["ad_user_port_key"] != 291. || !ns.Up("b0") {
		t.Errorf("b0 is %v", ns.Link("b0"))
	}
	lab.Updated(t, c, bond.New("b0").LACPRate(bond.LACPSlow).Down())
	if ns.Up("b0") {
		t.Error("b0 is still up")
	}
}

// TestJoinWhileUp has links that are up join a bond and a team.
func TestJoinWhileUp(t *testing.T) {
	for _, master := range []iplink.Spec{bond.New("m0"), team.New("m0")} {
		kind := strings.Fields(master.String())[5]
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			c, ns := lab.Scratch(t)
			lab.MustCreate(t, c, master, dummy.New("p1").Up(), dummy.New("p2").Up().Master("m0"))
			_, err := c.Update(t.Context(), iplink.Device("p1").Master("m0").MTU(1234))
			lab.Refused(t, err, "master", "takes only links that are down: DownFirst")
			if l := ns.Link("p1"); l["master"] != nil || l["mtu"] == 1234. || !ns.Up("p1") {
				t.Errorf("p1 was touched: %v", l)
			}
			lab.Updated(t, c, iplink.Device("p1").Master("m0").DownFirst())
			ns.IP("link", "add", "p4", "up", "type", "dummy")
			lab.Updated(t, c, iplink.Device("p4").Master("m0").Down())
			ns.IP("link", "add", "p5", "type", "dummy")
			lab.Updated(t, c, iplink.Device("p5").Master("m0").Down())
			lab.MustCreate(t, c, dummy.New("p3").Master("m0").Down())
			ns.IP("link", "add", "p6", "up", "type", "dummy")
			lab.Ensured(t, c, dummy.New("p6").Master("m0").Down(), false, "master", "state")
			lab.Ensured(t, c, dummy.New("p6").Master("m0").Down(), false)
			for _, name := range []string{"p1", "p2", "p3", "p4", "p5", "p6"} {
				if l := ns.Link(name); l["master"] != "m0" || !ns.Up(name) {
					t.Errorf("%s has not joined: %v", name, l)
				}
			}
			lab.Updated(t, c, iplink.Device("p1").Master("m0").TxQueueLen(123))
			lab.Updated(t, c, iplink.Device("p1").NoMaster().Down())
			if l := ns.Link("p1"); l["master"] != nil || ns.Up("p1") {
				t.Errorf("p1 has not left: %v", l)
			}
		})
	}
}

// TestBondUseCarrier turns off what cannot be turned off any more.
func TestBondUseCarrier(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	if !testutil.Older(t, 6, 13) && testutil.Older(t, 7, 3) {
		testutil.Skipf(t, "no kernel between 6.12 and 7.3 was tried")
	}
	c, ns := lab.Scratch(t)
	_, err := c.Create(t.Context(), bond.New("b0").UseCarrier(false))
	if !testutil.Older(t, 7, 3) {
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "use_carrier cannot be disabled") {
			t.Errorf("error %v of what the kernel does not take", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if data := ns.Link("b0")["linkinfo"].(map[string]any)["info_data"].(map[string]any); data["use_carrier"] != 0. {
		t.Errorf("use_carrier is %v", data["use_carrier"])
	}
	lab.Updated(t, c, bond.New("b0").UseCarrier(true))
	if data := ns.Link("b0")["linkinfo"].(map[string]any)["info_data"].(map[string]any); data["use_carrier"] != 1. {
		t.Errorf("use_carrier is %v", data["use_carrier"])
	}
}

// TestBondRefusesCAN demands that a CAN interface is refused and left alone.
func TestBondRefusesCAN(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	testutil.Need(t, "vcan")
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "can0", "type", "vcan")
	lab.MustCreate(t, c, bond.New("b0").Mode(bond.ActiveBackup))
	if _, err := c.Update(t.Context(), iplink.Device("can0").Master("b0")); err == nil {
		t.Error("a CAN interface has joined a bond")
	} else {
		t.Log(err)
	}
	if l := ns.Link("can0"); l["master"] != nil {
		t.Errorf("can0 is a port: %v", l)
	}
}

// TestBondDelays demands that delays stay what they are when the interval that
// the kernel counts them in changes.
func TestBondDelays(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bond.New("b0").MIIMon(100*time.Millisecond).UpDelay(400*time.Millisecond))
	lab.Updated(t, c, bond.New("b0").MIIMon(50*time.Millisecond).UpDelay(400*time.Millisecond))
	said, err := ns.Proc("bonding/b0")
	if err != nil || !strings.Contains(said, "MII Polling Interval (ms): 50\nUp Delay (ms): 400\n") {
		t.Errorf("%s %v", said, err)
	}
}

// TestBondProc has the kernel say in its own words what was set.
func TestBondProc(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bond.New("b0").Mode(bond.ActiveBackup).ARPInterval(1234*time.Millisecond).ARPMissedMax(7).
		ARPIPTargets(netip.MustParseAddr("192.0.2.18"), netip.MustParseAddr("198.51.100.52")).
		NSIP6Targets(netip.MustParseAddr("2001:db8::12")))
	said, err := ns.Proc("bonding/b0")
	for _, line := range []string{"Bonding Mode: fault-tolerance (active-backup)", "ARP Polling Interval (ms): 1234",
		"ARP Missed Max: 7", "ARP IP target/s (n.n.n.n form): 192.0.2.18, 198.51.100.52",
		"NS IPv6 target/s (xx::xx form): 2001:db8::12"} {
		if err != nil || !strings.Contains(said, line+"\n") {
			t.Errorf("%q is not in\n%s%v", line, said, err)
		}
	}
}

// TestBondAggregator compares what the library and `ip` say of two bonds that
// speak LACP with one another.
func TestBondAggregator(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	c, ns := lab.Scratch(t)
	fast := func(name string, key uint16) iplink.Spec {
		return bond.New(name).Mode(bond.IEEE8023AD).LACPRate(bond.LACPFast).ADUserPortKey(key).Up()
	}
	lab.MustCreate(t, c, fast("b0", 0x123), fast("b1", 0x321),
		veth.New("p1").Master("b0").Peer(veth.New("q1").Master("b1")),
		veth.New("p2").Master("b0").Peer(veth.New("q2").Master("b1")))
	state := func(end string) string {
		data := ns.Link("p2")["linkinfo"].(map[string]any)["info_slave_data"].(map[string]any)
		words := fmt.Sprint(data["ad_"+end+"_oper_port_state_str"])
		return strings.ReplaceAll(strings.Trim(words, "[]"), " ", ",")
	}
	const agreed = "active,short_timeout,aggregating,in_sync,collecting,distributing"
	for start := time.Now(); state("actor") != agreed || state("partner") != agreed; time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("no agreement: %v", ns.Link("p2"))
		}
	}
	l, err := c.Get(t.Context(), "b0")
	if err != nil {
		t.Fatal(err)
	}
	got := l.Info.(*iplink.BondInfo).ADInfo
	want := ns.Link("b0")["linkinfo"].(map[string]any)["info_data"].(map[string]any)["ad_info"].(map[string]any)
	if want["num_ports"] != 2. || !reflect.DeepEqual(want, map[string]any{
		"aggregator": float64(got.Aggregator), "num_ports": float64(got.Ports), "actor_key": float64(got.ActorKey),
		"partner_key": float64(got.PartnerKey), "partner_mac": got.PartnerSystem.String()}) {
		t.Errorf("%+v, want %v", got, want)
	}
	if got.ActorKey>>6 != 0x123 || got.PartnerKey>>6 != 0x321 {
		t.Errorf("keys %#x and %#x hold no 0x123 and 0x321", got.ActorKey, got.PartnerKey)
	}
	p, err := c.Get(t.Context(), "p2")
	if err != nil {
		t.Fatal(err)
	}
	port := p.PortInfo.(*iplink.BondPortInfo)
	if port.ActorOperPortState.String() != agreed || port.PartnerOperPortState.String() != agreed {
		t.Errorf("states %v and %v, want %s", port.ActorOperPortState, port.PartnerOperPortState, agreed)
	}
	if port.MIIStatus != iplink.BondMIIUp || port.State != iplink.BondPortActive || port.AggregatorID != got.Aggregator {
		t.Errorf("%+v", port)
	}
}

// TestBondHidden sets, in a user namespace of its own, what the kernel does not
// tell there.
func TestBondHidden(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	if os.Getenv("IPLINK_BOND_HIDDEN") != "" {
		bondHidden(t)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestBondHidden$", "-test.v")
	cmd.Env = append(os.Environ(), "IPLINK_BOND_HIDDEN=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "hidden and taken") {
		t.Errorf("%s%v", out, err)
	}
}

func bondHidden(t *testing.T) {
	b := bond.New("b0").Mode(bond.IEEE8023AD).ADActorSysPrio(0x1234).ADUserPortKey(0x123).ADActorSystem([]byte{2, 0, 0, 0, 0x12, 0x34})
	l, err := b.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info := l.Info.(*iplink.BondInfo); info.ADActorSysPrio != 0 || info.ADActorSystem != nil {
		t.Fatalf("the kernel tells: %+v", info)
	}
	if _, err := bond.New("b0").ADActorSysPrio(0x4321).Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if changes, err := b.Ensure(t.Context()); err != nil || changes.Changed() {
		t.Fatalf("%+v, error %v", changes, err)
	}
	t.Log("hidden and taken")
}

// bondData returns what `ip` says of b0's settings, without the aggregator,
// which the bond chooses in its own time.
func bondData(ns *testutil.Lab) map[string]any {
	data := ns.Link("b0")["linkinfo"].(map[string]any)["info_data"].(map[string]any)
	delete(data, "ad_info")
	return data
}
