package iplink_test

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/veth"
)

// This is the harness by which every setting of every kind is tried on a real
// kernel, alone. The …_settings_linux_test.go hold a subject for each kind:
// what the link needs, and a table with an entry for each row of the kind's
// attribute table that can be set. The test fails if a row has no entry.
//
//	subject[*vlan.Builder]{
//		kind: iplink.KindVLAN,
//		rows: iplink.KindRows(iplink.KindVLAN), // see export_test.go
//		prepare: []string{"link add under index 77 type veth peer name under1"},
//		start: func(bool) (*vlan.Builder, iplink.Spec) {
//			v := vlan.New("t0").Parent("under").ID(7)
//			return v, v
//		},
//		settings: []setting[*vlan.Builder]{
//			set(uapi.IFLA_VLAN_ID, (*vlan.Builder).ID, 0x123, 0x321, "Info.ID", inData("id", 0x123, 0x321)),
//		},
//	}.test(t)
//
// An entry names the row, the setter with two asymmetric values, the field of
// Link that must come to hold them, and one oracle or more: a path in what
// `ip -d -j link show` prints, with what must stand there for each value, or
// the attribute's bytes as they come from the kernel. What is asked of an
// oracle is written out; it is never computed by the code that is tested.
//
// For each entry a link t0 is made with the first value, in a namespace of its
// own, and read back by the library and by the oracles. Then it is changed to
// the second value and read back again; a row that is fixed once the link
// exists must be refused with ErrImmutable, and `ip` must see no change, and a
// new link must take the second value.
//
// Methods of setting say what is special: needs, after, reads, option,
// refused, unread, variant. A kernel of the matrix must have every
// row that is not newer than it. A row that is newer must give a clear error:
// ErrNotApplied or the kernel's refusal, naming the row, and leave no link.

// link is the name of the link in every test.
const link = "t0"

// subject is what a table of settings is about.
type subject[B any] struct {
	kind     string     // whose driver the kernel must have
	rows     []attr.Row // of the table
	prepare  []string   // arguments of `ip`, a command each, for what must be there before
	finish   []string   // likewise, for what must be gone before the namespace is
	settings []setting[B]
	// start returns the builder that settings are made on, and what is created,
	// or updated, which is mostly the same. It has the least that the link
	// needs.
	start func(update bool) (B, iplink.Spec)
}

// test tries every setting.
func (s subject[B]) test(t *testing.T) {
	t.Parallel()
	testutil.Need(t, s.kind)
	s.complete(t)
	proven, newer := map[uint16]bool{}, map[uint16]bool{}
	for _, x := range s.settings {
		e := exercise[B]{subject: s, setting: x, row: s.row(x)}
		passed := t.Run(strings.TrimRight(e.row.Name+"-"+x.label, "-"), e.run)
		proven[x.row] = proven[x.row] || passed && e.proven
		newer[x.row] = newer[x.row] || e.newer
	}
	s.tell(t, proven, newer)
}

// tell puts on record how many of the rows that this kernel has are proven.
func (s subject[B]) tell(t *testing.T, proven, newer map[uint16]bool) {
	done, all := 0, 0
	for _, r := range s.rows {
		switch {
		case !r.Settable(), newer[r.Type] && !proven[r.Type]:
			continue
		case proven[r.Type]:
			done++
		}
		all++
	}
	testutil.Proven(t, done, all)
}

// complete demands an entry for each row that can be set.
func (s subject[B]) complete(t *testing.T) {
	entries := map[uint16]bool{}
	for _, x := range s.settings {
		entries[x.row] = true
	}
	for _, r := range s.rows {
		if r.Settable() && !entries[r.Type] {
			t.Errorf("row %q (%d) is not tried", r.Name, r.Type)
		}
		delete(entries, r.Type)
	}
	for typ := range entries {
		if typ < noRow {
			t.Errorf("there is no row %d", typ)
		}
	}
}

// row returns the row that a setting is about. Settings that are no attribute
// have none.
func (s subject[B]) row(x setting[B]) attr.Row {
	for _, r := range s.rows {
		if r.Type == x.row {
			return r
		}
	}
	return attr.Row{Name: x.name}
}

// exercise is one setting that is tried.
type exercise[B any] struct {
	subject[B]
	setting[B]
	row attr.Row
	ip  *testutil.IPServer // in the namespace

	proven bool // it was set, and read back by all
	newer  bool // than the kernel
}

func (e *exercise[B]) run(t *testing.T) {
	ns := e.namespace(t)
	first := e.create
	if e.commands != nil {
		e.mustCreate(t, ns, func(B) {})
		testutil.IPBatch(t, ns, e.commands...)
		testutil.Settle(t, ns, link)
		first = e.update
	}
	if err := first(t, ns, e.values[0]); err != nil || e.errno != nil {
		e.judge(t, ns, err)
		return
	}
	e.check(t, ns, 0)
	e.idempotent(t, ns)
	e.asItIs(t, ns)
	e.proven = true
	switch {
	case e.row.CreateOnly:
		e.immutable(t, ns)
	case e.values[1] != nil:
		if err := e.update(t, ns, e.values[1]); err != nil {
			t.Fatalf("change: %v", err)
		}
		e.check(t, ns, 1)
	}
}

// idempotent demands that Ensure finds nothing to do.
func (e *exercise[B]) idempotent(t *testing.T, ns *os.File) {
	t.Helper()
	b, spec := e.start(e.commands != nil)
	if e.with != nil {
		e.with(b)
	}
	e.values[0](b)
	all, err := lab.InNetNS(t, ns, func(c *iplink.Conn) ([]*iplink.Change, error) { return c.Ensure(t.Context(), spec) })
	switch {
	case err != nil:
		t.Errorf("Ensure: %v", err)
	case all[0].Changed():
		t.Errorf("Ensure finds a difference: %v", all[0].Differences)
	}
}

// asItIs demands that Ensure finds the link as SpecOf describes it.
func (e *exercise[B]) asItIs(t *testing.T, ns *os.File) {
	t.Helper()
	_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (*iplink.Change, error) {
		l, err := c.Get(t.Context(), link)
		if err != nil {
			return nil, err
		}
		spec := iplink.SpecOf(l)
		all, err := c.Ensure(t.Context(), spec)
		if err == nil && all[0].Changed() {
			t.Errorf("Ensure finds %v for %v", all[0].Differences, spec)
		}
		return nil, err
	})
	if err != nil {
		t.Errorf("Ensure of SpecOf: %v", err)
	}
}

// namespace returns a new namespace with all that the link needs.
func (e *exercise[B]) namespace(t *testing.T) *os.File {
	ns := testutil.NetNS(t)
	e.ip = testutil.NewIPServer(t, ns)
	for _, command := range slices.Concat(e.subject.prepare, e.setting.before) {
		e.ip.Do(command)
	}
	if len(e.finish) > 0 {
		t.Cleanup(func() { testutil.IPBatch(t, ns, e.finish...) })
	}
	return ns
}

// server returns the `ip` of the namespace, also of one that namespace did not make.
func (e *exercise[B]) server(t *testing.T, ns *os.File) *testutil.IPServer {
	if e.ip == nil {
		e.ip = testutil.NewIPServer(t, ns)
	}
	return e.ip
}

func (e *exercise[B]) create(t *testing.T, ns *os.File, value func(B)) error {
	return e.do(t, ns, false, value, (*iplink.Conn).Create)
}

func (e *exercise[B]) update(t *testing.T, ns *os.File, value func(B)) error {
	return e.do(t, ns, true, value, (*iplink.Conn).Update)
}

func (e *exercise[B]) mustCreate(t *testing.T, ns *os.File, value func(B)) {
	t.Helper()
	if err := e.create(t, ns, value); err != nil {
		t.Fatalf("create: %v", err)
	}
}

func (e *exercise[B]) do(t *testing.T, ns *os.File, update bool, value func(B), verb lab.Verb) error {
	b, spec := e.start(update)
	if e.with != nil {
		e.with(b)
	}
	value(b)
	t.Log(spec)
	_, err := lab.InNetNS(t, ns, func(c *iplink.Conn) ([]*iplink.Link, error) { return verb(c, t.Context(), spec) })
	return err
}

// check compares what the library and the oracles say with value i.
func (e *exercise[B]) check(t *testing.T, ns *os.File, i int) {
	t.Helper()
	l, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), link) })
	if err != nil {
		t.Fatal(err)
	}
	if l.Err != nil {
		t.Error(l.Err)
	}
	if e.field != "" {
		if got := field(t, l, e.field); !reflect.DeepEqual(got, e.want[i]) {
			t.Errorf("%s is %v, want %v", e.field, got, e.want[i])
		}
	}
	asked := 0
	w := &witness{ns: ns, ip: e.server(t, ns)}
	for _, o := range e.oracles {
		asked += o.ask(t, w, i)
	}
	if asked == 0 && e.silence == "" {
		t.Errorf("no oracle of this system says anything about %s", e.row.Name)
	}
}

// immutable tries to change a link whose row is fixed.
func (e *exercise[B]) immutable(t *testing.T, ns *os.File) {
	value := e.values[1]
	if value == nil { // a flag: another link has it not
		ns, value = e.namespace(t), e.values[0]
		e.mustCreate(t, ns, func(B) {})
	}
	before := e.server(t, ns).Link(link)
	err := e.update(t, ns, value)
	named, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, iplink.ErrImmutable) || !slices.Contains(strings.Split(named.Attr, ", "), e.row.Name) {
		t.Errorf("change: error %v, want ErrImmutable about %s", err, e.row.Name)
	}
	if after := e.ip.Link(link); !reflect.DeepEqual(before, after) {
		t.Errorf("the link has changed from %v to %v", before, after)
	}
	if e.values[1] != nil {
		ns = e.namespace(t)
		e.mustCreate(t, ns, e.values[1])
		e.check(t, ns, 1)
	}
}

// judge says whether a setting may fail on this kernel.
func (e *exercise[B]) judge(t *testing.T, ns *os.File, err error) {
	t.Helper()
	e.newer = e.row.Since != attr.Version{} && testutil.Older(t, int(e.row.Since.Major), int(e.row.Since.Minor))
	switch {
	case e.errno != nil && !errors.Is(err, e.errno):
		t.Errorf("error %v, want %v", err, e.errno)
	case e.errno == nil && e.config != "" && !testutil.Matrix():
		testutil.Skipf(t, "this kernel lacks CONFIG_%s", e.config)
	case e.errno == nil && !e.newer:
		t.Fatal(err)
	}
	e.clear(t, err)
	if e.commands == nil {
		e.gone(t, ns)
	}
}

// clear demands that an error names the row at fault.
func (e *exercise[B]) clear(t *testing.T, err error) {
	t.Helper()
	named, ok := errors.AsType[*iplink.Error](err)
	if !ok || named.Attr != e.row.Name && named.Message == "" {
		t.Errorf("%v does not name %s", err, e.row.Name)
	}
	t.Logf("as due: %v", err)
}

// gone demands that no link was left.
func (e *exercise[B]) gone(t *testing.T, ns *os.File) {
	t.Helper()
	if left := testutil.IP(t, ns, "-o", "link", "show"); strings.Contains(left, link) {
		t.Errorf("left behind: %s", left)
	}
}

// shared is what the builders of all kinds can do.
type shared[B any] interface {
	Parent(string) B
	ParentIndex(int) B
	Master(string) B
	MasterIndex(int) B
	Up() B
	ARP(bool) B
	Multicast(bool) B
	AllMulticast(bool) B
	Promiscuous(bool) B
	Dynamic(bool) B
	MTU(uint32) B
	TxQueueLen(uint32) B
	Queues(tx, rx uint32) B
	Address(net.HardwareAddr) B
	Broadcast(net.HardwareAddr) B
	Alias(string) B
	AltName(...string) B
	Group(uint32) B
	Index(int) B
	GSOMaxSize(uint32) B
	GSOMaxSegs(uint32) B
	GROMaxSize(uint32) B
	GSOMaxIPv4Size(uint32) B
	GROMaxIPv4Size(uint32) B
	AddrGenMode(iplink.AddrGenMode) B
	ProtoDown(bool) B
	ProtoDownReason(int, bool) B
	Carrier(bool) B
	OperState(iplink.OperState) B
	LinkMode(iplink.LinkMode) B
	Addr(...netip.Prefix) B
}

// common is a kind on which the settings are tried that all links share: what
// it does not take, by row, and the error of the kernel.
type common struct {
	kind    string
	refuses map[uint16]error
	ignores []uint16 // rows that mean nothing to the kind
}

// noCarrier is what kinds refuse whose carrier nobody can set, and noProtoDown
// those that cannot be held down.
var (
	noCarrier   = map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP}
	noProtoDown = map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN_REASON: syscall.EOPNOTSUPP}
)

// netkitRefuses returns what netkit refuses: since Linux 7.1 also several transmit queues.
func netkitRefuses(t *testing.T) map[uint16]error {
	refuses := maps.Clone(noProtoDown)
	if !testutil.Older(t, 7, 1) {
		refuses[uapi.IFLA_NUM_TX_QUEUES] = syscall.EOPNOTSUPP
	}
	return refuses
}

func TestCommonSettings(t *testing.T) {
	t.Run("veth", func(t *testing.T) {
		testCommon(t, common{iplink.KindVeth, noProtoDown, []uint16{uapi.IFLA_LINK}}, newVeth)
	})
	t.Run("peer", func(t *testing.T) {
		testCommon(t, common{iplink.KindVeth, noProtoDown, []uint16{uapi.IFLA_LINK}}, newPeer)
	})
	t.Run("netkit", func(t *testing.T) {
		testCommon(t, common{iplink.KindNetkit, netkitRefuses(t), []uint16{uapi.IFLA_LINK}}, newNetkit)
	})
	t.Run("netkit peer", func(t *testing.T) {
		testCommon(t, common{iplink.KindNetkit, netkitRefuses(t), []uint16{uapi.IFLA_LINK}}, newNetkitPeer)
	})
	t.Run("bridge", func(t *testing.T) {
		refuses := map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN_REASON: syscall.EOPNOTSUPP,
			uapi.IFLA_MASTER: syscall.ELOOP}
		testCommon(t, common{iplink.KindBridge, refuses, []uint16{uapi.IFLA_LINK, uapi.IFLA_OPERSTATE}}, newBridge)
	})
	t.Run("macvlan", func(t *testing.T) {
		testCommon(t, common{iplink.KindMacvlan, noCarrier, nil}, newMacvlan)
	})
	t.Run("macvtap", func(t *testing.T) {
		refuses := map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP, uapi.IFLA_MASTER: syscall.EBUSY}
		testCommon(t, common{iplink.KindMacvtap, refuses, nil}, newMacvtap)
	})
	t.Run("vxlan", func(t *testing.T) {
		testCommon(t, common{iplink.KindVXLAN, noCarrier, []uint16{uapi.IFLA_LINK}}, newVXLAN)
	})
	t.Run("dummy", func(t *testing.T) {
		refuses := map[uint16]error{uapi.IFLA_PROTO_DOWN: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN_REASON: syscall.EOPNOTSUPP}
		testCommon(t, common{iplink.KindDummy, refuses, []uint16{uapi.IFLA_LINK}}, newDummy)
	})
}

func newVeth(update bool) (*veth.Builder, iplink.Spec) {
	v := veth.New(link)
	if update {
		return v, v
	}
	return v, v.Peer(veth.New("t1").Up())
}

// newPeer makes the link as the other end of a pair.
func newPeer(update bool) (*veth.Builder, iplink.Spec) {
	v := veth.New(link)
	if update {
		return v, v
	}
	return v, veth.New("t1").Up().Peer(v)
}

func newDummy(bool) (*dummy.Builder, iplink.Spec) {
	d := dummy.New(link)
	return d, d
}

// testCommon tries all settings that links share on one kind.
func testCommon[B shared[B]](t *testing.T, c common, start func(bool) (B, iplink.Spec)) {
	s := subject[B]{
		kind: c.kind,
		rows: iplink.CommonRows(),
		prepare: append(underlays, "link add m0 index 88 type bridge", "link add m1 index 89 type bridge",
			"link set dev under up", "link set dev under1 up"),
		start:    start,
		settings: slices.Concat(commonSettings[B](), commonSizes[B](), commonFlags[B](), commonStates[B]()),
	}
	for i, x := range s.settings {
		s.settings[i].errno = c.refuses[x.row]
	}
	s.settings = slices.DeleteFunc(s.settings, func(x setting[B]) bool { return slices.Contains(c.ignores, x.row) })
	for _, row := range append(c.ignores, uapi.IFLA_IFNAME, uapi.IFLA_PARENT_DEV_NAME) { // a name comes with the builder, and changes with Rename; a modem has the other
		s.rows = slices.DeleteFunc(s.rows, func(r attr.Row) bool { return r.Type == row })
	}
	s.test(t)
}
