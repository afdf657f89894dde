package iplink

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestIPvlanPort finds the mode that a parent is in from the links on it.
func TestIPvlanPort(t *testing.T) {
	on := func(parent int, mode IPvlanMode, nsid int32) *Link {
		return &Link{Parent: parent, NetNSID: nsid, Info: &IPvlanInfo{Mode: mode}}
	}
	made := func(mode IPvlanMode) *job {
		return newJob(newAnyKind(KindIPvlan, "b", &IPvlanInfo{Mode: mode}, attr.SetOf(uapi.IFLA_IPVLAN_MODE)).ParentIndex(7).description(), nil, nil)
	}
	for _, c := range []struct {
		name  string
		port  ipvlanPort
		mode  IPvlanMode
		known bool
	}{
		{"nothing on it", ipvlanPort{index: 7, netnsID: -1}, 0, false},
		{"one on it", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(7, IPvlanL3S, -1)}}, IPvlanL3S, true},
		{"one on another", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(8, IPvlanL3S, -1)}}, 0, false},
		{"one on that index elsewhere", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(7, IPvlanL3S, 3)}}, 0, false},
		{"one on the parent of the link that was named", ipvlanPort{index: 7, netnsID: 3, on: []*Link{on(7, IPvlanL3S, 3), on(7, IPvlanL2, -1)}}, IPvlanL3S, true},
		{"one that is to be made", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(7, IPvlanL3S, -1)}, made: []*job{made(IPvlanL2)}}, IPvlanL2, true},
	} {
		if mode, known := c.port.mode(); mode != c.mode || known != c.known {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, mode, known, c.mode, c.known)
		}
	}
}

// TestIPvlanKeepsBuilder completes a job with a mode, which the builder must not
// come to have.
func TestIPvlanKeepsBuilder(t *testing.T) {
	b := newAnyKind(KindIPvlan, "a", new(IPvlanInfo), attr.Set{}).Parent("b")
	j := newJob(b.description(), nil, nil)
	j.withMode(IPvlanL2)
	if got := j.spec.Info.(*IPvlanInfo).Mode; got != IPvlanL2 || !j.infoSet.Has(1) {
		t.Errorf("the job has mode %v, in set: %v", got, j.infoSet.Has(1))
	}
	if got := b.String(); got != "ip link add name a link b type ipvlan" {
		t.Errorf("the builder is now %s", got)
	}
}

func TestTeamModeMissing(t *testing.T) {
	want := "this kernel has no team mode activebackup (CONFIG_NET_TEAM_MODE_ACTIVEBACKUP)"
	if got := TeamActiveBackup.missing(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var s spec
	if err := s.failed("create", "mode", &Error{Message: want, Err: fs.ErrInvalid}); err.Message != want || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

// TestKindDataKnowsSpec fails when a spec gets a new field: outsideKind must then
// refuse it, or KindData would lose it.
func TestKindDataKnowsSpec(t *testing.T) {
	ofTheKind := []string{"Kind", "cachedKind", "Info", "Set", "Only", "Refs", "Peer"}
	refused := []string{"link", "linkSet", "linkRefs", "flags", "change", "inet6Set", "index", "altNames", "netns", "linkNetNS", "port", "layer3", "takeaway", "sysctls", "Objects"}
	ofVerbs := []string{"Name", "leftOut", "downFirst", "newName", "recreate", "asked", "standing", "main", "Faults", "made", "absence", "isNetNS", "exclusive", "resident"} // not of a link that is made by another
	want := map[string]bool{}
	for _, list := range [][]string{ofTheKind, refused, ofVerbs} {
		for _, name := range list {
			want[name] = true
		}
	}
	got := map[string]bool{}
	for _, of := range []reflect.Type{reflect.TypeFor[spec](), reflect.TypeFor[own.Settings]()} {
		for i := range of.NumField() {
			got[of.Field(i).Name] = true
		}
	}
	delete(got, "Settings") // whose fields are there
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestListener hands a job what the kernel might echo in answer to its request,
// such as the other end of a pair. Only the link itself is taken.
func TestListener(t *testing.T) {
	for _, heard := range []struct {
		typ   uint16
		name  string
		index int32
		taken bool
	}{
		{uapi.RTM_NEWLINK, "t0", 0x1234, true},
		{uapi.RTM_NEWLINK, "t1", 0x1234, false},
		{uapi.RTM_NEWLINK, "t0", 0x1235, false},
		{uapi.RTM_DELLINK, "t0", 0x1234, false},
	} {
		j := &job{spec: &spec{Settings: own.Settings{Name: "t0"}}, index: 0x1234, echo: true}
		data := wire.AppendString(wire.AppendLink(nil, wire.Link{Index: heard.index}), uapi.IFLA_IFNAME, heard.name)
		new(transaction).echoReply(j)(wire.Message{Header: wire.Header{Type: heard.typ}, Data: data})
		if taken := j.link != nil; taken != heard.taken {
			t.Errorf("%+v: %v", heard, taken)
		}
	}
}

// description is the payload of a message about a bridge that is a port of a
// bridge.
type description struct {
	flags                                  uint32
	mtu, unknown, rx, ageing, timer        uint32
	infoUnknown, cost, holdTimer, reasmLen uint32
	genMode                                uint8
	noAlias                                bool
}

func (d description) link() *Link {
	b := wire.AppendLink(nil, wire.Link{Index: 7, Flags: d.flags})
	b = wire.AppendString(b, uapi.IFLA_IFNAME, "br7")
	b = wire.AppendU32(b, uapi.IFLA_MTU, d.mtu)
	if !d.noAlias {
		b = wire.AppendString(b, uapi.IFLA_IFALIAS, "uplink")
	}
	b = wire.AppendU32(b, uapi.IFLA_STATS, d.rx)
	b = wire.AppendU32(b, uapi.IFLA_CARRIER_CHANGES, d.rx)
	b = wire.AppendU32(b, 301, d.unknown)
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendString(b, uapi.IFLA_INFO_KIND, "bridge")
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	b = wire.AppendU32(b, uapi.IFLA_BR_AGEING_TIME, d.ageing)
	b = wire.AppendU64(b, uapi.IFLA_BR_HELLO_TIMER, uint64(d.timer))
	b = wire.AppendU32(b, 99, d.infoUnknown)
	b = wire.End(b, data)
	b = wire.AppendString(b, uapi.IFLA_INFO_SLAVE_KIND, "bridge")
	b, data = wire.Begin(b, uapi.IFLA_INFO_SLAVE_DATA)
	b = wire.AppendU32(b, uapi.IFLA_BRPORT_COST, d.cost)
	b = wire.AppendU64(b, uapi.IFLA_BRPORT_HOLD_TIMER, uint64(d.holdTimer))
	b = wire.End(wire.End(b, data), info)
	b, spec := wire.Begin(b, uapi.IFLA_AF_SPEC)
	b, inet6 := wire.Begin(b, uapi.AF_INET6)
	b = wire.AppendU8(b, uapi.IFLA_INET6_ADDR_GEN_MODE, d.genMode)
	b = wire.AppendU32(b, uapi.IFLA_INET6_CACHEINFO, d.reasmLen)
	return parseLink(new(attr.Codec), wire.End(wire.End(b, inet6), spec))
}

func TestChanges(t *testing.T) {
	var c attr.Codec
	old := new(description).link()
	for _, test := range []struct {
		now  description
		want []string
	}{
		{description{}, nil},
		{description{rx: 0x1234, timer: 0x1234, holdTimer: 0x1234, reasmLen: 0x1234}, nil},
		{description{mtu: 0x1234, flags: uapi.IFF_UP}, []string{"flags", "mtu"}},
		{description{noAlias: true}, []string{"alias"}},
		{description{unknown: 0x1234, infoUnknown: 0x1234}, []string{"attribute 301", "info.attribute 99"}},
		{description{ageing: 0x1234, cost: 0x1234, genMode: 2}, []string{"inet6.addrgenmode", "info.ageing_time", "port.cost"}},
	} {
		now := test.now.link()
		if got := changes(&c, old, now); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q changed, want %q", test.now, got, test.want)
		}
		if got := changes(&c, now, old); !slices.Equal(got, test.want) {
			t.Errorf("%+v and back: %q changed, want %q", test.now, got, test.want)
		}
	}
}

// unreported are the rows whose changes are no events.
var unreported = []string{
	"carrier_changes", "carrier_up_count", "carrier_down_count", "stats64", "linkinfo", "af_spec", "",
	"info.hello_timer", "info.tcn_timer", "info.topology_change_timer", "info.gc_timer", "info.fdb_n_learned",
	"info.mcast_querier_state", "info.usedbcqueuelen",
	"port.message_age_timer", "port.forward_delay_timer", "port.hold_timer", "port.mcast_eht_hosts_cnt", "port.mcast_n_groups",
	"inet6.flags", "inet6.ra_mtu", "inet6.cacheinfo", "inet6.conf", "inet6.stats", "inet6.icmp6stats",
}

// TestChangesEach changes each attribute that the kernel reports of some links, and
// then its number, to one that the library does not know. Each time only that
// attribute has changed.
func TestChangesEach(t *testing.T) {
	for _, name := range []string{"bridge", "bridge-port", "macvlan", "veth", "vxlan"} {
		b := captured(t, name)
		l := parseLink(new(attr.Codec), b)
		info, _ := l.Info.(info)
		port, _ := l.PortInfo.(interface{ attrs(*attr.Codec) })
		for prefix, nest := range map[string]struct {
			t    attr.Table
			path []uint16
		}{
			"":       {l.attrs, nil},
			"info.":  {tableOf(info), []uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_DATA}},
			"port.":  {tableOf(port), []uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_SLAVE_DATA}},
			"inet6.": {l.INET6.attrs, []uint16{uapi.IFLA_AF_SPEC, uapi.AF_INET6}},
		} {
			b, names := slices.Clone(b), namesIn(nest.t)
			at := 0
			data := wire.Find(b[wire.LinkLen:], nest.path...)
			for a := range wire.Attrs(data) {
				row := prefix + names[a.Type]
				changeEach(t, name, l, b, data[at:], a, row, prefix)
				at += wire.Align(wire.AttrLen + len(a.Data))
			}
		}
	}
}

func tableOf(v info) attr.Table {
	if v == nil {
		return func(*attr.Codec) {}
	}
	return v.attrs
}

// namesIn returns the names of the rows of a table. The first bit stands for the
// attribute of a mask.
func namesIn(t attr.Table) map[uint16]string {
	names := map[uint16]string{}
	all := rows(t)
	slices.Reverse(all)
	for _, r := range all {
		names[r.Type], names[r.Type6] = r.Name, r.Name
	}
	delete(names, 0)
	return names
}

// changeEach changes the attribute a of the message b, which begins at the start of
// data, in its value and in its number.
func changeEach(t *testing.T, name string, l *Link, b, data []byte, a wire.Attr, row, prefix string) {
	t.Helper()
	var c attr.Codec
	want := []string{row}
	if slices.Contains(unreported, row) || row == prefix {
		want = nil
	}
	value := wire.AttrLen
	if a.Type == uapi.IFLA_XDP && prefix == "" {
		value += wire.AttrLen // of the first one in the nest
	}
	if want != nil && len(a.Data) > 0 {
		data[value] ^= 1
		if got := changes(&c, l, parseLink(&c, b)); !slices.Equal(got, want) {
			t.Errorf("%s: %q changed, want %q", name, got, want)
		}
		data[value] ^= 1
	}
	if prefix == "inet6." || strings.HasPrefix(row, "info.no_linklocal") || prefix == "" && want == nil {
		return
	}
	wire.Order.PutUint16(data[2:], 0x1234)
	want = append(want, prefix+"attribute 4660")
	slices.Sort(want)
	if got := changes(&c, l, parseLink(&c, b)); !slices.Equal(got, want) {
		t.Errorf("%s without %s: %q changed, want %q", name, row, got, want)
	}
	wire.Order.PutUint16(data[2:], a.Type)
}

// TestWatcherCopy compares the links of a watch with those of whole messages:
// they lack what the documentation of Watch says. The message is overwritten before,
// as that of the next announcement does.
func TestWatcherCopy(t *testing.T) {
	for _, name := range []string{"bridge", "bridge-port", "macvlan", "veth", "vxlan"} {
		b := captured(t, name)
		w := newMirror(filter{})
		datagram := slices.Clone(b)
		whole, watched := parseLink(new(attr.Codec), b), w.parse(wire.Message{Data: datagram})
		clear(datagram)
		if len(whole.INET6.Conf()) == 0 || len(watched.INET6.Conf()) != 0 || len(watched.INET.Conf()) != 0 ||
			len(watched.INET6.Stats()) != 0 || len(watched.INET6.ICMP6Stats()) != 0 {
			t.Errorf("%s: a watched link has settings of sysctl, or the other has none", name)
		}
		watched.INET, watched.INET6.conf, watched.INET6.stats, watched.INET6.icmp6 = whole.INET, whole.INET6.conf, whole.INET6.stats, whole.INET6.icmp6
		watched.raw = whole.raw
		if !reflect.DeepEqual(whole, watched) {
			t.Errorf("%s: the link is %+v, watched %+v", name, whole, watched)
		}
	}
}

// TestWatcherCopyBroken cuts a message anywhere: what is wrong with it is told
// just as of any other link.
func TestWatcherCopyBroken(t *testing.T) {
	b := captured(t, "vxlan")
	told := 0
	for n := range b {
		whole, watched := parseLink(new(attr.Codec), b[:n:n]), newMirror(filter{}).parse(wire.Message{Data: b[:n:n]})
		if (whole.Err == nil) != (watched.Err == nil) {
			t.Fatalf("%d bytes: error %v, watched %v", n, whole.Err, watched.Err)
		}
		if watched.Err != nil {
			told++
		}
	}
	if told < len(b)/2 {
		t.Errorf("only %d of %d cut messages are in error", told, len(b))
	}
}

// TestWatcherForgets changes two links over and over, so that what is said of them is
// of another length and another content each time. What a watcher keeps is bounded by
// what there is.
func TestWatcherForgets(t *testing.T) {
	w := newMirror(filter{})
	w.replace(-1, nil)
	for n := range 4000 {
		b := wire.AppendLink(nil, wire.Link{Index: int32(1 + n%2)})
		b = wire.AppendString(b, uapi.IFLA_IFNAME, "a")
		b = wire.AppendU32(b, uapi.IFLA_MTU, 1400)
		b = wire.AppendString(b, uapi.IFLA_IFALIAS, strings.Repeat("y", rand.IntN(256)))
		b, at := wire.Begin(b, uapi.IFLA_PROP_LIST)
		for range rand.IntN(200) {
			b = wire.AppendString(b, uapi.IFLA_ALT_IFNAME, strings.Repeat("x", 1+rand.IntN(127)))
		}
		b = wire.End(b, at)
		w.put(w.spaces[-1], w.parse(wire.Message{Data: b}))
		w.discardEvents()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(w)
	w = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(before.HeapAlloc) - int64(after.HeapAlloc)
	t.Logf("%d KiB are kept of two links", kept>>10)
	if kept > 1<<20 {
		t.Error("that is too much")
	}
}

// TestPool has equal bytes be kept once, and nobody append to those of others.
func TestPool(t *testing.T) {
	for name, p := range map[string]*interner{"apart": {}, "together": {slab: new(slab)}} {
		a, b := []byte("noqueue"), []byte("noqueue")
		x, y := p.copy(a), p.copy(b)
		a[0], b[0] = 'X', 'Y'
		if string(x) != "noqueue" || &x[0] != &y[0] || cap(x) != len(x) {
			t.Errorf("%s: %q with room for %d, and %q", name, x, cap(x), y)
		}
		if empty := p.copy(a[:0]); empty == nil || cap(empty) != 0 {
			t.Errorf("%s: of nothing, %v with room for %d is kept", name, empty, cap(empty))
		}
		for n := range 1000 { // of which some differ where no look is taken to find them
			long := bytes.Repeat([]byte{byte(n), byte(n >> 8), 0x12}, 1+n%100)
			long[n%len(long)] ^= byte(n)
			if kept := p.copy(long); !bytes.Equal(kept, long) {
				t.Fatalf("%s: %x is kept as %x", name, long, kept)
			}
		}
	}
}
