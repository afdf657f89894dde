package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// A scenario is a transaction.
type scenario func(*lab.Testbed) []iplink.Spec

var scenarios = map[string]scenario{
	"alone": func(l *lab.Testbed) []iplink.Spec {
		return []iplink.Spec{bridge.New("alone").Alias("by itself")}
	},
	"attach": func(l *lab.Testbed) []iplink.Spec {
		return []iplink.Spec{attach(l.NS[1], 7)}
	},
	"overlay": overlay,
	"ports": func(l *lab.Testbed) []iplink.Spec { // with both ends of a pair: STP stops the loop
		return []iplink.Spec{bridge.New("master").STP(true).Ports("end", "port", "made").Up(), veth.New("made").Up()}
	},
	"mixed": func(l *lab.Testbed) []iplink.Spec { return mixed(l, 20) },
	"unheard": func(l *lab.Testbed) []iplink.Spec {
		l.Conn.WithoutEcho()
		return []iplink.Spec{bridge.New("u0").Group(0x1234), veth.New("u1").Group(0x1234).Peer(veth.New("u2").NetNS(l.NS[1]))}
	},
}

// overlay is a bridge with a tunnel whose underlay is in another namespace, and
// with containers attached.
func overlay(l *lab.Testbed) []iplink.Spec {
	return []iplink.Spec{
		bridge.New("ov").Up(),
		vxlan.New("tunnel").VNI(0x1234).Dev("under").LinkNetNS(l.NS[1]).Port(4790).Master("ov").Alias("the tunnel").Up(),
		veth.New("ov1").Master("ov").Up().Peer(veth.New("eth1").NetNS(l.NS[1]).Addr(netip.MustParsePrefix("10.18.52.1/24")).Up()),
		veth.New("ov2").Master("ov").Up().Peer(veth.New("eth2").NetNS(l.NS[2]).Addr(netip.MustParsePrefix("10.18.52.2/24")).Up()),
		macvlan.New("mac2").NetNS(l.NS[2]).LinkNetNS(l.NS[2]).Parent("eth2").Mode(macvlan.Bridge).AltName("a-name-of-more-than-15-bytes"),
	}
}

// mixed is n links of several kinds in all namespaces.
func mixed(l *lab.Testbed, n int) []iplink.Spec {
	var specs []iplink.Spec
	for i := range n {
		at := l.NS[i%3]
		name := fmt.Sprintf("l%d", i)
		switch i % 5 {
		case 0:
			specs = append(specs, bridge.New(name).NetNS(at).Group(uint32(i)+7))
		case 1:
			specs = append(specs, vxlan.New(name).NetNS(at).VNI(uint32(i)+7).Alias(name+"'s alias"))
		case 2:
			specs = append(specs, veth.New(name).NetNS(at).Up().Peer(veth.New("p"+name).NetNS(l.NS[(i+1)%3]).MTU(1288)))
		case 3:
			specs = append(specs, macvlan.New(name).Parent("end").NetNS(at).AltName("alternative-name-of-"+name))
		case 4:
			specs = append(specs, bridge.New(name).Up(), veth.New("v"+name).Master(name).Addr(lab.NumberedAddr(i)))
		}
	}
	return specs
}

// TestCreateFaults makes every moment of several transactions go wrong in every
// way: afterwards all is as before, or as asked for if Create says so. What may
// be left of a link whose index is the kernel's choice, TestCreateUnknown says.
func TestCreateFaults(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, s, rounds := lab.NewTestbed(t), scenarios[name], lab.Many(t, lab.Rounds(8), 1000)
			want, moments := l.Made(s(l)), l.Moments(s(l))
			for _, what := range slices.Sorted(maps.Keys(lab.Faults)) {
				step := max(1, moments/rounds)
				for n := 0; n <= moments; n += step {
					l.Try(&lab.Injection{At: n, Fault: lab.Faults[what], Conn: l.Conn}, what, s(l), want)
				}
			}
			t.Logf("%d moments", moments)
		})
	}
}

// ours and theirs are the groups of what each side makes.
const ours, theirs = 0x1234, 0x4321

// contested returns the description of a link whose name both sides want.
func contested(i int, group uint32) iplink.Spec {
	return vxlan.New(fmt.Sprintf("n%d", i)).VNI(uint32(i) + group).Group(group)
}

// TestCreateCompetition makes links whose names a rival takes and frees all the
// time: what the rival has made must stay as it is, and of ours nothing may be
// left after an error, half of which are injected.
func TestCreateCompetition(t *testing.T) {
	c, ns := lab.Scratch(t)
	other := testutil.Opened(ns, iplink.Dial)
	r, rival := lab.Seeded(t), &rival{t: t, conn: other}
	stopped := make(chan struct{})
	go func() { defer close(stopped); rival.run() }()
	made := 0
	for range lab.Many(t, 60, 1000) {
		inject := &lab.Injection{At: r.IntN(40), Fault: lab.Faults["error"], Conn: c}
		specs := randomContested(r)
		if err := inject.Run(t, lab.CreatingBy(c, specs)); err == nil {
			made++
			ns.IP("link", "del", "group", strconv.Itoa(ours))
		} else if left := ns.IP("-br", "link", "show", "group", strconv.Itoa(ours)); left != "" {
			t.Errorf("fault at %d of %d, %v: error %v, but of ours is left %s", inject.At, inject.Now, specs, err, left)
			break
		}
	}
	rival.stop.Store(true)
	<-stopped
	t.Logf("we made ours %d times, the rival %d times", made, rival.made)
	if made == 0 || rival.made == 0 {
		t.Error("there was no competition")
	}
}

// TestUndoOfUnknown loses the answer about a link, of which undo then knows the name only,
// as always before Linux 6.2. A rival's link that has taken over the name stays. If a rival's
// link had the name before and is gone, ours is removed.
func TestUndoOfUnknown(t *testing.T) {
	for what, test := range map[string]struct {
		before     string   // makes a link of the rival
		sent, lost []string // commands of the rival before and after the request
		left       string
	}{
		"taken over": {lost: []string{"link del n0", "link add n0 group 17185 type vxlan id 77 dstport 4789"},
			left: "n0"},
		"given up": {before: "link add n0 group 17185 type vxlan id 77 dstport 4789", sent: []string{"link del n0"}},
	} {
		c, ns := lab.Scratch(t)
		c.WithoutEcho()
		if test.before != "" {
			testutil.IPBatch(t, ns.File, test.before)
		}
		inject := &lab.Injection{Conn: c, Fault: func(i *lab.Injection, p rtnl.Point) error {
			switch {
			case p == rtnl.BeforeSend && !i.Done && len(test.sent) > 0:
				testutil.IPBatch(t, ns.File, test.sent...)
				test.sent = nil
			case p == rtnl.BeforeReceive && !i.Done:
				i.Done = true
				if len(test.lost) > 0 {
					testutil.IPBatch(t, ns.File, test.lost...)
				}
				return lab.ErrInjected
			}
			return nil
		}}
		err := inject.Run(t, lab.CreatingBy(c, []iplink.Spec{contested(0, ours)}))
		if !errors.Is(err, lab.ErrInjected) {
			t.Errorf("%s: error %v", what, err)
		}
		if got := strings.Join(ns.Names()[1:], " "); got != test.left {
			t.Errorf("%s: %q is left", what, got)
		}
		if test.left != "" && ns.Link("n0")["group"] != strconv.Itoa(theirs) {
			t.Errorf("%s: %v", what, ns.Link("n0"))
		}
	}
}

// randomContested describes two to four of the contested links: the index of a
// single one is the kernel's choice, and if no answer tells it nobody knows.
func randomContested(r *rand.Rand) []iplink.Spec {
	var specs []iplink.Spec
	for _, i := range r.Perm(4)[:2+r.IntN(3)] {
		specs = append(specs, contested(i, ours))
	}
	return specs
}

// rival makes and deletes links, its own and now and then ours.
type rival struct {
	t    *testing.T
	conn *iplink.Conn
	stop atomic.Bool
	made int
}

func (r *rival) run() {
	for i := 0; !r.stop.Load() && !r.t.Failed(); i++ {
		links, err := r.conn.Create(context.Background(), contested(i%4, theirs))
		switch {
		case err == nil:
			r.made++
			time.Sleep(5 * time.Millisecond)
			r.take(links[0])
		case i%16 == 0:
			// The name may be free by now, or ours, never the rival's.
			_ = r.conn.Delete(context.Background(), fmt.Sprintf("n%d", i%4))
		}
	}
}

// take deletes a link of the rival's that must be as it was.
func (r *rival) take(made *iplink.Link) {
	now, err := r.conn.GetIndex(context.Background(), made.Index)
	if err != nil || now.Name != made.Name || now.Group != theirs || now.Address.String() != made.Address.String() {
		r.t.Errorf("the rival's %s, index %d: %+v, error %v", made.Name, made.Index, now, err)
		return
	}
	if err := r.conn.Delete(context.Background(), made.Name); err != nil {
		r.t.Error(err)
	}
}

// TestCreateWithoutEcho asks a kernel in vain, as those before Linux 6.2: what it
// has made is read, the first time with a send of its own.
func TestCreateWithoutEcho(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, other := lab.Scratch(t)
	c.WithoutEcho()
	sends := lab.CountSends(c)
	for i, want := range []int{4, 3} { // two create; two read, the second time one of them what it creates
		*sends = 0
		links := lab.MustCreate(t, c, bridge.New(fmt.Sprint("a", i)).Priority(0x1234), veth.New(fmt.Sprint("b", i)).NetNS(lab.NetNS(other)))
		if len(links) != 2 || links[0].Info.(*iplink.BridgeInfo).Priority != 0x1234 || links[1].Kind != iplink.KindVeth {
			t.Errorf("links %+v", links)
		}
		if *sends != want {
			t.Errorf("%d sends, want %d", *sends, want)
		}
	}
	if got := ns.Link("a1")["linkinfo"].(map[string]any)["info_data"].(map[string]any)["priority"]; got != float64(0x1234) {
		t.Errorf("priority %v", got)
	}
}

// TestCreateEchoIsVerified takes a setting that the kernel does not apply.
func TestCreateEchoIsVerified(t *testing.T) {
	for _, without := range []bool{false, true} {
		c, ns := lab.Scratch(t)
		if without {
			c.WithoutEcho()
		}
		_, err := c.Create(t.Context(), bridge.New("t0").MulticastHashElasticity(17))
		if want := "create bridge t0: mcast_hash_elasticity: not applied by this kernel (asked for 17, the kernel reports 16)"; err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
		if got := ns.Names(); len(got) != 1 {
			t.Errorf("links %v", got)
		}
	}
}

// TestCreateSends makes many attachments with few sends, and nothing is lost.
func TestCreateSends(t *testing.T) {
	for _, n := range []int{1, lab.Many(t, lab.Emulated(150, 500), 2000)} {
		host, hostNS := lab.Scratch(t)
		_, container := lab.Scratch(t)
		lab.MustCreate(t, host, bridge.New("br"), bridge.New("br1"))
		sends := lab.CountSends(host)
		var specs []iplink.Spec
		for i := range n {
			specs = append(specs, attach(lab.NetNS(container), i))
		}
		links := lab.MustCreate(t, host, specs...)
		// Each is made, and its peer gets an address and comes up: 64 such requests a send.
		if most := 3 + 3*n/64; *sends > most && (n == 1 || !inUserNS(t)) {
			t.Errorf("%d sends for %d attachments, want %d", *sends, n, most)
		}
		t.Logf("%d attachments: %d sends", n, *sends)
		checkAttachments(t, hostNS, container, links)
		if err := host.Delete(t.Context(), slices.DeleteFunc(hostNS.Names(), isBase)...); err != nil {
			t.Error(err)
		}
	}
}

func isBase(name string) bool { return name == "lo" || name == "br" || name == "br1" }

// inUserNS reports whether the process is in a user namespace of its own, where
// the kernel grants small buffers only, so that many requests take more sends.
func inUserNS(t *testing.T) bool {
	t.Helper()
	ids, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatal(err)
	}
	return !slices.Equal(strings.Fields(string(ids)), []string{"0", "0", "4294967295"})
}

// checkAttachments asks `ip` about all of them.
func checkAttachments(t *testing.T, host, container *testutil.Lab, links []*iplink.Link) {
	t.Helper()
	type attached struct {
		Ifname, Address, Master string
		Ifindex, MTU            int
		Flags                   []string
		Info                    []struct{ Local string } `json:"addr_info"`
	}
	read := func(ns *testutil.Lab) map[string]attached {
		var all []attached
		ns.Decode(&all, "-j", "address")
		byName := map[string]attached{}
		for _, a := range all {
			byName[a.Ifname] = a
		}
		return byName
	}
	ends, peers := read(host), read(container)
	if len(ends) != len(links)+3 || len(peers) != len(links)+1 {
		t.Errorf("%d links on the host and %d in the container, want %d and %d", len(ends), len(peers), len(links)+3, len(links)+1)
	}
	for i, l := range links {
		end, peer := ends[fmt.Sprintf("h%d", i)], peers[fmt.Sprintf("c%d", i)]
		if end.Ifindex != l.Index || end.Master != attachMaster(i) || end.MTU != attachMTU || end.Address != lab.NumberedMAC(i).String() || !slices.Contains(end.Flags, "UP") || !l.Carrier {
			t.Fatalf("host end %d: %+v, link %+v", i, end, l)
		}
		addressed := slices.ContainsFunc(peer.Info, func(a struct{ Local string }) bool { return a.Local == lab.NumberedAddr(i).Addr().String() })
		if !addressed || !slices.Contains(peer.Flags, "UP") {
			t.Fatalf("container end %d: %+v", i, peer)
		}
	}
}

// attachMTU is the MTU of each host end.
const attachMTU = 0x1234 >> 2

// attachMaster returns a bridge: each takes 1023 ports.
func attachMaster(i int) string {
	return [...]string{"br", "br1", "br2"}[i/1000]
}

// attach describes what a container engine makes: a pair with one end in the
// container, with an address, and the other a port of the host's bridge.
func attach(container *iplink.NetNS, i int) iplink.Spec {
	peer := veth.New(fmt.Sprintf("c%d", i)).NetNS(container).Addr(lab.NumberedAddr(i)).Up()
	return veth.New(fmt.Sprintf("h%d", i)).Master(attachMaster(i)).MTU(attachMTU).Address(lab.NumberedMAC(i)).Up().Peer(peer)
}
