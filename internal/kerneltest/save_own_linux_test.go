package kerneltest_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/batadv"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/tun"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
)

// saveOf saves a namespace. Ensure finds nothing to do there.
func saveOf(t *testing.T, l *testutil.Lab) []iplink.Spec {
	t.Helper()
	conn := testutil.Opened(l, iplink.Dial)
	saved, err := conn.Save(t.Context(), bridge.Objects(), vxlan.Objects())
	testutil.Must(t, err)
	demandUnchanged(t, conn, saved)
	return saved
}

// rebuilt makes saved builders in empty namespaces: as they are, and by way of JSON.
func rebuilt(t *testing.T, saved []iplink.Spec) map[string]*testutil.Lab {
	t.Helper()
	text, err := json.Marshal(saved)
	testutil.Must(t, err)
	read, err := iplink.ParseJSON(text, bridge.Words(), vxlan.Words())
	testutil.Must(t, err)
	all := map[string]*testutil.Lab{}
	for way, specs := range map[string][]iplink.Spec{"builders": saved, "JSON": read} {
		all[way] = testutil.NewLab(t)
		_, err := testutil.Opened(all[way], iplink.Dial).Ensure(t.Context(), specs...)
		testutil.Must(t, err)
	}
	return all
}

func wgKey(first byte) wireguard.Key {
	return wireguard.Key{first, 0x12, 0x34, 31: 7}
}

// savedGeneric are links with settings that only generic netlink reports: as they are made,
// as they are to be after a rebuild, the words that the commands have, and the names of what
// is left out.
var savedGeneric = []struct {
	kind       string
	made, want func() []iplink.Spec
	words      []string
	leftOut    string
}{
	{kind: iplink.KindGTP, made: func() []iplink.Spec {
		return []iplink.Spec{gtp.New("t0").Sockets().Role(gtp.SGSN).HashSize(512).PDP(
			gtp.PDP{Version: 1, LocalTEI: 0x1234, PeerTEI: 0x4321, Peer: lab.Addr("192.0.2.9"), MS: lab.Addr("10.0.0.5")},
			gtp.PDP{Version: 0, TID: 0x123456789a, Flow: 0x77, Peer: lab.Addr("192.0.2.10"), MS: lab.Addr("10.0.0.6")})}
	}, words: []string{"role sgsn", "# ip has no word for: pdp"}},
	{kind: iplink.KindBatadv, made: func() []iplink.Spec {
		return []iplink.Spec{batadv.New("t0").Algorithm(batadv.IV).APIsolation(true).IsolationMark(0x12, 0xff).GWMode(batadv.GWServer).GWBandwidth(1234, 567).
			HopPenalty(17).OrigInterval(1234 * time.Millisecond).Fragmentation(false)}
	}, words: []string{"ra BATMAN_IV", "hop_penalty 17", "orig_interval 1234", "isolation_mark 0x12/0xff", "gw_mode server 123400kbit/56700kbit"}},
	{kind: iplink.KindBatadv, made: func() []iplink.Spec { return []iplink.Spec{batadv.New("t0")} }, words: []string{"ra BATMAN_"}},
	{kind: iplink.KindWireGuard, made: func() []iplink.Spec {
		return []iplink.Spec{wireguard.New("t0").PrivateKey(wireguard.NewPrivateKey(slices.Repeat([]byte{0x48}, 32))).ListenPort(0x1234).FwMark(0x4321).Peer(
			wireguard.Peer{Key: wgKey(1), PresharedKey: wireguard.NewPresharedKey(slices.Repeat([]byte{0x17}, 32)), Endpoint: netip.MustParseAddrPort("192.0.2.7:4660"),
				AllowedIPs: []netip.Prefix{lab.Prefix("10.1.0.0/16"), lab.Prefix("2001:db8:1::/64")}, Keepalive: 17 * time.Second},
			wireguard.Peer{Key: wgKey(2)})}
	}, want: func() []iplink.Spec {
		return []iplink.Spec{wireguard.New("t0").ListenPort(0x1234).FwMark(0x4321).OnlyPeers(
			wireguard.Peer{Key: wgKey(1), Endpoint: netip.MustParseAddrPort("192.0.2.7:4660"),
				AllowedIPs: []netip.Prefix{lab.Prefix("10.1.0.0/16"), lab.Prefix("2001:db8:1::/64")}, Keepalive: 17 * time.Second},
			wireguard.Peer{Key: wgKey(2)})}
	}, words: []string{"wg set t0 listen-port 4660 fwmark 0x4321 peer ", "persistent-keepalive 17", "allowed-ips 10.1.0.0/16,2001:db8:1::/64"},
		leftOut: "private-key, preshared-key of peer " + wgKey(1).String()},
	{kind: iplink.KindMACsec, made: func() []iplink.Spec {
		key := macsec.NewKey(slices.Repeat([]byte{0x48}, 16))
		return []iplink.Spec{veth.New("p0").Peer(veth.New("p1")), macsec.New("t0").Parent("p0").Encrypt(true).TxSA(macsec.SA{AN: 1, PN: 17, KeyID: macsec.KeyID{7}, Key: key, Active: true}).
			RxSC(iplink.MACsecSCIOf(lab.MACs(0x17)[0], 0x1234), macsec.SA{AN: 2, PN: 5, KeyID: macsec.KeyID{8}, Key: key}).
			RxSC(iplink.MACsecSCIOf(lab.MACs(0x18)[0], 9))}
	}, want: func() []iplink.Spec {
		return []iplink.Spec{macsec.New("t0").Encrypt(true).RxSC(iplink.MACsecSCIOf(lab.MACs(0x17)[0], 0x1234)).RxSC(iplink.MACsecSCIOf(lab.MACs(0x18)[0], 9))}
	}, words: []string{" encrypt on", " && ip macsec add t0 rx sci "}, leftOut: "tx sa 1, rx sci " + iplink.MACsecSCIOf(lab.MACs(0x17)[0], 0x1234).String() + " sa 2"},
}

// TestSaveGeneric saves settings that only generic netlink reports, without keys.
func TestSaveGeneric(t *testing.T) {
	for _, s := range savedGeneric {
		t.Run(s.kind, func(t *testing.T) {
			l := testutil.NewLab(t, s.kind)
			_, err := testutil.Opened(l, iplink.Dial).Create(t.Context(), s.made()...)
			testutil.Must(t, err)
			saved := saveOf(t, l)
			text := commandLines(saved)
			for _, words := range s.words {
				if !strings.Contains(text, words) {
					t.Errorf("%q is missing in\n%s", words, text)
				}
			}
			if _, named, _ := strings.Cut(text, " # left out: "); strings.TrimSpace(named) != s.leftOut {
				t.Errorf("left out is %q, want %q", named, s.leftOut)
			}
			for way, to := range rebuilt(t, saved) {
				want := s.made
				if s.want != nil {
					want = s.want
				}
				for _, spec := range want() {
					diffs, err := testutil.Opened(to, iplink.Dial).Diff(t.Context(), spec)
					if err != nil || len(diffs) > 0 {
						t.Errorf("by %s: %v %v, saved as\n%s", way, diffs, err, text)
					}
				}
			}
		})
	}
}

// TestSaveInactiveChannel makes a channel of a macsec link that is not active.
func TestSaveInactiveChannel(t *testing.T) {
	l := testutil.NewLab(t, iplink.KindMACsec)
	l.Batch("link add p0 type veth peer name p1", "link add t0 link p0 type macsec", "macsec add t0 rx port 9 address 02:00:00:00:12:34", "macsec set t0 rx port 9 address 02:00:00:00:12:34 off")
	for way, to := range rebuilt(t, saveOf(t, l)) {
		if text := to.IP("macsec show t0"); !strings.Contains(text, "RXSC: 0200000012340009, state off") {
			t.Errorf("by %s: %s", way, text)
		}
	}
}

// TestSaveSources saves the list of sources of a macvlan link, and the mode in which a link
// generates addresses.
func TestSaveSources(t *testing.T) {
	l := testutil.NewLab(t, iplink.KindMacvlan)
	conn := testutil.Opened(l, iplink.Dial)
	_, err := conn.Create(t.Context(), veth.New("p0").Peer(veth.New("p1")),
		macvlan.New("t0").Parent("p0").Mode(macvlan.Source).Sources(lab.SourceMACs(0x17, 3)...).AddrGenMode(iplink.AddrGenNone))
	testutil.Must(t, err)
	saved := saveOf(t, l)
	want := lab.Within(l.Link("t0"), "linkinfo", "info_data")
	if !strings.Contains(fmt.Sprint(want), lab.SourceMACs(0x17, 3)[2].String()) {
		t.Fatalf("no sources in %v", want)
	}
	read, err := iplink.ParseBatch(strings.NewReader(commandLines(saved)))
	testutil.Must(t, err)
	to := rebuilt(t, saved)
	to["commands"] = testutil.NewLab(t)
	_, err = testutil.Opened(to["commands"], iplink.Dial).Ensure(t.Context(), read...)
	testutil.Must(t, err)
	for way, l := range to {
		if diff := cmp.Diff(want, lab.Within(l.Link("t0"), "linkinfo", "info_data")); diff != "" {
			t.Errorf("by %s:\n%s", way, diff)
		}
		if got := l.Link("t0")["inet6_addr_gen_mode"]; got != "none" {
			t.Errorf("by %s the mode of addresses is %v", way, got)
		}
	}
}

// TestSaveFilter saves addresses in the filters of links, without those that the kernel adds
// for links on top.
func TestSaveFilter(t *testing.T) {
	l := testutil.NewLab(t, iplink.KindMacvlan)
	l.Batch("link add p0 type veth peer name p1", "link add mv0 link p0 address 02:00:00:00:00:77 type macvlan mode bridge", "link set p0 up", "link set mv0 up")
	testutil.Bridge(l, l.File, "fdb", "add", "02:00:00:00:12:34", "dev", "p0", "self", "permanent")
	_, err := testutil.Opened(l, iplink.Dial).Update(t.Context(), iplink.Device("p1").FDB(fdb.Entry{MAC: lab.MACs(0x55)[0]}))
	testutil.Must(t, err)
	saved := saveOf(t, l)
	if text := commandLines(saved); strings.Count(text, "bridge fdb") != 2 {
		t.Errorf("not two addresses in\n%s", text)
	}
	want := hostsInFilters(l)
	for way, to := range rebuilt(t, saved) {
		if diff := cmp.Diff(want, hostsInFilters(to)); diff != "" {
			t.Errorf("by %s:\n%s", way, diff)
		}
	}
}

// hostsInFilters returns the addresses of hosts in the filters of links.
func hostsInFilters(l *testutil.Lab) (all []string) {
	for line := range strings.Lines(testutil.Bridge(l, l.File, "fdb", "show")) {
		if !isMember(strings.Fields(line)[0]) {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}

// TestSaveAddresses saves the link-layer addresses that programs chose, and no others.
func TestSaveAddresses(t *testing.T) {
	l := testutil.NewLab(t)
	l.Batch("link add p0 type veth peer name p1", "link add br0 type bridge", "link add br1 address 02:00:00:00:12:34 type bridge",
		"link set p0 address 02:00:00:00:12:35", "link set p0 master br0")
	text := commandLines(saveOf(t, l))
	chosen := []string{"br1 address 02:00:00:00:12:34 ", "p0 address 02:00:00:00:12:35 "}
	for _, words := range chosen {
		if !strings.Contains(text, words) {
			t.Errorf("%q is missing in\n%s", words, text)
		}
	}
	if n := strings.Count(text, " address "); n != len(chosen) {
		t.Errorf("%d addresses in\n%s", n, text)
	}
	var saved []iplink.Spec
	var err error
	l.In(func() {
		testutil.DropCapabilities(t, unix.CAP_NET_ADMIN)
		saved, err = iplink.Save(t.Context())
	})
	testutil.Must(t, err)
	if n := strings.Count(commandLines(saved), " address "); n != 4 {
		t.Errorf("%d addresses without CAP_SYS_ADMIN in\n%s", n, commandLines(saved))
	}
}

// TestSaveRoutes names the routes that no builder describes.
func TestSaveRoutes(t *testing.T) {
	l := testutil.NewLab(t)
	l.Batch("link add p0 type veth peer name p1", "link set p0 up", "link set p1 up", "address add 192.0.2.1/24 dev p0",
		"route add 10.1.0.0/16 nexthop via 192.0.2.7 dev p0 nexthop via 192.0.2.8 dev p0", "route add 10.2.0.0/16 via 192.0.2.7 tos 0x10",
		"route add 10.3.0.0/16 via 192.0.2.7 initcwnd 17", "route add 10.4.0.0/16 via 192.0.2.7 mtu 1300", "route add 10.5.0.0/16 dev p0 realms 7")
	text := commandLines(saveOf(t, l))
	made, named, _ := strings.Cut(text, "# left out: ")
	for _, words := range []string{"route 10.1.0.0/16 ", "route 10.2.0.0/16 via 192.0.2.7 with tos", "route 10.3.0.0/16 via 192.0.2.7 with another metric", " with realms"} {
		if !strings.Contains(named, words) {
			t.Errorf("%q is missing in %s", words, named)
		}
	}
	if strings.Count(made, "ip route add") != 1 || !strings.Contains(made, "ip route add 10.4.0.0/16 via 192.0.2.7 mtu 1300 dev p0") {
		t.Errorf("other routes in %s", made)
	}
}

// TestSaveTuns saves tun and tap links without the settings that follow from their modes.
func TestSaveTuns(t *testing.T) {
	l := testutil.NewLab(t, iplink.KindTun)
	_, err := testutil.Opened(l, iplink.Dial).Create(t.Context(), tun.NewTap("t0").MultiQueue().Owner(0x1234), tun.New("t1").OwnerGroup(0x4321))
	testutil.Must(t, err)
	const want = "ip tuntap add dev t0 mode tap user 4660 multi_queue\nip tuntap add dev t1 mode tun group 17185\n"
	saved := saveOf(t, l)
	if text := commandLines(saved); text != want {
		t.Errorf("saved as\n%s", text)
	}
	for way, to := range rebuilt(t, saved) {
		if got := commandLines(saveOf(t, to)); got != want {
			t.Errorf("by %s:\n%s", way, got)
		}
	}
}
