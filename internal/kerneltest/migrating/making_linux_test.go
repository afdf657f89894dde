package migrating_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// Scenes of several entries.
const (
	eth0   = "link add eth0 type veth peer name peer0"
	br0    = "link add br0 type bridge"
	onBr0  = br0 + "; " + eth0 + "; link set eth0 master br0"
	vx0    = "link add vx0 type vxlan id 7 dstport 4789"
	second = "; link del eth0; link add eth0 type veth peer name peer1 index 77"
)

// finding is the table of finding links, and the text before it.
var finding = []entry{
	{code: `iplink.Dial()`, then: makesLinks, check: "ip -j link", shows: `"ifname":"made"`},
	{code: `ns.Dial()`, then: makesLinks, check: "there ip -j link", shows: `"ifname":"made"`},
	{code: `bridge.Open(ctx, "br0")`, scene: onBr0, then: func(r *run, got []any) {
		testutil.Must(r, got[0].(*bridge.Bridge).AddFDB(r.Context(), fdb.Entry{MAC: mac, Port: "eth0"}))
	}, check: "bridge -j fdb show br br0", shows: macText},
	{code: `iplink.ErrNotApplied`, scene: "link add small mtu 1300 type veth peer name p; link add vx0 mtu 1450 type vxlan id 7 dstport 4789", do: func(r *run) {
		_, err := r.conn.Update(r.Context(), vxlan.New("vx0").Dev("small").MTU(1450))
		r.wants(err, r.values()[0])
		r.has(dev("vx0"), `"mtu":1250`)
	}},
	{code: `errors.Is(err, fs.ErrNotExist)`, do: func(r *run) {
		_, err := r.conn.Get(r.Context(), "eth0")
		r.judges(err)
		r.has(dev("eth0"), "does not exist")
	}},
	{code: `errors.Is(err, fs.ErrExist)`, scene: br0, do: func(r *run) {
		_, err := r.conn.Create(r.Context(), bridge.New("br0"))
		r.judges(err)
		r.has("ip link add br0 type bridge", "File exists")
	}},
	{code: `iplink.Get(ctx, "eth0")`, scene: eth0, says: linkTexts, check: dev("eth0"), alter: "link set eth0 mtu 1281 address " + macText},
	{code: `iplink.Get(ctx, "eth0")`, scene: "link add uplink type veth peer name peer0; link property add dev uplink altname eth0", says: linkTexts, check: dev("eth0"), alter: "link set uplink mtu 1281"},
	{code: `conn.GetIndex(ctx, 7)`, scene: "link add eth0 index 7 type veth peer name peer0", says: linkTexts, check: dev("eth0"), alter: "link set eth0 mtu 1281"},
	{code: `iplink.List(ctx)`, scene: eth0, says: listTexts, check: "ip -j link", each: `"ifname"`, alter: br0 + "; link set eth0 alias text"},
	{code: `iplink.List(ctx)`, scene: eth0 + "; link set eth0 alias first", says: func(v any) []string { return []string{aliases(v.([]*iplink.Link))} },
		check: "ip -j link", each: `"ifalias"`, alter: "link set eth0 alias second"},
	{code: `iplink.List(ctx, iplink.OfKind(iplink.KindVXLAN), iplink.IsUp())`, scene: vx0 + "; link set vx0 up; link set lo up; link add vx1 type vxlan id 8 dstport 4789",
		says: listTexts, check: "ip -j link show type vxlan up", each: `"ifname"`, alter: "link set vx1 up"},
	{code: `iplink.WatchAddrs(ctx)`, scene: eth0, do: watches[iplink.AddrEvent]("address add 192.0.2.1/24 dev eth0", "192.0.2.1/24")},
	{code: `iplink.WatchRoutes(ctx)`, scene: eth0 + "; link set eth0 up", do: watches[iplink.RouteEvent]("route add 198.51.100.0/24 dev eth0", "198.51.100.0/24")},
	{code: `iplink.WatchNeighs(ctx)`, scene: eth0, do: watches[iplink.NeighEvent]("neigh add 192.0.2.2 lladdr "+macText+" dev eth0", macText)},
	{code: `iplink.Watch(ctx)`, scene: eth0, do: watches[iplink.Event](br0, "br0")},
	{code: `conn.Watch(ctx)`, scene: eth0, do: watches[iplink.Event](br0, "br0")},
	{code: `bridge.PortInfo(link)`, scene: onBr0, says: func(v any) []string {
		p := v.(*iplink.BridgePortInfo)
		return []string{fmt.Sprintf(`"cost":%d,"hairpin":%t`, p.Cost, p.Hairpin)}
	}, check: dev("eth0"), alter: "link set eth0 type bridge_slave hairpin on cost 4660"},
	{code: `veth.Info(link)`, scene: eth0, says: func(v any) []string { return []string{fmt.Sprintf(`"ifindex":%d,`, v.(*iplink.VethInfo).Peer)} },
		check: "ip -j link show peer0 && ip -j link show peer1", alter: second},
	{code: `link.Kind`, scene: eth0, says: func(v any) []string { return []string{fmt.Sprintf(`"info_kind":%q`, v)} },
		check: dev("eth0"), alter: "link del eth0; link add eth0 type bridge"},
	{code: `vxlan.Info(link)`, link: "vx0", scene: vx0, says: func(v any) []string {
		i := v.(*iplink.VXLANInfo)
		return []string{fmt.Sprintf(`"id":%d,`, i.VNI), fmt.Sprintf(`"port":%d,`, i.Port)}
	}, check: dev("vx0"), alter: "link del vx0; link add vx0 type vxlan id 8 dstport 4790"},
}

// making is the table of making and removing links.
var making = []entry{
	{code: `dummy.New("d0").MTU(1400).Create(ctx)`, check: dev("d0"), shows: `"mtu":1400 ; "info_kind":"dummy"`},
	{code: `conn.Create(ctx, bridge.New("br0"), veth.New("a").Master("br0"))`, check: dev("a"), shows: `"master":"br0" ; "info_kind":"veth"`},
	{code: `vxlan.New("vx0").Learning(false).Update(ctx)`, scene: vx0, check: dev("vx0"), shows: `"learning":false ; !"learning":true`},
	{code: `iplink.ErrImmutable`, scene: vx0, do: func(r *run) {
		_, err := r.conn.Update(r.Context(), vxlan.New("vx0").VNI(8))
		r.wants(err, r.values()[0])
		r.has("ip link set vx0 type vxlan id 8", "Cannot change VNI")
	}},
	{code: `bridge.New("br0").STP(true).Ensure(ctx)`, scene: br0, check: dev("br0"), shows: `"stp_state":1`},
	{code: `bridge.New("br0").STP(true).Ensure(ctx)`, check: dev("br0"), shows: `"stp_state":1`},
	{code: `iplink.Delete(ctx, "d0", "d1")`, scene: "link add d0 type bridge; link add d1 type bridge", check: "ip -j link", shows: `!"d0" ; !"d1"`},
	{code: `iplink.DeleteIfExists(ctx, "d0")`, scene: "link add d0 type bridge", check: "ip -j link", shows: `!"d0"`},
	{code: `iplink.DeleteIfExists(ctx, "d0")`, do: func(r *run) {
		if got := r.values(); got[0] != nil {
			r.Error(got[0])
		}
		r.has("ip link del d0", "Cannot find device")
	}},
	{code: `conn.DeleteIndex(ctx, 7)`, scene: "link add d0 index 7 type bridge", check: "ip -j link", shows: `!"d0"`},
	{code: `conn.DeleteSpecs(ctx, bridge.New("br0"), veth.New("a").NetNS(ns))`, scene: br0 + "; there link add name a type veth peer name b",
		check: "ip -j link && there ip -j link", shows: `!"br0" ; !"a"`},
	{code: `conn.Ensure(ctx, iplink.Absent("d0"), bridge.New("br0"))`, scene: "link add d0 type bridge", check: "ip -j link", shows: `!"d0" ; "br0"`},
	{code: `conn.Ensure(ctx, iplink.Prune(iplink.OfGroup(7)), bridge.New("br0").Group(7))`, scene: "link add d0 group 7 type bridge; link add d1 group 8 type bridge",
		check: "ip -j link", shows: `!"d0" ; "br0"`},
	{code: `bond.New("bond0")`, check: dev("bond0"), shows: `"info_kind":"bond"`},
	{code: `nlmon.New("nlmon0").Create(ctx)`, check: dev("nlmon0"), shows: `"info_kind":"nlmon"`},
	{code: `iplink.Raw`, needs: "ifb", then: func(r *run, got []any) {
		r.verb(got[0].(func(string, string) *iplink.RawLink)("ifb", "ifb0"), false)
	}, check: dev("ifb0"), shows: `"info_kind":"ifb"`},
}

// makesLinks makes a link with a Conn.
func makesLinks(r *run, got []any) {
	r.Helper()
	_, err := got[0].(*iplink.Conn).Create(r.Context(), bridge.New("made"))
	testutil.Must(r, err)
}

// wants demands that an error is one that a row names.
func (r *run) wants(err error, named any) {
	r.Helper()
	if !errors.Is(err, named.(error)) {
		r.Errorf("error %v, want %v", err, named)
	}
}

// judges demands that the code is true for an error, and false for another one.
func (r *run) judges(err error) {
	r.Helper()
	if other := r.values()[0]; other != false {
		r.Errorf("%v of %v", other, r.v.err)
	}
	r.v.err = err
	if got := r.eval(&r.v)[0]; got != true {
		r.Errorf("%v of %v", got, err)
	}
}

// refused demands an error of the code, and one of a command.
func refused(want error, command string) func(r *run) {
	return func(r *run) {
		got := r.values()
		r.wants(got[len(got)-1].(error), want)
		words := strings.Fields(command)
		if out, err := r.Run(words[0], words[1:]...); err == nil {
			r.Errorf("%s does it: %s", command, out)
		}
	}
}

// has demands a text in the output of a command, which may fail.
func (r *run) has(check, text string) {
	r.Helper()
	e := *r.entry
	r.entry = &e
	if r.check = check; !strings.Contains(r.output(), text) {
		r.Errorf("%s: %s, without %s", check, r.output(), text)
	}
}

// linkTexts are words of `ip` about a link.
func linkTexts(v any) []string {
	l := v.(*iplink.Link)
	return []string{fmt.Sprintf(`"ifindex":%d,`, l.Index), fmt.Sprintf(`"ifname":%q`, l.Name), fmt.Sprintf(`"mtu":%d,`, l.MTU), fmt.Sprintf(`"address":%q`, l.Address)}
}

// listTexts are the words of `ip` for the names of links.
func listTexts(v any) (texts []string) {
	for _, l := range v.([]*iplink.Link) {
		texts = append(texts, fmt.Sprintf(`"ifname":%q`, l.Name))
	}
	return texts
}

// aliases are the words of `ip` for the alias of the one link that has one.
func aliases(links []*iplink.Link) (text string) {
	for _, l := range links {
		if l.Alias != "" {
			text += fmt.Sprintf(`"ifalias":%q`, l.Alias)
		}
	}
	return text
}

// watches demands an event with a text after a command, and none before, when the watch is
// current.
func watches[E fmt.Stringer](command, text string) func(r *run) {
	return func(r *run) {
		current := false
		for e, err := range r.values()[0].(iter.Seq2[E, error]) {
			testutil.Must(r, err)
			switch said := e.String(); {
			case said == "current":
				current = true
				r.commands(command)
			case strings.Contains(said, text):
				if !current {
					r.Errorf("%s before the command", said)
				}
				return
			}
		}
	}
}

// timeout demands that a context ends after about a second, and with it a watch.
func timeout(r *run) {
	got := r.values()
	defer got[1].(context.CancelFunc)()
	began := time.Now()
	for _, err := range r.conn.Watch(got[0].(context.Context)) {
		if took := time.Since(began); err != nil && (!errors.Is(err, context.DeadlineExceeded) || took < time.Second/2) {
			r.Errorf("error %v after %v", err, took)
		}
	}
	if got[0].(context.Context).Err() == nil {
		r.Error("the context has not ended")
	}
}
