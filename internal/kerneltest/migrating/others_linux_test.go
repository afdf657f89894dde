package migrating_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// bonded is a bond with a port.
const bonded = "link add bond0 type bond mode active-backup miimon 100; " + eth0 + "; link add eth1 type veth peer name peer1; " +
	"link set peer0 up; link set peer1 up; link set bond0 up; link set eth0 master bond0; link set eth1 master bond0"

// mv0 is a macvlan in the mode of its sources.
const mv0 = eth0 + "; link add mv0 link eth0 type macvlan mode source"

// bonds is the table of bonds and macvlan.
var bonds = []entry{
	{code: `iplink.Device("eth0").Master("bond0").DownFirst().Update(ctx)`, scene: "link add bond0 type bond; " + eth0 + "; link set eth0 up", check: dev("eth0"), shows: `"master":"bond0"`},
	{code: `iplink.Device("eth0").NoMaster().Update(ctx)`, scene: bonded, check: dev("eth0"), shows: `!"master":"bond0"`},
	{code: `bond.New("bond0").ActiveSlave("eth0").Update(ctx)`, scene: bonded + "; link set bond0 type bond active_slave eth1", check: dev("bond0"), shows: `"active_slave":"eth0"`},
	{code: `iplink.Device("eth0").PortSettings(bond.Port().QueueID(7)).Update(ctx)`, scene: bonded, check: dev("eth0"), shows: `"queue_id":7`},
	{code: `bond.Port().QueueID(7).Prio(3)`, scene: bonded, check: dev("eth0") + " && attr eth0 18 5 9", shows: `"queue_id":7 ; 9=03000000`},
	{code: `macvlan.New("mv0").Mode(macvlan.Private).Update(ctx)`, scene: eth0 + "; link add mv0 link eth0 type macvlan mode vepa", check: dev("mv0"), shows: `"mode":"private"`},
	{code: `macvlan.New("mv0").AddSource(mac).Update(ctx)`, scene: mv0, check: dev("mv0"), shows: macText},
	{code: `macvlan.New("mv0").DelSource(mac).Update(ctx)`, scene: mv0 + "; link set mv0 type macvlan macaddr add " + macText, check: dev("mv0"), shows: "!" + macText},
	{code: `macvlan.New("mv0").FlushSources().Update(ctx)`, scene: mv0 + "; link set mv0 type macvlan macaddr add " + macText, check: dev("mv0"), shows: "!" + macText},
	{code: `macvlan.New("mv0").Sources(mac).Update(ctx)`, scene: mv0 + "; link set mv0 type macvlan macaddr add 02:00:00:00:12:34", check: dev("mv0"), shows: macText + " ; !02:00:00:00:12:34"},
	{code: `bond.Info(link)`, scene: bonded, link: "bond0", says: func(v any) []string {
		return []string{fmt.Sprintf(`"miimon":%d,`, v.(*iplink.BondInfo).MIIMon.Milliseconds())}
	}, check: dev("bond0"), alter: "link set bond0 type bond miimon 200"},
	{code: `bond.Info(link)`, link: "bond0", scene: "link add bond0 type bond mode 802.3ad; " + eth0 + "; link set eth0 master bond0; link set peer0 up; link set bond0 up", prepare: aggregated, says: func(v any) []string {
		ad := v.(*iplink.BondInfo).ADInfo
		if ad.Ports == 0 {
			return []string{`"mode":"802.3ad"`}
		}
		return []string{fmt.Sprintf(`"ad_info":{"aggregator":%d,"num_ports":%d,"actor_key":%d,"partner_key":%d,`, ad.Aggregator, ad.Ports, ad.ActorKey, ad.PartnerKey)}
	}, check: dev("bond0"), alter: "link set eth0 nomaster"},
}

// aggregated waits until a bond has an aggregator with a port.
func aggregated(r *run) {
	r.Helper()
	testutil.Eventually(r, "an aggregator", func() bool { return strings.Contains(r.output(), `"num_ports":1`) })
}

// namespaces is the table of handles and namespaces.
var namespaces = []entry{
	{code: `conn.Create(ctx, dummy.New("d0"))`, check: dev("d0"), shows: `"info_kind":"dummy"`},
	{code: `context.WithTimeout(ctx, time.Second)`, do: timeout},
	{code: `iplink.NewNetNS()`, do: func(r *run) {
		ns := r.values()[0].(*iplink.NetNS)
		makesBridge(r, ns)
		r.has("ip link show made", "does not exist")
		testutil.Must(r, ns.Do(func() error { r.has("ip link show made", "made"); return nil }))
	}},
	{code: `iplink.CreateNetNS("n")`, do: func(r *run) {
		ownRun(r)
		makesBridge(r, r.values()[0].(*iplink.NetNS))
		r.has("ip link show made", "does not exist")
		r.has("ip -n n link show made", "made")
	}},
	{code: `iplink.DeleteNetNS("n")`, do: func(r *run) {
		ownRun(r)
		r.commands("ip netns add n")
		r.check, r.shows = "ip netns", "!n"
		r.changes()
	}},
	{code: `iplink.CurrentNetNS()`, then: makesBridgeIn, check: dev("made"), shows: `"ifname":"made"`},
	{code: `iplink.OpenNetNS("n")`, do: named},
	{code: `iplink.NetNSAtPath("/run/netns/n")`, do: named},
	{code: `iplink.NetNSOfPID(pid)`, do: func(r *run) {
		r.check, r.shows, r.then = "there "+dev("made"), `"ifname":"made"`, makesBridgeIn
		r.v.pid = r.process()
		r.changes()
	}},
	{code: `iplink.NetNSFromFD(fd)`, then: makesBridgeIn, check: "there " + dev("made"), shows: `"ifname":"made"`},
	{code: `ns.Do(func() error { return nil })`, do: func(r *run) {
		r.commands("there " + br0)
		if err := r.values()[0]; err != nil {
			r.Error(err)
		}
		r.has("ip link show br0", "does not exist")
		testutil.Must(r, r.v.ns.Do(func() error { r.has("ip link show br0", "br0"); return nil }))
	}},
	{code: `ns.Equal(ns)`, do: func(r *run) {
		here, err := iplink.CurrentNetNS()
		testutil.Must(r, err)
		defer here.Close()
		if got := r.values()[0]; got != true || r.v.ns.Equal(here) {
			r.Errorf("equal to itself: %v; to another: %v", got, r.v.ns.Equal(here))
		}
	}},
	{code: `ns.ID(ctx)`, do: func(r *run) {
		r.check, r.says = "ip netns list-id", func(v any) []string { return []string{fmt.Sprintf("nsid %d", v)} }
		if before := r.output(); strings.Contains(before, "nsid") {
			r.Error(before)
		}
		r.read()
	}},
	{code: `conn.SetNSID(ctx, ns, 7)`, check: "ip netns list-id", shows: "nsid 7"},
	{code: `conn.NSID`, do: func(r *run) {
		look := r.values()[0].(func(context.Context, *iplink.NetNS) (int, error))
		other := lab.NetNS(r.there())
		id, err := look(r.Context(), other)
		r.check = "ip netns list-id"
		if out := r.output(); strings.Contains(out, "nsid") {
			r.Errorf("id %d, error %v; ip: %s", id, err, out)
		}
		testutil.Must(r, r.conn.SetNSID(r.Context(), other, 7))
		if id, err := look(r.Context(), other); id != 7 || err != nil {
			r.Errorf("id %d, error %v", id, err)
		}
		r.has(r.check, "nsid 7")
	}},
}

// makesBridge makes a link in a namespace.
func makesBridge(r *run, ns *iplink.NetNS) {
	r.Helper()
	conn, err := ns.Dial()
	testutil.Must(r, err)
	defer conn.Close()
	_, err = conn.Create(r.Context(), bridge.New("made"))
	testutil.Must(r, err)
}

func makesBridgeIn(r *run, got []any) {
	r.Helper()
	makesBridge(r, got[0].(*iplink.NetNS))
}

// named opens a namespace that `ip` has given the name n.
func named(r *run) {
	ownRun(r)
	r.commands("ip netns add n")
	makesBridge(r, r.values()[0].(*iplink.NetNS))
	r.has("ip -n n link show made", "made")
	r.has("ip link show made", "does not exist")
}

// process starts a process in the other namespace, which ends with the test.
func (r *run) process() int {
	r.Helper()
	cmd := exec.Command("ip", "monitor")
	r.there().In(func() { testutil.Must(r, cmd.Start()) })
	r.Cleanup(func() {
		cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	return cmd.Process.Pid
}

// fields is the table of the fields of LinkAttrs.
var fields = []entry{
	{code: `dummy.New("d0").Index(7)`, check: dev("d0"), shows: `"ifindex":7,`},
	{code: `dummy.New("d0").MTU(1400).TxQueueLen(100)`, check: dev("d0"), shows: `"mtu":1400, ; "txqlen":100`},
	{code: `dummy.New("d0").Address(mac)`, check: dev("d0"), shows: macText},
	{code: `dummy.New("d0").Up().ARP(false)`, check: dev("d0"), shows: `"UP" ; "NOARP"`},
	{code: `link.Flags`, scene: eth0, says: func(v any) (words []string) {
		for word := range strings.SplitSeq((v.(iplink.Flags) &^ iplink.FlagRunning).String(), "|") {
			words = append(words, fmt.Sprintf("%q", word))
		}
		return words
	}, check: dev("eth0"), alter: "link set eth0 arp off multicast off; link set peer0 up; link set eth0 up"},
	{code: `vlan.New("eth0.7").ParentIndex(7)`, scene: "link add eth0 index 7 type veth peer name peer0", finish: vlanID, check: dev("eth0.7"), shows: `"link":"eth0"`},
	{code: `vlan.New("eth0.7").Parent("eth0")`, scene: eth0, finish: vlanID, check: dev("eth0.7"), shows: `"link":"eth0"`},
	{code: `dummy.New("d0").MasterIndex(7)`, scene: "link add br0 index 7 type bridge", check: dev("d0"), shows: `"master":"br0"`},
	{code: `dummy.New("d0").Master("br0")`, scene: br0, check: dev("d0"), shows: `"master":"br0"`},
	{code: `dummy.New("d0").NetNS(ns)`, check: "there " + dev("d0"), shows: `"ifname":"d0"`},
	{code: `link.NetNSID`, scene: eth0 + "; link set peer0 netns {there}", says: func(v any) []string {
		if v == int32(-1) {
			return []string{`"link":"peer0"`}
		}
		return []string{fmt.Sprintf(`"link_netnsid":%d`, v)}
	}, check: dev("eth0"), alter: "link del eth0; " + eth0},
	{code: `dummy.New("d0").Alias("text").AltName("another-name")`, check: dev("d0"), shows: `"ifalias":"text" ; "altnames":["another-name"]`},
	{code: `dummy.New("d0").Queues(4, 4)`, check: dev("d0"), shows: `"num_tx_queues":4,"num_rx_queues":4`},
	{code: `dummy.New("d0").GSOMaxSize(4096)`, check: dev("d0"), shows: `"gso_max_size":4096,`},
	{code: `link.Offload`, scene: eth0, says: func(v any) []string {
		o := v.(iplink.Offload)
		return []string{fmt.Sprintf(`"gso_max_size":%d,`, o.GSOMaxSize), fmt.Sprintf(`"gso_max_segs":%d,`, o.GSOMaxSegs), fmt.Sprintf(`"gro_max_size":%d`, o.GROMaxSize)}
	}, check: dev("eth0"), alter: "link set eth0 gso_max_size 4096 gso_max_segs 7 gro_max_size 4097"},
	{code: `link.Offload.TSOMaxSize`, scene: eth0, says: func(v any) []string { return []string{fmt.Sprintf(`"tso_max_size":%d,`, v)} },
		check: dev("eth0"), alter: "link del eth0; link add eth0 type bridge"},
	{code: `dummy.New("d0").Group(7)`, check: dev("d0"), shows: `"group":"7"`},
	{code: `link.OperState`, scene: eth0, says: func(v any) []string {
		return []string{fmt.Sprintf(`"operstate":%q`, strings.ToUpper(fmt.Sprint(v)))}
	}, check: dev("eth0"), alter: "link set peer0 up; link set eth0 up"},
	{code: `link.Promiscuity`, scene: eth0, says: func(v any) []string { return []string{fmt.Sprintf(`"promiscuity":%d`, v)} }, check: dev("eth0"), alter: "link set eth0 promisc on"},
	{code: `link.AllMulti`, scene: eth0, says: func(v any) []string { return []string{fmt.Sprintf(`"allmulti":%d`, v)} }, check: dev("eth0"), alter: "link set eth0 allmulticast on"},
	{code: `link.Stats`, scene: eth0, says: func(v any) []string {
		s := v.(iplink.Stats)
		return []string{fmt.Sprintf(`"rx":{"bytes":%d,"packets":%d,`, s.RxBytes, s.RxPackets), fmt.Sprintf(`"tx":{"bytes":%d,"packets":%d,`, s.TxBytes, s.TxPackets)}
	}, check: "ip -s -j link show dev eth0", change: sends},
	{code: `link.XDP`, scene: eth0, says: xdpTexts, check: dev("eth0"), change: func(r *run) { r.attach("eth0") }},
	{code: `link.Type`, scene: eth0, says: func(v any) []string { return []string{fmt.Sprintf(`"link_type":%q`, fmt.Sprint(v))} },
		check: dev("eth0"), alter: "link del eth0; link add eth0 type vxlan dstport 4790 external gpe"},
}

// sends sends a datagram from eth0.
func sends(r *run) {
	r.Helper()
	r.commands("address add 192.0.2.9/24 dev eth0; neigh add 192.0.2.2 lladdr " + macText + " dev eth0; link set peer0 up; link set eth0 up")
	conn, err := net.Dial("udp4", "192.0.2.2:4660")
	testutil.Must(r, err)
	defer conn.Close()
	_, err = conn.Write([]byte("text"))
	testutil.Must(r, err)
}
