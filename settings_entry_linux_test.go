package iplink_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// noRow is where numbers begin that stand for settings which are no attribute
// of a table.
const noRow = 1 << 15

// setting is an entry of a table: how one row is tried.
type setting[B any] struct {
	row     uint16
	name    string // of a setting that has no row
	values  [2]func(B)
	field   string // path in Link
	want    [2]any // of the field
	oracles []oracle

	label    string   // tells several entries for one row apart
	with     func(B)  // what else must be set
	before   []string // commands of `ip` before the link is made
	commands []string // commands of `ip` after it is made without the setting
	config   string   // the kernel's option that it depends on
	errno    error    // what the kernel refuses it with
	silence  string   // why no oracle can say anything
}

// set returns the entry for a setter with one argument, which the field must
// come to hold.
func set[B, V any](row uint16, setter func(B, V) B, first, second V, field string, oracles ...oracle) setting[B] {
	return setting[B]{
		row:     row,
		values:  [2]func(B){func(b B) { setter(b, first) }, func(b B) { setter(b, second) }},
		field:   field,
		want:    [2]any{first, second},
		oracles: oracles,
	}
}

// present returns the entry for a setter without an argument.
func present[B any](row uint16, setter func(B) B, field string, oracles ...oracle) setting[B] {
	return setting[B]{
		row:     row,
		values:  [2]func(B){func(b B) { setter(b) }, nil},
		field:   field,
		want:    [2]any{true},
		oracles: oracles,
	}
}

// extra returns the entry for a setter that is no row of the table.
func extra[B, V any](name string, setter func(B, V) B, first, second V, field string, oracles ...oracle) setting[B] {
	s := set(noRow, setter, first, second, field, oracles...)
	s.name = name
	return s
}

// needs says what else must be set.
func (s setting[B]) needs(with func(B)) setting[B] { s.with = with; return s }

// after says what commands of `ip` come before the setting, which the link is
// made without.
func (s setting[B]) after(commands ...string) setting[B] { s.commands = commands; return s }

// reads says what the field holds where that is not what was set.
func (s setting[B]) reads(first, second any) setting[B] { s.want = [2]any{first, second}; return s }

// option names what a kernel outside the matrix may be built without.
func (s setting[B]) option(config string) setting[B] { s.config = config; return s }

// refused says how the kernel refuses the first value.
func (s setting[B]) refused(err error) setting[B] { s.errno = err; return s }

// unread says why no oracle can say anything.
func (s setting[B]) unread(reason string) setting[B] { s.silence = reason; return s }

// variant tells entries for the same row apart.
func (s setting[B]) variant(label string) setting[B] { s.label = label; return s }

// oracle is something else than the library that says what a link is like.
type oracle struct {
	name string
	ip   [2]int // the release of iproute2 that says it
	read func(testing.TB, *witness) any
	same func(got, want any) bool
	want [2]any
}

// from says in which release iproute2 came to print it.
func (o oracle) from(major, minor int) oracle { o.ip = [2]int{major, minor}; return o }

// ask compares the answer with value i, and returns how many answers there
// were.
func (o oracle) ask(t *testing.T, w *witness, i int) int {
	t.Helper()
	if testutil.IPOlder(t, o.ip[0], o.ip[1]) {
		return 0
	}
	if got := o.read(t, w); !o.same(got, o.want[i]) {
		t.Errorf("%s is %v, want %v", o.name, got, o.want[i])
	}
	return 1
}

// witness is where oracles look. It asks `ip` once: processes are slow in a
// virtual machine.
type witness struct {
	ns   *os.File
	ip   *testutil.IPServer
	link map[string]any
}

// lookup follows a path in what `ip -d -j link show` prints about the link.
func (w *witness) lookup(t testing.TB, path string) (value any, found bool) {
	if w.link == nil {
		w.link = w.ip.Link(link)
	}
	value = w.link
	for key := range strings.SplitSeq(path, ".") {
		m, _ := value.(map[string]any)
		value, found = m[key]
	}
	return value, found
}

// inLink is a path in what `ip -d -j link show` prints about the link.
func inLink(path string, first, second any) oracle {
	return oracle{name: "ip: " + path, want: [2]any{first, second}, same: lab.SameJSON,
		read: func(t testing.TB, w *witness) any {
			value, _ := w.lookup(t, path)
			return value
		}}
}

// mentioned is a flag of the kind, of which `ip` prints no more than the name.
func mentioned(key string) oracle {
	return oracle{name: "ip: " + key, want: [2]any{true}, same: lab.SameJSON,
		read: func(t testing.TB, w *witness) any {
			_, found := w.lookup(t, "linkinfo.info_data."+key)
			return found
		}}
}

// inData is inLink for the settings of the kind.
func inData(key string, first, second any) oracle {
	return inLink("linkinfo.info_data."+key, first, second)
}

// inPort is inLink for the settings as a port.
func inPort(key string, first, second any) oracle {
	return inLink("linkinfo.info_slave_data."+key, first, second)
}

// hasFlag looks for a word among the flags that `ip` prints.
func hasFlag(word string, first, second bool) oracle {
	o := inLink("flags", first, second)
	o.same = func(got, want any) bool {
		words, _ := got.([]any)
		has := false
		for _, w := range words {
			has = has || w == word
		}
		return has == want
	}
	o.name += " " + word
	return o
}

// raw is the payload of an attribute as the kernel sends it, or its beginning.
func raw(first, second []byte, path ...uint16) oracle {
	return oracle{name: "bytes", want: [2]any{first, second},
		same: func(got, want any) bool {
			w := want.([]byte)
			return bytes.HasPrefix(got.([]byte), w) && (len(w) > 0 || len(got.([]byte)) == 0)
		},
		read: func(t testing.TB, w *witness) any { return testutil.RawAttr(t, w.ns, link, path...) }}
}

// rawData is raw for the settings of the kind.
func rawData(first, second []byte, path ...uint16) oracle {
	return raw(first, second, append([]uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_DATA}, path...)...)
}

// rawPort is raw for the settings as a port.
func rawPort(first, second []byte, path ...uint16) oracle {
	return raw(first, second, append([]uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_SLAVE_DATA}, path...)...)
}

// field returns the field of a Link that a path leads to, such as Info.VNI.
func field(t testing.TB, l *iplink.Link, path string) any {
	t.Helper()
	v := reflect.ValueOf(l)
	for name := range strings.SplitSeq(path, ".") {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || !v.FieldByName(name).IsValid() {
			t.Fatalf("a link has no %s", path)
		}
		v = v.FieldByName(name)
	}
	return v.Interface()
}

// rawFlag looks for an attribute of the kind that has no payload.
func rawFlag(typ uint16) oracle {
	o := rawData(nil, nil, typ)
	o.same = func(got, _ any) bool { return got.([]byte) != nil }
	return o
}

// commonSettings are the settings of all links that say who they are and what
// they belong to.
func commonSettings[B shared[B]]() []setting[B] {
	mac1, mac2 := net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}, net.HardwareAddr{2, 0xa9, 0x87, 0x65, 0x43, 0x21}
	queues := func(b B, n [2]uint32) B { return b.Queues(n[0], n[1]) }
	altName := func(b B, names []string) B { return b.AltName(names...) }
	addr := func(b B, p netip.Prefix) B { return b.Addr(p) }
	return []setting[B]{
		set(uapi.IFLA_LINK, B.Parent, "other", "third", "Parent", inLink("link", "other", "third")).reads(78, 79),
		set(uapi.IFLA_LINK, B.ParentIndex, 78, 79, "Parent", inLink("link", "other", "third")).variant("index"),
		set(uapi.IFLA_MASTER, B.Master, "m0", "m1", "Master", inLink("master", "m0", "m1")).reads(88, 89),
		set(uapi.IFLA_MASTER, B.MasterIndex, 89, 0, "Master", inLink("master", "m1", nil)).variant("index"),
		set(uapi.IFLA_ADDRESS, B.Address, mac1, mac2, "Address", inLink("address", "02:12:34:56:78:9a", "02:a9:87:65:43:21")),
		set(uapi.IFLA_BROADCAST, B.Broadcast, mac2, mac1, "Broadcast", inLink("broadcast", "02:a9:87:65:43:21", "02:12:34:56:78:9a")),
		set(uapi.IFLA_NUM_TX_QUEUES, queues, [2]uint32{3, 5}, [2]uint32{7, 6}, "TxQueues",
			inLink("num_tx_queues", 3, 7)).reads(uint32(3), uint32(7)),
		set(uapi.IFLA_NUM_RX_QUEUES, queues, [2]uint32{1, 5}, [2]uint32{1, 6}, "RxQueues",
			inLink("num_rx_queues", 5, 6)).reads(uint32(5), uint32(6)),
		set(uapi.IFLA_GROUP, B.Group, 0x12345, 0x54321, "Group", inLink("group", "74565", "344865")),
		set(uapi.IFLA_IFALIAS, B.Alias, "to the lab; rack 7", "müde", "Alias", inLink("ifalias", "to the lab; rack 7", "müde")),
		extra("altname", altName, []string{"a-much-longer-name-than-15", "another"}, []string{"a-third-name"}, "AltNames",
			inLink("altnames", []string{"a-much-longer-name-than-15", "another"}, []string{"a-much-longer-name-than-15", "another", "a-third-name"})).
			reads([]string{"a-much-longer-name-than-15", "another"}, []string{"a-much-longer-name-than-15", "another", "a-third-name"}),
		extra("index", B.Index, 0x1234, 0x1234, "Index", inLink("ifindex", 4660, 4660)),
		extra("addr", addr, netip.MustParsePrefix("192.0.2.17/25"), netip.MustParsePrefix("192.0.2.33/28"), "",
			hasAddress("192.0.2.17/25", "192.0.2.33/28")),
		extra("addr", addr, netip.MustParsePrefix("2001:db8::17/65"), netip.MustParsePrefix("2001:db8::33/127"), "",
			hasAddress("2001:db8::17/65", "2001:db8::33/127")).variant("ipv6"),
	}
}

// commonSizes are the settings of all links that are sizes.
func commonSizes[B shared[B]]() []setting[B] {
	return []setting[B]{
		set(uapi.IFLA_MTU, B.MTU, 1281, 1433, "MTU", inLink("mtu", 1281, 1433)),
		set(uapi.IFLA_TXQLEN, B.TxQueueLen, 0x123, 0x321, "TxQueueLen", inLink("txqlen", 291, 801)),
		set(uapi.IFLA_GSO_MAX_SIZE, B.GSOMaxSize, 0x1234, 0x4321, "Offload.GSOMaxSize", inLink("gso_max_size", 4660, 17185)),
		set(uapi.IFLA_GSO_MAX_SEGS, B.GSOMaxSegs, 0x123, 0x321, "Offload.GSOMaxSegs", inLink("gso_max_segs", 291, 801)),
		set(uapi.IFLA_GRO_MAX_SIZE, B.GROMaxSize, 0x1234, 0x4321, "Offload.GROMaxSize", inLink("gro_max_size", 4660, 17185)),
		set(uapi.IFLA_GSO_IPV4_MAX_SIZE, B.GSOMaxIPv4Size, 0x1234, 0x4321, "Offload.GSOMaxIPv4Size",
			inLink("gso_ipv4_max_size", 4660, 17185).from(6, 3),
			raw([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_GSO_IPV4_MAX_SIZE)),
		set(uapi.IFLA_GRO_IPV4_MAX_SIZE, B.GROMaxIPv4Size, 0x1234, 0x4321, "Offload.GROMaxIPv4Size",
			inLink("gro_ipv4_max_size", 4660, 17185).from(6, 3),
			raw([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_GRO_IPV4_MAX_SIZE)),
	}
}

// commonFlags are the settings of all links that are interface flags.
func commonFlags[B shared[B]]() []setting[B] {
	up := func(b B, _ bool) B { return b.Up() }
	return []setting[B]{
		extra("up", up, true, true, "", hasFlag("UP", true, true)),
		extra("arp", B.ARP, false, true, "", hasFlag("NOARP", true, false)),
		extra("multicast", B.Multicast, false, true, "", hasFlag("MULTICAST", false, true)),
		extra("allmulticast", B.AllMulticast, true, false, "AllMulti", inLink("allmulti", 1, 0)).reads(uint32(1), uint32(0)),
		extra("promisc", B.Promiscuous, true, false, "Promiscuity", inLink("promiscuity", 1, 0)).reads(uint32(1), uint32(0)),
		extra("dynamic", B.Dynamic, true, false, "", hasFlag("DYNAMIC", true, false)),
	}
}

// commonStates are the settings of all links that say in what state they are.
func commonStates[B shared[B]]() []setting[B] {
	reason := func(b B, bit int) B { return b.ProtoDownReason(3, bit == 3).ProtoDownReason(bit, true) }
	return []setting[B]{
		extra("addrgenmode", B.AddrGenMode, iplink.AddrGenNone, iplink.AddrGenRandom, "INET6.AddrGenMode",
			inLink("inet6_addr_gen_mode", "none", "random")),
		set(uapi.IFLA_CARRIER, B.Carrier, false, true, "Carrier", raw([]byte{0}, []byte{1}, uapi.IFLA_CARRIER)),
		set(uapi.IFLA_PROTO_DOWN, B.ProtoDown, true, false, "ProtoDown", inLink("proto_down", true, false)),
		set(uapi.IFLA_PROTO_DOWN_REASON, reason, 3, 17, "ProtoDownReason",
			raw([]byte{8, 0, 0, 0}, []byte{0, 0, 2, 0}, uapi.IFLA_PROTO_DOWN_REASON, uapi.IFLA_PROTO_DOWN_REASON_VALUE)).reads(uint32(8), uint32(1<<17)),
		set(uapi.IFLA_LINKMODE, B.LinkMode, iplink.LinkModeDormant, iplink.LinkModeDefault, "LinkMode",
			inLink("linkmode", "DORMANT", "DEFAULT")),
		set(uapi.IFLA_LINKMODE, B.LinkMode, iplink.LinkModeTesting, iplink.LinkModeDormant, "LinkMode",
			raw([]byte{2}, []byte{1}, uapi.IFLA_LINKMODE)).variant("testing"),
		set(uapi.IFLA_OPERSTATE, B.OperState, iplink.OperDormant, iplink.OperUp, "OperState",
			inLink("operstate", "DORMANT", "UP")).after("link set dev t0 up"),
	}
}

// hasAddress looks for an address among those of the link.
func hasAddress(first, second string) oracle {
	return oracle{name: "ip address", want: [2]any{first, second},
		read: func(t testing.TB, w *witness) any { return testutil.IP(t, w.ns, "-o", "address", "show", "dev", link) },
		same: func(got, want any) bool {
			return slices.Contains(strings.Fields(got.(string)), want.(string))
		}}
}
